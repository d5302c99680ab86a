import { chartOf } from "../../components/kit/catalogue.ts";
import { compare, sorted } from "../../components/kit/stable.ts";
import { publicOutputs } from "../made-up.ts";
import { InputError } from "../input-error.ts";
import { planFormat } from "./format.ts";
import { hideSecretData, hideState } from "./hidden.ts";
import type { RenderedObject, SavedObject, SavedPlan, SavedRelease, SavedResource } from "./schema.ts";
import { isRecord } from "../../components/kit/unknown.ts";
import { without } from "./plain.ts";

/** A resource as a stack's state keeps it (pulumi/pulumi, sdk/go/common/apitype/core.go, `ResourceV3`). */
interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly custom?: boolean;
  /** Waits to be deleted: its successor stands beside it. */
  readonly delete?: boolean;
  /** Read, not managed. */
  readonly external?: boolean;
  readonly parent?: string;
  readonly provider?: string;
  readonly dependencies?: readonly string[];
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly aliases?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>> | null;
  readonly inputs?: Readonly<Record<string, unknown>> | null;
  readonly outputs?: Readonly<Record<string, unknown>> | null;
}

// The mark of a secret (pulumi/pulumi, sdk/go/common/resource, `SigKey` and `SecretSig`).
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/**
 * What `pulumi stack export` prints, in the form of a saved plan as far as it goes: resources and the objects of the program's
 * own. What charts bring, the settings and the ledger are not in a state. Secrets are hidden, given in clear or not.
 *
 * @throws InputError where it is no such export
 */
export function planOfExport(file: Readonly<Record<string, unknown>>, source: string): SavedPlan {
  if (file["version"] !== 3)
    throw new InputError(
      `${source} is a stack export of version ${JSON.stringify(file["version"])}; this program reads version 3`,
    );
  const list = (file["deployment"] as { resources?: unknown }).resources ?? [];
  if (!Array.isArray(list) || !list.every(isStateResource))
    throw new InputError(`${source} is no stack export: "deployment.resources" is not a list of resources`);
  const real = publicTexts(list);
  const resources = list
    .filter(isOfProgram)
    .map((resource) => converted(resource, real))
    .sort((a, b) => compare(a.urn, b.urn));
  const stack = resources[0] ?? list[0];
  const provider = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
  const releases = resources.flatMap(release);
  return {
    format: planFormat,
    origin: "export",
    stack: stack?.urn.split(":")[2] ?? "",
    domain: "",
    context: textOf(provider?.inputs["context"]),
    settings: {},
    resources,
    objects: resources.flatMap(object),
    releases,
    rendered: [] as RenderedObject[],
    notRendered: releases.map(({ namespace, name }) => ({
      release: `${namespace}/${name}`,
      reason: "a stack's state does not say what its charts brought",
    })),
    hosts: [],
    services: [],
    edges: [],
    podGroups: [],
    credentials: [],
    exemptions: [],
    problems: [],
  };
}

/** Whether a program registers the resource, as opposed to the engine. */
function isOfProgram({ urn, type, delete: doomed, external }: StateResource): boolean {
  const isDefaultProvider =
    type.startsWith("pulumi:providers:") && (urn.split("::").at(-1) ?? "").startsWith("default");
  return doomed !== true && external !== true && type !== "pulumi:pulumi:Stack" && !isDefaultProvider;
}

/** The real public outputs and ids in a state, longest first, each with what a plan makes up for it. */
function publicTexts(list: readonly StateResource[]): Real[] {
  const texts = list.flatMap(({ id, inputs, outputs, type, urn }): Real[] => {
    const name = nameOf(urn);
    const anywhere = type.startsWith("aws:");
    const pairs = pairsOf(outputs, publicOutputs(type, name));
    // An id that AWS gives out, as opposed to one that is made of the inputs.
    if (anywhere && id !== undefined && id.length >= 8 && !JSON.stringify(inputs ?? {}).includes(id))
      pairs.push([id, name]);
    return pairs.flatMap(([real, madeUp]) =>
      // Files contain a PEM block with or without its last line end.
      [...new Set([real, real.trim()])].filter((text) => text !== "").map((text) => ({ real: text, madeUp, anywhere })),
    );
  });
  return texts.sort((a, b) => b.real.length - a.real.length);
}

/** Each text of a resource's outputs for which a plan makes one up, wherever it is in an output. */
function pairsOf(real: unknown, madeUp: unknown): [real: string, madeUp: string][] {
  if (typeof real === "string") return typeof madeUp === "string" ? [[real, madeUp]] : [];
  if (!isRecord(madeUp) || !isRecord(real)) return [];
  return Object.entries(madeUp).flatMap(([key, member]) => pairsOf(real[key], member));
}

/** A text of a state that only a provider knows. */
interface Real {
  readonly real: string;
  readonly madeUp: string;
  /** Whether it can be part of any text; else of texts with PEM blocks only. */
  readonly anywhere: boolean;
}

