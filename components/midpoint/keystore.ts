import { createHmac, hash } from "node:crypto";
import { byAlias, checkAliases, nameOf, storedAlias } from "./aliases.ts";
import { int32, int64, utf, utf16 } from "./java-bytes.ts";
import { Problems, keystoreError } from "./keystore-error.ts";
import { singleCertificate } from "./pem.ts";
import type { TrustedCertificate } from "./pem.ts";
import { MOST_ITERATIONS, SALT_LENGTH, halvesAreEqual, isPrintableAscii, sealAesKey } from "./protection.ts";

/**
 * The key password that midPoint has in its code (`KeyStoreBasedProtectorImpl`, `KEY_PASSWORD`). It is public, so
 * only the Secret protects the keys.
 */
export const MIDPOINT_KEY_PASSWORD = "midpoint";

/**
 * PBE iterations for each key. The JDK's own default is 200 000, which takes a second to write and adds no security,
 * because the key password is public.
 */
export const DEFAULT_ITERATIONS = 10_000;

/** An AES key for the store. */
export interface AesKey {
  /** Name in the store, in lower case there; not empty. midPoint's default key for encryption is `default`. */
  alias: string;
  /** 16, 24 or 32 bytes: AES of 128, 192 or 256 bits. */
  key: Uint8Array;
  /** 8 bytes, the first four different from the last four; `deriveSalt` derives them from state. */
  salt: Uint8Array;
  /** When it was added; default: the date of the store. */
  date?: Date;
}

/** The input of a keystore. All of it comes from the caller's state, so that the same state gives the same bytes. */
export interface KeystoreInput {
  keys: readonly AesKey[];
  /** Certificates to trust; default: none. midPoint's JVM takes its trust store from the same file. */
  certificates?: readonly TrustedCertificate[];
  /** Opens the store; not empty. Java's tools require at least six characters when they write to it. */
  storePassword: string;
  /** Opens each key; printable ASCII; default: `midpoint`, and midPoint opens no other. */
  keyPassword?: string;
  /** PBE iterations for each key, 1 to 5 000 000; default: 10 000. */
  iterations?: number;
  /** Date of each entry that has none of its own, to the millisecond. midPoint does not use it. */
  date: Date;
}

/** Head of a JCEKS file (`com.sun.crypto.provider.JceKeyStore`, `JCEKS_MAGIC`, `VERSION_2`). */
export const JCEKS_MAGIC = 0xcececece | 0;
export const JCEKS_VERSION = 2;
/** Bytes of the digest at the end: SHA-1. */
export const DIGEST_LENGTH = 20;
/** Kinds of entries (`JceKeyStore.engineStore`). */
export const PRIVATE_KEY_TAG = 1;
export const CERTIFICATE_TAG = 2;
export const SECRET_KEY_TAG = 3;

/**
 * The bytes of a JCEKS file, as `keytool -storetype jceks` would write them with the same salts and dates, entries
 * sorted by alias. A pure function: no clock, no randomness.
 *
 * @throws {KeystoreError} with every problem of the input; no message contains a key or a password
 */
export function writeKeystore(input: KeystoreInput): Buffer {
  const keyPassword = input.keyPassword ?? MIDPOINT_KEY_PASSWORD;
  const iterations = input.iterations ?? DEFAULT_ITERATIONS;
  const certificates = checkInput(input, keyPassword, iterations);
  const dateOf = (date = input.date): Buffer => int64(BigInt(date.getTime()));

  const entries = [
    ...input.keys.map(({ alias, key, salt, date }) => ({
      alias: storedAlias(alias),
      bytes: (name: string) => [
        int32(SECRET_KEY_TAG),
        utf(name),
        dateOf(date),
        sealAesKey(key, keyPassword, salt, iterations),
      ],
    })),
    ...certificates.map(({ alias, der, date }) => ({
      alias: storedAlias(alias),
      bytes: (name: string) => [int32(CERTIFICATE_TAG), utf(name), dateOf(date), utf("X.509"), int32(der.length), der],
    })),
  ].sort(byAlias);
  const body = Buffer.concat([
    int32(JCEKS_MAGIC),
    int32(JCEKS_VERSION),
    int32(entries.length),
    ...entries.flatMap(({ alias, bytes }) => bytes(alias)),
  ]);
  return Buffer.concat([body, storeDigest(body, input.storePassword)]);
}

