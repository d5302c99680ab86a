import * as pulumi from "@pulumi/pulumi";
import { RandomBytes } from "@pulumi/random/randomBytes.js";
import { importedKeys } from "../kit/annotations.ts";
import { keepsData } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { catalogued, Credential, rotationNumber } from "../kit/credential.ts";
import { binarySecret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { compare } from "../kit/stable.ts";
import { midPointCredentials } from "./credentials.ts";
import { encryptionKeyAlias, generatedAliases, identifierOf, keystoreOf } from "./stack-keystore.ts";
import type { ImportedKey, StateKey } from "./stack-keystore.ts";

/** The keys of an existing keystore, and the alias of the one that encrypts. */
export interface ImportedKeys {
  readonly keys: readonly (ImportedKey & { readonly value: pulumi.Input<string> })[];
  readonly encryptionKey: string;
}

/** The keystore for midPoint's pods. */
export interface Keystore {
  readonly secret: Keyed;
  /** The alias of the key that encrypts. */
  readonly alias: string;
  /** The identifier of each key in stored data, by alias. It shows an operator which key encrypted a value. */
  readonly identifiers: Record<string, pulumi.Output<string>>;
}

/**
 * Creates the keystore from keys in the stack's state, in a Secret with `keystore.jceks` and, in `keystore`, its password without a
 * line break (Kubernetes: guide to clusters, "Secret object with keystore object"). Every `up` writes the same bytes.
 *
 * The rotation number of `midpoint-keys` is the number of generated keys; imported keys replace the first of them.
 *
 * @param first the size of the first key in bits, or imported keys; every later key has 256 bits
 * @param bundles certificates to trust, in PEM, by the first part of their aliases
 */
export function keystoreSecret(
  owner: Component,
  place: { readonly name: string; readonly namespace: string },
  first: number | ImportedKeys,
  bundles: Readonly<Record<string, pulumi.Input<string>>>,
): Keystore {
  const { environment } = owner;
  const random = (role: string, length: number) =>
    pulumi.secret(owner.child(RandomBytes, role, { length }, keepsData(environment)).base64);
  const { keys: spec, keystore } = midPointCredentials;
  const rotation = rotationNumber(environment.rotation, spec);
  const { keys: given, encryptionKey } = typeof first === "number" ? { keys: [] } : first;
  const plan = pulumi.runtime.isDryRun();
  const imported = given.map(({ value, ...key }) =>
    pulumi.secret(value).apply((text): StateKey => ({ alias: key.alias, key: text, imported: key })),
  );
  const bits = (index: number) => (index === 0 && typeof first === "number" ? first : 256);
  const generated = generatedAliases(rotation, given.length > 0).map((alias, index) =>
    random(`key-${alias}`, bits(index) / 8).apply((key): StateKey => ({ alias, key })),
  );
  const keys = [...imported, ...generated];
  const aliases = [...given.map(({ alias }) => alias), ...generatedAliases(rotation, given.length > 0)];
  const password = new Credential(owner, "keystore-password", keystore);
  const state = { keys, seed: random("keystore-salts", 32), password: password.value, bundles };
  const store = pulumi.output(state).apply((known) => keystoreOf(known, plan));
  const made = binarySecret(
    owner,
    "keystore",
    imported.length === 0 ? place : { ...place, annotations: { [importedKeys]: listedSecrets(given) } },
    { text: { keystore: password.value }, binary: { "keystore.jceks": store } },
    // Without the keystore, data that midPoint has encrypted cannot be read.
    keepsData(environment),
  );
  password.storedIn(made, "keystore", "midpoint");
  const encryption = encryptionKeyAlias(rotation, encryptionKey);
  environment.ledger.credentials.push({
    ...catalogued(spec),
    kind: "key",
    ...(given.length === 0 ? {} : { imported: true }),
    length: given.find(({ alias }) => alias === encryption)?.bits ?? bits(rotation - 1),
    rotation,
    consumers: ["midpoint"],
    secrets: [{ namespace: place.namespace, name: place.name, key: "keystore.jceks" }],
  });
  const named = keys.map((key, index) => {
    const id = pulumi.unsecret(key.apply((known) => identifierOf(known, plan)));
    return [aliases[index] ?? "", id] as const;
  });
  return { secret: made, alias: encryption, identifiers: Object.fromEntries(named) };
}

/** The names of the secrets with imported keys, sorted: a plan shows from them which key goes. */
function listedSecrets(keys: ImportedKeys["keys"]): string {
  return keys
    .map(({ secret }) => secret)
    .sort(compare)
    .join(" ");
}
