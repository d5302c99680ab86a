import { compare } from "../../components/kit/stable.ts";
import { isRecord } from "../../components/kit/unknown.ts";
import { Secret } from "../recorder.ts";
import type { Recorded } from "../recorder.ts";

/** A resource as the engine gives it to a policy pack (@pulumi/policy, `PolicyResource`). */
export interface EngineResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Its outputs: secrets in plaintext, and an error at each value that a preview does not know. */
  readonly props: Readonly<Record<string, unknown>>;
  readonly opts: { readonly protect: boolean; readonly aliases: readonly string[] };
  readonly provider?: { readonly urn: string };
  readonly parent?: { readonly urn: string; readonly type: string };
  readonly dependencies: readonly { readonly urn: string }[];
}

/** Something that the engine does not give to a policy pack. */
export class NotGiven extends Error {
  readonly what: string;

  constructor(what: string) {
    super(`the engine does not give ${what} to a policy pack`);
    this.what = what;
  }
}

/** A value that a preview does not know, and that the program does not set. */
export const unknownText = "(unknown)";

/** What the API server adds to an object (Kubernetes API, "ObjectMeta"): no program sets it. */
const addedByServer = new Set([
  "creationTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
]);

const stackType = "pulumi:pulumi:Stack";

/** The part of a URN that does not depend on the names of the stack and the project. */
export function placeOf(urn: string): string {
  return urn.split("::").slice(2).join("::");
}

/**
 * The resources of a stack as the engine has them, in the form of a recording.
 *
 * Values are the engine's. Where a preview does not know one, it is that of the program. What is secret is known from the program, and
 * from the kind of the object: the engine's values are in plaintext.
 *
 * @param program what the program registers without an engine; undefined: it is not known
 */
export function adapted(resources: readonly EngineResource[], program: readonly Recorded[] | undefined): Recorded[] {
  const own = new Map(program?.map((resource) => [placeOf(resource.urn), resource]));
  return resources
    .filter(({ type, urn }) => type !== stackType && !isDefaultProvider(type, own.has(placeOf(urn))))
    .map((resource) => adaptedResource(resource, own.get(placeOf(resource.urn)), program !== undefined))
    .sort((a, b) => compare(a.urn, b.urn));
}

/** Whether a resource is a provider that the engine adds by itself, such as that of passwords: it has no options. */
function isDefaultProvider(type: string, isOwn: boolean): boolean {
  return type.startsWith("pulumi:providers:") && !isOwn;
}

/** @param isKnown whether the program is known: a resource that it does not register then has its defaults */
function adaptedResource(resource: EngineResource, own: Recorded | undefined, isKnown: boolean): Recorded {
  const { dependencies, name, opts, parent, props, provider, type, urn } = resource;
  return {
    urn,
    type,
    name,
    custom: own?.custom ?? provider !== undefined,
    parent: parent === undefined || parent.type === stackType ? "" : parent.urn,
    dependencies: dependencies.map((one) => one.urn).sort(),
    provider: own?.provider ?? provider?.urn ?? "",
    protect: opts.protect,
    get retainOnDelete(): boolean {
      if (own !== undefined) return own.retainOnDelete;
      if (isKnown) return false;
      throw new NotGiven("the option retainOnDelete");
    },
    aliases: opts.aliases,
    inputs: inputsOf(type, props, own?.inputs),
  };
}

function inputsOf(
  type: string,
  props: EngineResource["props"],
  own: Recorded["inputs"] | undefined,
): Recorded["inputs"] {
  const isSecret = type === "kubernetes:core/v1:Secret";
  const names = Object.keys(props).filter((name) => name !== "status" || own?.["status"] !== undefined);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = valueOf(() => props[name], own?.[name], own !== undefined, name === "metadata");
      if (value === undefined) return [];
      const hides = isSecret && (name === "data" || name === "stringData") && !(value instanceof Secret);
      return [[name, hides ? new Secret(value) : value]];
    }),
  );
}

/**
 * A value of the engine's.
 * @param own the program's value at the same place
 * @param known whether the program has the resource: empty values that it does not set are then the API server's
 * @param isMetadata whether it is the metadata of an object
 */
function valueOf(read: () => unknown, own: unknown, known: boolean, isMetadata = false): unknown {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    if (!isUnknown(error)) throw error;
    return own ?? unknownText;
  }
  if (own instanceof Secret) return new Secret(valueOf(() => value, own.value, known));
  if (Array.isArray(value)) {
    const list: readonly unknown[] = Array.isArray(own) ? own : [];
    if (value.length === 0 && own === undefined && known) return undefined;
    return Array.from({ length: value.length }, (_, index) =>
      valueOf(() => (value as unknown[])[index], list[index], known),
    );
  }
  if (!isRecord(value)) return value;
  const record = value;
  const members = isRecord(own) ? own : {};
  const names = Object.keys(record).filter((name) => !isMetadata || !addedByServer.has(name));
  // A policy pack sees them after the first `up`.
  if (names.length === 0 && own === undefined && known) return undefined;
  const values = names.map(
    (name) => [name, valueOf(() => record[name], members[name], known, name === "metadata")] as const,
  );
  return Object.fromEntries(values.filter(([, one]) => one !== undefined));
}

/** @pulumi/policy does not export the class. */
function isUnknown(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === "UnknownValueError";
}
