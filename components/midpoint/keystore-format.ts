import { JavaBytes } from "./java-bytes.ts";
import { deserialize } from "./java-serialization.ts";
import { KeystoreError } from "./keystore-error.ts";
import { CERTIFICATE_TAG, DIGEST_LENGTH, JCEKS_MAGIC, PRIVATE_KEY_TAG, SECRET_KEY_TAG } from "./keystore.ts";

/** Head of a JKS file (`sun.security.provider.JavaKeyStore`, `MAGIC`). */
const JKS_MAGIC = 0xfeedfeed | 0;

/** Bytes before the first entry: magic number, version, number of entries. */
const HEAD_LENGTH = 12;

/** The command that converts a keystore of another type; keytool prompts for the passwords of both. */
function conversion(type: string): string {
  return `keytool -importkeystore -srckeystore FILE -srcstoretype ${type} -destkeystore keystore.jceks -deststoretype jceks -destkeypass midpoint`;
}

/** Why a file is not a JCEKS keystore; undefined if it is one. */
export function formatProblem(bytes: Uint8Array): string | undefined {
  const reader = new JavaBytes(bytes);
  const magic = reader.remaining < 4 ? undefined : reader.int32();
  if (magic === JCEKS_MAGIC)
    return bytes.length < HEAD_LENGTH + DIGEST_LENGTH
      ? "the file is a truncated JCEKS keystore; copy it again"
      : undefined;
  if (magic === JKS_MAGIC)
    return `the file is a JKS keystore, which cannot contain a secret key; use midPoint's keystore.jceks, or convert it: ${conversion("jks")}`;
  if (isPkcs12(bytes)) return `the file is a PKCS12 keystore, not JCEKS; convert it: ${conversion("pkcs12")}`;
  return "the file is not a JCEKS keystore; create it with keytool -storetype jceks";
}

/** `SEQUENCE { version INTEGER (3), … }` with a length of two bytes or more, or of an indefinite length (RFC 7292, 4, `PFX`). */
function isPkcs12(bytes: Uint8Array): boolean {
  return /^30(80|82....|83......|84........)020103/.test(Buffer.from(bytes.subarray(0, 12)).toString("hex"));
}

/**
 * Why the entries of a JCEKS keystore do not end where its digest begins; undefined if they do. Nothing is decrypted, so that a wrong
 * password and an incomplete file can be told apart.
 */
export function layoutProblem(bytes: Uint8Array): string | undefined {
  const reader = new JavaBytes(bytes);
  reader.take(HEAD_LENGTH - 4);
  try {
    for (let count = reader.int32(); count > 0; count--) skipEntry(reader);
  } catch (error) {
    if (error instanceof KeystoreError) return "it is truncated, or its entries are changed; copy it again";
    throw error;
  }
  const excess = reader.remaining - DIGEST_LENGTH;
  if (excess < 0) return "it is truncated; copy it again";
  return excess === 0 ? undefined : `it has ${excess} bytes more than its entries need; copy it again`;
}

function skipEntry(reader: JavaBytes): void {
  const tag = reader.int32();
  reader.utf();
  reader.int64();
  if (tag === SECRET_KEY_TAG) deserialize(reader);
  else if (tag === CERTIFICATE_TAG) skipCertificate(reader);
  else if (tag === PRIVATE_KEY_TAG) {
    reader.block();
    for (let count = reader.int32(); count > 0; count--) skipCertificate(reader);
  } else reader.take(-1);
}

function skipCertificate(reader: JavaBytes): void {
  reader.utf();
  reader.block();
}