/** SHA-1 of the password in UTF-16, a fixed text, and everything before it (`JceKeyStore.getPreKeyedHash`). */
export function storeDigest(body: Uint8Array, storePassword: string): Buffer {
  return hash("sha1", Buffer.concat([utf16(storePassword), Buffer.from("Mighty Aphrodite"), body]), "buffer");
}

/**
 * The name that midPoint gives a key in stored data (`KeyInfo/KeyName`): base64 of the SHA-1 of the key's bytes. A key
 * whose name occurs in stored data must stay in the store.
 */
export function keyIdentifier(key: Uint8Array): string {
  return hash("sha1", key, "base64");
}

/**
 * Eight bytes of salt for the key of an alias, with different halves: the start of
 * HMAC-SHA-256(seed, counter ‖ stored alias), with the first counter from 0 that gives such bytes.
 *
 * @param seed random bytes that the caller keeps as state, 16 or more; one seed serves all aliases
 * @throws {KeystoreError} `salt` when the seed is shorter
 */
export function deriveSalt(seed: Uint8Array, alias: string): Buffer {
  if (seed.length < 16) {
    throw keystoreError("salt", `the seed of the salts has ${seed.length} bytes; give 16 random bytes or more`);
  }
  for (let counter = 0; ; counter++) {
    const digest = createHmac("sha256", seed).update(int32(counter)).update(storedAlias(alias)).digest();
    const salt = digest.subarray(0, SALT_LENGTH);
    if (!halvesAreEqual(salt)) return salt;
  }
}

/** A decoded certificate. */
interface CheckedCertificate {
  alias: string;
  der: Buffer;
  date?: Date;
}

/** Checks everything and returns the decoded certificates. */
function checkInput(input: KeystoreInput, keyPassword: string, iterations: number): CheckedCertificate[] {
  const problems = new Problems();
  const { keys, certificates = [] } = input;
  const places = [
    ...keys.map(({ alias, date }, index) => ({ where: `keys[${index}]`, alias, date })),
    ...certificates.map(({ alias, date }, index) => ({ where: `certificates[${index}]`, alias, date })),
  ];

  if (places.length === 0) problems.add("no-entries", "the keystore has no entry; give it a key");
  if (input.storePassword === "") problems.add("empty-password", "storePassword: is empty; generate one");
  if (keyPassword === "") problems.add("empty-password", 'keyPassword: is empty; midPoint needs "midpoint"');
  if (!isPrintableAscii(keyPassword)) {
    problems.add("password-characters", "keyPassword: Java takes printable ASCII characters only (space to ~)");
  }
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MOST_ITERATIONS) {
    problems.add("iterations", `iterations: is ${iterations}; give a whole number from 1 to ${MOST_ITERATIONS}`);
  }
  if (Number.isNaN(input.date.getTime())) problems.add("date", "date: is no date");

  checkAliases(places, problems);
  for (const { where, alias, date } of places) {
    if (date && Number.isNaN(date.getTime())) problems.add("date", `${nameOf(where, alias)}: the date is no date`);
  }
  for (const [index, { alias, key, salt }] of keys.entries()) {
    checkKey(nameOf(`keys[${index}]`, alias), key, salt, problems);
  }
  const checked = certificates.map(({ alias, certificate, date }, index) => {
    const der = singleCertificate(certificate, nameOf(`certificates[${index}]`, alias), problems);
    return { alias, der: der ?? Buffer.alloc(0), date };
  });
  problems.throwIfAny();
  return checked;
}

function checkKey(name: string, key: Uint8Array, salt: Uint8Array, problems: Problems): void {
  if (![16, 24, 32].includes(key.length)) {
    problems.add("key-size", `${name}: the key has ${key.length} bytes; AES takes 16, 24 or 32 (128, 192 or 256 bits)`);
  }
  if (salt.length !== SALT_LENGTH) {
    problems.add("salt", `${name}: the salt has ${salt.length} bytes; give ${SALT_LENGTH}, such as deriveSalt makes`);
  } else if (halvesAreEqual(salt)) {
    problems.add("salt", `${name}: the first and the last four bytes of the salt are equal; use deriveSalt`);
  }
}
