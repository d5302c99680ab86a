import * as pulumi from "@pulumi/pulumi";
import { RandomBytes } from "@pulumi/random/randomBytes.js";
import { keepsData } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { catalogued, Credential, rotationNumber } from "../kit/credential.ts";
import { binarySecret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { midPointCredentials } from "./credentials.ts";
import { encryptionKeyAlias, identifierOf, keyAliases, keystoreOf } from "./stack-keystore.ts";

/** The keystore for midPoint's pods. */
export interface Keystore {
  readonly secret: Keyed;
  /** The alias of the key that encrypts: the newest. */
  readonly alias: string;
  /** The identifier of each key in stored data, by alias. It shows an operator which key encrypted a value. */
  readonly identifiers: Record<string, pulumi.Output<string>>;
}

/**
 * Creates the keystore from keys in the stack's state, in a Secret with `keystore.jceks` and, in `keystore`, its password without a
 * line break (Kubernetes: guide to clusters, "Secret object with keystore object"). Every `up` writes the same bytes.
 *
 * The rotation number of `midpoint-keys` is the number of keys.
 *
 * @param firstBits the size of the first key; every later one has 256 bits
 * @param bundles certificates to trust, in PEM, by the first part of their aliases
 */
export function keystoreSecret(
  owner: Component,
  place: { readonly name: string; readonly namespace: string },
  firstBits: number,
  bundles: Readonly<Record<string, pulumi.Input<string>>>,
): Keystore {
  const { environment } = owner;
  const random = (role: string, length: number) =>
    pulumi.secret(owner.child(RandomBytes, role, { length }, keepsData(environment)).base64);
  const { keys: spec, keystore } = midPointCredentials;
  const rotation = rotationNumber(environment.rotation, spec);
  const aliases = keyAliases(rotation);
  const bits = (index: number) => (index === 0 ? firstBits : 256);
  const keys = aliases.map((alias, index) => random(`key-${alias}`, bits(index) / 8));
  const password = new Credential(owner, "keystore-password", keystore);
  const state = { keys, seed: random("keystore-salts", 32), password: password.value, bundles };
  const plan = pulumi.runtime.isDryRun();
  const store = pulumi.output(state).apply((known) => keystoreOf(known, plan));
  const made = binarySecret(
    owner,
    "keystore",
    place,
    { text: { keystore: password.value }, binary: { "keystore.jceks": store } },
    // Without the keystore, data that midPoint has encrypted cannot be read.
    keepsData(environment),
  );
  password.storedIn(made, "keystore", "midpoint");
  environment.ledger.credentials.push({
    ...catalogued(spec),
    kind: "key",
    length: bits(rotation - 1),
    rotation,
    consumers: ["midpoint"],
    secrets: [{ namespace: place.namespace, name: place.name, key: "keystore.jceks" }],
  });
  const named = aliases.map((alias, index) => {
    const key = keys[index] ?? pulumi.output("");
    return [alias, pulumi.unsecret(key.apply(identifierOf))] as const;
  });
  return { secret: made, alias: encryptionKeyAlias(rotation), identifiers: Object.fromEntries(named) };
}
