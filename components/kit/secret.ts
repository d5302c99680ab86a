import { createHmac } from "node:crypto";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import * as pulumi from "@pulumi/pulumi";
import type { ChildOptions, Component } from "./component.ts";
import { compare, stableJson } from "./stable.ts";

/** A Secret or ConfigMap for pods: its name, and a checksum that changes with its content. */
export interface Keyed {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  readonly namespace: string;
  /** Public hexadecimal digits; for a Secret, keyed with a random string of the stack. */
  readonly checksum: pulumi.Input<string>;
  readonly resource: pulumi.Resource;
}

/** A reference to one key of a Secret in the consumer's own namespace: never a value. */
export interface SecretKey {
  readonly secret: Keyed;
  readonly key: string;
}

/** The secrets that the user brings, by name. */
export type UserSecrets = Readonly<Record<string, pulumi.Output<string>>>;

/** The reference in the format of a container's `env[].valueFrom` and of Helm values. */
export function secretKeyRef(reference: SecretKey): { secretKeyRef: { name: string; key: string } } {
  return { secretKeyRef: { name: reference.secret.name, key: reference.key } };
}

/** The name, namespace and type of a Secret. */
export interface SecretPlace {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: `Opaque`. */
  readonly type?: string;
}

/**
 * Creates a Secret.
 * @param data text by key; each value is treated as secret
 */
export function secret(
  owner: Component,
  role: string,
  { type = "Opaque", ...place }: SecretPlace,
  data: Readonly<Record<string, pulumi.Input<string>>>,
  options: ChildOptions = {},
): Keyed {
  // An empty map is no content: the API server drops it, and each preview would show it as a change.
  const stringData = Object.keys(data).length === 0 ? undefined : pulumi.secret(data);
  const resource = owner.object(Secret, role, place, { type, stringData }, options);
  const { name, namespace } = place;
  return { kind: "Secret", name, namespace, checksum: keyedChecksum(owner.environment.checksumKey, data), resource };
}

/**
 * Creates a Secret with binary files.
 * @param text text files, by key
 * @param binary binary files in base64, by key
 */
export function binarySecret(
  owner: Component,
  role: string,
  place: Pick<SecretPlace, "name" | "namespace"> & { readonly annotations?: Readonly<Record<string, string>> },
  { text, binary }: Record<"text" | "binary", Readonly<Record<string, pulumi.Input<string>>>>,
  options: ChildOptions = {},
): Keyed {
  const encoded = pulumi
    .all(text)
    .apply((values) =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
    );
  // Only `data`: `stringData` would not preserve binary files.
  const data = pulumi.secret(pulumi.all([encoded, pulumi.all(binary)]).apply(([a, b]) => ({ ...a, ...b })));
  const resource = owner.object(Secret, role, place, { type: "Opaque", data }, options);
  const checksum = keyedChecksum(owner.environment.checksumKey, { ...text, ...binary });
  const { name, namespace } = place;
  return { kind: "Secret", name, namespace, checksum, resource };
}

/**
 * A secret that the user brings.
 * @param secrets those of the configuration, by name
 * @throws RangeError where it has none of that name
 */
export function userSecret(secrets: UserSecrets, name: string): pulumi.Output<string> {
  const value = secrets[name];
  if (value === undefined) throw new RangeError(`no secret "${name}" in the configuration`);
  return value;
}

/** Creates a ConfigMap. @param data text by key, public */
export function configMap(
  owner: Component,
  role: string,
  place: { readonly name: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> },
  data: Readonly<Record<string, pulumi.Input<string>>>,
  options: ChildOptions = {},
): Keyed {
  const resource = owner.object(ConfigMap, role, place, { data }, options);
  const isKnown = Object.values(data).every((text) => typeof text === "string");
  const checksum = isKnown ? digest("", data) : pulumi.all(data).apply((texts) => digest("", texts));
  const { name, namespace } = place;
  return { kind: "ConfigMap", name, namespace, checksum, resource };
}

/** One annotation value for all Secrets and ConfigMaps of a pod: it changes when any of them changes. */
export function combinedChecksum(parts: readonly Keyed[]): pulumi.Output<string> {
  const unique = [...new Map(parts.map((part) => [`${part.kind}/${part.name}`, part])).entries()];
  const byName = unique.sort(([a], [b]) => compare(a, b));
  return pulumi.all(byName.map(([, part]) => part.checksum)).apply((sums) =>
    digest(
      "",
      byName.map(([name], i) => [name, sums[i]]),
    ),
  );
}

/**
 * A checksum of secret values for an annotation, which everyone who can read pods can read. It is keyed with the stack's random string,
 * so that even a short secret chosen by a user cannot be guessed from it.
 */
function keyedChecksum(
  key: pulumi.Input<string>,
  data: Readonly<Record<string, pulumi.Input<string>>>,
): pulumi.Output<string> {
  return pulumi.unsecret(pulumi.all([key, pulumi.all(data)]).apply(([salt, values]) => digest(salt, values)));
}

function digest(key: string, content: unknown): string {
  return createHmac("sha256", key).update(stableJson(content)).digest("hex").slice(0, 16);
}
