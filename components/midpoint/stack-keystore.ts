import { deriveSalt, keyIdentifier, writeKeystore } from "./keystore.ts";
import { holdsPem, splitPem } from "./pem.ts";
import type { TrustedCertificate } from "./pem.ts";

/** The alias of a keystore's first key: midPoint's default for encryption, also used by `keytool` in midPoint's guide. */
const firstAlias = "default";

/** The aliases of a number of keys, the oldest first: `default`, `k2`, `k3`, … */
export function keyAliases(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? firstAlias : `k${index + 1}`));
}

/** The alias of the key that encrypts: the newest. */
export function encryptionKeyAlias(count: number): string {
  return keyAliases(count).at(-1) ?? firstAlias;
}

/** The values of a keystore in the stack's state. */
export interface KeystoreState {
  /** The keys, the oldest first, in base64. */
  readonly keys: readonly string[];
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
 * @param plan whether values may be placeholders, as in a plan: a bundle that is not PEM is then ignored
 * @throws {KeystoreError} with every problem of the certificates
 */
export function keystoreOf({ keys, seed, password, bundles }: KeystoreState, plan: boolean): string {
  const aliases = keyAliases(keys.length);
  const salts = Buffer.from(seed, "base64");
  return writeKeystore({
    keys: keys.map((key, index) => {
      const alias = aliases[index] ?? firstAlias;
      return { alias, key: Buffer.from(key, "base64"), salt: deriveSalt(salts, alias) };
    }),
    certificates: Object.entries(bundles).flatMap(([name, bundle]): TrustedCertificate[] =>
      plan && !holdsPem(bundle) ? [] : splitPem(bundle, name),
    ),
    storePassword: password,
    date,
  }).toString("base64");
}

/** The identifier of a key in stored data, from the key in base64. It does not reveal the key. */
export function identifierOf(key: string): string {
  return keyIdentifier(Buffer.from(key, "base64"));
}
