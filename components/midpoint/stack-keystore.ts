import { hash } from "node:crypto";
import { keystoreError, quoted } from "./keystore-error.ts";
import { deriveSalt, keyIdentifier, writeKeystore } from "./keystore.ts";
import { holdsPem, splitPem } from "./pem.ts";
import type { TrustedCertificate } from "./pem.ts";

/** The alias of a keystore's first key: midPoint's default for encryption, also used by `keytool` in midPoint's guide. */
const firstAlias = "default";

/** A key of an existing keystore, which the user's configuration contains as a secret. */
export interface ImportedKey {
  readonly alias: string;
  /** Size of the key: 128, 192 or 256. */
  readonly bits: number;
  /** Name of the secret, for messages. */
  readonly secret: string;
}

/** A key in the stack's state or configuration. */
export interface StateKey {
  readonly alias: string;
  /** The key in base64. */
  readonly key: string;
  /** Where it was imported from. Default: the state. */
  readonly imported?: ImportedKey;
}

/** The aliases of a number of keys, the oldest first: `default`, `k2`, `k3`, … */
export function keyAliases(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? firstAlias : `k${index + 1}`));
}

/** The aliases of the generated keys. @param imported whether imported keys replace the first one */
export function generatedAliases(count: number, imported: boolean): string[] {
  return keyAliases(count).slice(imported ? 1 : 0);
}

/**
 * The alias of the key that encrypts: the newest generated key, or the imported key that the settings name.
 *
 * @param imported the alias of the imported key that encrypts; default: no key is imported
 */
export function encryptionKeyAlias(count: number, imported?: string): string {
  return generatedAliases(count, imported !== undefined).at(-1) ?? imported ?? firstAlias;
}

/** The values of a keystore in the stack's state. */
export interface KeystoreState {
  readonly keys: readonly StateKey[];
  /** The seed for salts: at least 16 random bytes, in base64. */
  readonly seed: string;
  readonly password: string;
  /** PEM texts with one or more certificates, by the first part of their aliases. */
  readonly bundles: Readonly<Record<string, string>>;
}

/**
 * The creation date of every entry. It is constant, because the current time would give a different store at each run.
 */
const date = new Date("2000-01-01T00:00:00Z");

/**
 * The keystore from a stack's state, in base64.
 *
 * @param plan whether values may be placeholders, as in a plan: a bundle that is not PEM is then ignored, and another key replaces an
 * imported value that is not a key
 * @param iterations PBE iterations for each key; default: that of `writeKeystore`
 * @throws {KeystoreError} with every problem of the certificates, or `key-size` if a secret does not contain its key
 */
export function keystoreOf(
  { keys, seed, password, bundles }: KeystoreState,
  plan: boolean,
  iterations?: number,
): string {
  const salts = Buffer.from(seed, "base64");
  return writeKeystore({
    keys: keys.map((one) => ({ alias: one.alias, key: bytesOf(one, plan), salt: deriveSalt(salts, one.alias) })),
    certificates: Object.entries(bundles).flatMap(([name, bundle]): TrustedCertificate[] =>
      plan && !holdsPem(bundle) ? [] : splitPem(bundle, name),
    ),
    storePassword: password,
    iterations,
    date,
  }).toString("base64");
}

/** The identifier of a key in stored data. It does not reveal the key. @param plan as for `keystoreOf` */
export function identifierOf(key: StateKey, plan: boolean): string {
  return keyIdentifier(bytesOf(key, plan));
}

/** The bytes of a key; those of an imported key are checked, because the user stores the value. */
function bytesOf({ alias, key, imported }: StateKey, plan: boolean): Buffer {
  const bytes = Buffer.from(key, "base64");
  if (imported === undefined) return bytes;
  const length = imported.bits / 8;
  if (bytes.length === length && bytes.toString("base64") === key.trim()) return bytes;
  if (plan) return hash("sha256", key, "buffer").subarray(0, length);
  throw keystoreError(
    "key-size",
    `the secret ${imported.secret} does not contain the key ${quoted(alias)}, which is ${length} bytes in base64; remove the secret, and import the keystore again`,
  );
}
