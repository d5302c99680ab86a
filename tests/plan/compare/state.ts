import { shortHash } from "../../../components/kit/stable.ts";
import { at } from "../../../components/kit/unknown.ts";
import { without } from "../../../plan/compare/plain.ts";
import type { SavedPlan, SavedResource } from "../../../plan/compare/schema.ts";
import { publicOutputs } from "../../../plan/made-up.ts";

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** What a real engine keeps of a plan after `up`: every secret encrypted, real certificates, what providers fill in and drop. */
export function exported(plan: SavedPlan): unknown {
  const stack = `urn:pulumi:${plan.stack}::groundplan::pulumi:pulumi:Stack::groundplan-${plan.stack}`;
  const given = plan.resources.flatMap(({ name, type }) =>
    type.startsWith("aws:")
      ? givenByAws(publicOutputs(type, name), name)
      : textsIn(publicOutputs(type, name)).map(asPem),
  );
  const state = ({ parent, inputs, type, ...rest }: SavedResource) => ({
    ...rest,
    type,
    id: type.startsWith("aws:") ? idOf(rest.name) : rest.name,
    parent: parent === "" ? stack : parent,
    inputs: rest.custom ? real(checked(type, inputs), given) : null,
    outputs: real(publicOutputs(type, rest.name), given),
  });
  return {
    version: 3,
    deployment: {
      resources: [{ urn: stack, type: "pulumi:pulumi:Stack", custom: false }, ...plan.resources.map(state)],
    },
  };
}

/** A certificate of many lines that ends with one, as the provider tls gives it; `trim` in programs leaves it recognizable. */
function pem(text: string): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString("base64")}\n-----END CERTIFICATE-----\n`;
}

/** A text that a plan makes up, and how a provider writes it. */
type Given = readonly [madeUp: RegExp, real: string];

function asPem(text: string): Given {
  return [new RegExp(escaped(text), "g"), pem(text)];
}

/** Ids and outputs as AWS gives them out: nothing in them tells whose they are. */
function givenByAws(outputs: unknown, name: string): Given[] {
  const whole = (text: string) => new RegExp(`(?<![\\w:-])${escaped(text)}(?![\\w-])`, "g");
  return [
    ...textsIn(outputs)
      .filter((text) => text !== name)
      .map((text): Given => [
        whole(text),
        text.startsWith("arn:") ? `arn:aws:service:eu-west-1:1:${idOf(text)}` : idOf(text),
      ]),
    [whole(name), idOf(name)],
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function idOf(name: string): string {
  return `id-${shortHash(name, 17)}`;
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function real(value: unknown, given: readonly Given[]): unknown {
  if (typeof value === "string")
    return given.reduce((text, [madeUp, own]) => text.replaceAll(madeUp, () => own), value);
  if (Array.isArray(value)) return value.map((element) => real(element, given));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, real(member, given)]));
}

let ciphertexts = 0;

function checked(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const sealed = encrypted(inputs) as Record<string, unknown>;
  if (type.startsWith("random:") || type.startsWith("tls:")) return { __defaults: ["lower"], lower: true, ...sealed };
  if (type.startsWith("pulumi:providers:")) return { __internal: {}, version: "4.34.2", ...sealed };
  if (type === "kubernetes:helm.sh/v3:Release") {
    const version = /-(v?[0-9][^/]*)\.tgz$/.exec(String(sealed["chart"]))?.[1];
    return {
      ...without(sealed, "compat"),
      ...(version === undefined ? {} : { version }),
      skipAwait: false,
      postrender: "",
      lint: false,
    };
  }
  if (type.startsWith("aws:")) return sealed;
  if (type === "kubernetes:core/v1:Secret") {
    const content = sealed["data"] ?? sealed["stringData"];
    return { ...without(sealed, "stringData", "data"), ...(content === undefined ? {} : { data: ciphertext() }) };
  }
  if (!/^kubernetes:[^:]*\.(?!k8s\.io)[^:]*:/.test(type) || /\.k8s\.io\//.test(type))
    return typed(sealed) as typeof sealed;
  const metadata = sealed["metadata"] as Record<string, unknown> | undefined;
  return type.includes("ClusterIssuer") ? { ...sealed, metadata: { ...metadata, namespace: "default" } } : sealed;
}

/** Known kinds pass through Go's types, which drop empty lists and strings, and empty maps of strings. */
function typed(value: unknown, inMap = false, kind = at(value, "kind")): unknown {
  if (Array.isArray(value)) return value.map((element) => typed(element, false, kind));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, member]) => {
    if (inMap) return true;
    if (Array.isArray(member)) return member.length > 0;
    if (typeof member === "object" && member !== null)
      return (
        Object.keys(member as object).length > 0 || !["nodeSelector", "labels", "annotations", "data"].includes(key)
      );
    return member !== "" || (key === "storageClassName" && kind !== "PersistentVolume");
  });
  return Object.fromEntries(
    kept.map(([key, member]) => [
      key,
      typed(member, /^(data|labels|annotations|matchLabels|nodeSelector)$/.test(key), kind),
    ]),
  );
}

function encrypted(value: unknown): unknown {
  if (typeof value === "string" && value.startsWith("(secret")) return ciphertext();
  if (Array.isArray(value)) return value.map(encrypted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === "groundplan/checksum" ? "0123456789abcdef" : encrypted(member),
    ]),
  );
}

function ciphertext() {
  return { [signature]: secretSignature, ciphertext: `v1:${ciphertexts++}` };
}