function asPlanned(value: unknown, real: readonly Real[]): unknown {
  if (typeof value === "string") {
    const isPem = value.includes("-----BEGIN ");
    return real.reduce(
      (text, { real: from, madeUp, anywhere }) => (anywhere || isPem ? text.replaceAll(from, () => madeUp) : text),
      value,
    );
  }
  if (Array.isArray(value)) return value.map((element) => asPlanned(element, real));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asPlanned(member, real)]));
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function converted(resource: StateResource, real: readonly Real[]): SavedResource {
  const { urn, type, parent = "", provider = "" } = resource;
  const inputs = asPlanned(revealed(resource.inputs ?? {}), real) as Record<string, unknown>;
  return {
    urn,
    type,
    name: nameOf(urn),
    custom: resource.custom ?? false,
    parent: parent.includes("::pulumi:pulumi:Stack::") ? "" : parent,
    provider: provider.includes("::default") ? "" : provider,
    dependencies: [...(resource.dependencies ?? [])].sort(compare),
    protect: resource.protect ?? false,
    retainOnDelete: resource.retainOnDelete ?? false,
    aliases: [...(resource.aliases ?? [])],
    propertyDependencies: Object.fromEntries(
      Object.entries(resource.propertyDependencies ?? {}).map(([key, urns]) => [key, [...(urns ?? [])]]),
    ),
    inputs: sorted(asWritten(type, inputs)) as Record<string, unknown>,
  };
}

/** Inputs as a program writes them: without what providers add while they check them. */
function asWritten(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (type.startsWith("pulumi:providers:")) return without(inputs, "version");
  if (type === "kubernetes:helm.sh/v3:Release") {
    const written = withoutEmpty(inputs);
    // The name of a chart's file contains the version, so programs do not give it.
    return textOf(inputs["chart"]).endsWith(".tgz") ? without(written, "version") : written;
  }
  // AWS counts the versions of a template; what changes one is a change of the template itself.
  if (type === "aws:eks/nodeGroup:NodeGroup" && isRecord(inputs["launchTemplate"]))
    return { ...inputs, launchTemplate: { ...inputs["launchTemplate"], version: "1" } };
  if (!type.startsWith("kubernetes:")) return inputs;
  // Content in clear leaves no hash either: it is real.
  const manifest = type === "kubernetes:core/v1:Secret" ? hideSecretData(asStringData(inputs), true) : inputs;
  const { metadata } = manifest;
  if (!isRecord(metadata) || metadata["namespace"] !== "default" || !clusterWide(textOf(manifest["kind"])))
    return manifest;
  // The provider writes its default namespace into custom objects of any scope.
  return { ...manifest, metadata: without(metadata, "namespace") };
}

/** The provider keeps the content of a Secret as `data`, encoded and encrypted as a whole, whichever of both a program writes. */
function asStringData({ data, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return data === undefined || rest["stringData"] !== undefined ? rest : { ...rest, stringData: data };
}

/** A release's state holds every argument; those that say nothing were not written. */
function withoutEmpty(inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== false && value !== ""));
}

function object({ urn, type, parent, name, inputs }: SavedResource): SavedObject[] {
  if (!type.startsWith("kubernetes:") || type.startsWith("kubernetes:helm.sh/")) return [];
  const metadata = isRecord(inputs["metadata"]) ? inputs["metadata"] : {};
  const namespace = metadata["namespace"];
  return [
    {
      urn,
      component: parent.split("::").at(-1) || name,
      apiVersion: textOf(inputs["apiVersion"]),
      kind: textOf(inputs["kind"]),
      namespace: typeof namespace === "string" ? namespace : undefined,
      name: textOf(metadata["name"]),
    },
  ];
}

function release({ urn, type, parent, name, inputs }: SavedResource): SavedRelease[] {
  if (type !== "kubernetes:helm.sh/v3:Release") return [];
  return [
    {
      urn,
      component: parent.split("::").at(-1) || name,
      namespace: textOf(inputs["namespace"]),
      name: textOf(inputs["name"]),
      ...chartOf(textOf(inputs["chart"]), textOf(inputs["version"])),
    },
  ];
}

/** Kinds outside namespaces that a program of ours may write. */
function clusterWide(kind: string): boolean {
  return (
    /^Cluster[A-Z]/.test(kind) ||
    [
      "Namespace",
      "PersistentVolume",
      "StorageClass",
      "IngressClass",
      "PriorityClass",
      "CustomResourceDefinition",
    ].includes(kind)
  );
}

/** A value of the state without the engine's own members, with a marker for each secret. */
function revealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revealed);
  if (!isRecord(value)) return value;
  if (value[signature] === secretSignature) {
    const { ciphertext } = value;
    // With --show-secrets the value itself stands here: it must leave no trace, not even a hash of something short.
    return hideState(typeof ciphertext === "string" ? ciphertext : undefined);
  }
  // What a bridged provider filled in is named in `__defaults`.
  const defaults = new Set(Array.isArray(value["__defaults"]) ? (value["__defaults"] as unknown[]) : []);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith("__") && !defaults.has(key))
      .map(([key, member]) => [key, revealed(member)]),
  );
}

function isStateResource(value: unknown): value is StateResource {
  return isRecord(value) && typeof value["urn"] === "string" && typeof value["type"] === "string";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
