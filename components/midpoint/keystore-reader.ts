import { timingSafeEqual } from "node:crypto";
import type { X509Certificate } from "node:crypto";
import { nameOf } from "./aliases.ts";
import { JavaBytes } from "./java-bytes.ts";
import { keystoreError, quoted } from "./keystore-error.ts";
import { formatProblem, layoutProblem } from "./keystore-format.ts";
import {
  CERTIFICATE_TAG,
  DIGEST_LENGTH,
  JCEKS_VERSION,
  MIDPOINT_KEY_PASSWORD,
  PRIVATE_KEY_TAG,
  SECRET_KEY_TAG,
  storeDigest,
} from "./keystore.ts";
import { decodeCertificate } from "./pem.ts";
import { MOST_ITERATIONS, isPrintableAscii, readSealedKey, unseal } from "./protection.ts";

interface Entry {
  /** The stored form; Java writes it in lower case. */
  alias: string;
  /** When the entry was added. */
  date: Date;
}

/** A decrypted symmetric key. */
export interface SecretKeyEntry extends Entry {
  kind: "secret key";
  /** Java's name, such as `AES`. */
  algorithm: string;
  key: Buffer;
  /** Size of the key. */
  bits: number;
  /** How the key is protected in the file: 8 bytes of salt, PBE iterations. */
  salt: Buffer;
  iterations: number;
}

/** A certificate that a JVM trusts when this file is its trust store. `raw` is the DER, `toString()` the PEM. */
export interface TrustedCertificateEntry extends Entry {
  kind: "trusted certificate";
  certificate: X509Certificate;
}

/** A private key, which is not decrypted, and its certificate chain, its own certificate first. */
export interface PrivateKeyEntry extends Entry {
  kind: "private key";
  chain: X509Certificate[];
}

export type KeystoreEntry = SecretKeyEntry | TrustedCertificateEntry | PrivateKeyEntry;

/** Limits for untrusted files. */
export interface ReadLimits {
  /**
   * The maximum PBE iterations of all secret keys together. Default: 5 000 000, which takes about ten seconds and is enough for 25
   * keys with the JDK's default. A file with more is rejected.
   */
  iterations?: number;
}

/**
 * Reads a JCEKS file of any origin in the order of its entries. The digest is verified before anything is interpreted, and no length
 * in the file is trusted.
 *
 * @param keyPassword decrypts the secret keys; default: `midpoint`
 * @throws {KeystoreError} `not-jceks`, `wrong-password`, `wrong-key-password`, `password-characters`, `certificate`,
 * `iterations`, `salt`, `unsupported` or `damaged`, and no other error, for any bytes
 */
export function readKeystore(
  bytes: Uint8Array,
  storePassword: string,
  keyPassword: string = MIDPOINT_KEY_PASSWORD,
  limits: ReadLimits = {},
): KeystoreEntry[] {
  const other = formatProblem(bytes);
  if (other !== undefined) throw keystoreError("not-jceks", other);
  const reader = new JavaBytes(bytes);
  reader.int32();
  if (reader.int32() !== JCEKS_VERSION) {
    throw keystoreError("unsupported", "the JCEKS keystore has an unsupported version; recreate it with version 2");
  }
  if (!isPrintableAscii(keyPassword)) {
    throw keystoreError("password-characters", "the key password contains characters other than printable ASCII");
  }
  const body = bytes.subarray(0, -DIGEST_LENGTH);
  if (!timingSafeEqual(storeDigest(body, storePassword), bytes.subarray(-DIGEST_LENGTH))) {
    const layout = layoutProblem(bytes);
    if (layout !== undefined) throw damaged(layout);
    throw keystoreError("wrong-password", "the store password is wrong, or the keystore is damaged");
  }

  const entries: KeystoreEntry[] = [];
  const aliases = new Set<string>();
  const mostIterations = limits.iterations ?? MOST_ITERATIONS;
  let iterationsLeft = mostIterations;
  for (let count = reader.int32(); count > 0; count--) {
    const tag = reader.int32();
    const alias = reader.utf();
    const entry = { alias, date: readDate(reader) };
    if (aliases.has(alias)) throw damaged(`two entries have the alias ${quoted(alias)}`);
    aliases.add(alias);
    const name = nameOf(`entry ${entries.length + 1}`, alias);
    if (tag === CERTIFICATE_TAG) {
      entries.push({ ...entry, kind: "trusted certificate", certificate: readCertificate(reader, name) });
    } else if (tag === PRIVATE_KEY_TAG) {
      entries.push({ ...entry, kind: "private key", chain: readChain(reader, name) });
    } else if (tag === SECRET_KEY_TAG) {
      const sealed = readSealedKey(reader, name);
      iterationsLeft -= sealed.iterations;
      if (iterationsLeft < 0) {
        const excess = `the keys up to this one need more than ${mostIterations} PBE iterations together`;
        throw keystoreError("iterations", `${name}: ${excess}; raise limits.iterations if you trust the file`);
      }
      const { salt, iterations } = sealed;
      const { algorithm, key } = unseal(sealed, keyPassword, name);
      entries.push({ ...entry, kind: "secret key", algorithm, key, bits: key.length * 8, salt, iterations });
    } else {
      throw damaged(`${name} has an unknown type`);
    }
  }
  if (reader.remaining !== DIGEST_LENGTH) throw damaged("the entries end too early or too late");
  return entries;
}

function readDate(reader: JavaBytes): Date {
  const date = new Date(Number(reader.int64()));
  if (Number.isNaN(date.getTime())) throw damaged("the date of an entry is impossible");
  return date;
}

function readChain(reader: JavaBytes, name: string): X509Certificate[] {
  reader.block();
  const chain: X509Certificate[] = [];
  for (let count = reader.int32(); count > 0; count--) chain.push(readCertificate(reader, name));
  return chain;
}

function readCertificate(reader: JavaBytes, name: string): X509Certificate {
  const type = reader.utf();
  if (type !== "X.509") {
    throw keystoreError("unsupported", `${name}: the certificate has the type ${quoted(type)} instead of X.509`);
  }
  const certificate = decodeCertificate(reader.block());
  if (!certificate) throw keystoreError("certificate", `${name}: the certificate is damaged; import it again`);
  return certificate;
}

function damaged(what: string): Error {
  return keystoreError("damaged", `the keystore is damaged: ${what}`);
}
