import { deriveSalt, keyIdentifier, writeKeystore } from "./keystore.ts";
import { holdsPem, splitPem } from "./pem.ts";
import type { TrustedCertificate } from "./pem.ts";

/** The name of a keystore's first key: what midPoint encrypts with unless told otherwise, and `keytool` was told in the guide. */
const firstAlias = "default";

/** The aliases of a number of keys, the oldest first: `default`, `k2`, `k3`, … */
export function keyAliases(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? firstAlias : `k${index + 1}`));
}

/** The key that encrypts from now on: the newest. */
export function encryptionKeyAlias(count: number): string {
  return keyAliases(count).at(-1) ?? firstAlias;
}

/** What the stack's state holds of a keystore, as it comes out of there. */
export interface KeystoreState {
  /** The keys, the oldest first, in base64. */
  readonly keys: readonly string[];
  /** What salts are derived from: 16 random bytes or more, in base64. */
  readonly seed: string;
  readonly password: string;
  /** PEM texts of one certificate or several, by the first part of their aliases. */
  readonly bundles: Readonly<Record<string, string>>;
}

/**
 * When every entry was added, as far as the store says: always the same moment, for the clock would make another store of the
 * same state at each run.
 */
const date = new Date("2000-01-01T00:00:00Z");

/**
 * The keystore that follows from a stack's state, in base64.
 *
 * @param plan whether values may be made up, as in a plan: a bundle that is no PEM at all is then left out
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

/** The name under which stored data refers to a key, from the key in base64. It tells nothing of the key. */
export function identifierOf(key: string): string {
  return keyIdentifier(Buffer.from(key, "base64"));
}
