import { createHmac, hash } from "node:crypto";
import { byAlias, checkAliases, nameOf, storedAlias } from "./aliases.ts";
import { BMP_STRING, CONTEXT_0, NULL, OCTET_STRING, SEQUENCE, SET, der, derInteger, derOid } from "./der.ts";
import { utf16 } from "./java-bytes.ts";
import { Problems } from "./keystore-error.ts";
import { singleCertificate } from "./pem.ts";
import type { TrustedCertificate } from "./pem.ts";
import { MOST_ITERATIONS, isPrintableAscii } from "./protection.ts";

// RFC 7292 (PKCS #12), sections 4 and 4.2, and RFC 2985 (PKCS #9), appendix A, unless another source is named.
const DATA = derOid("1.2.840.113549.1.7.1");
const CERT_BAG = derOid("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE = derOid("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME = derOid("1.2.840.113549.1.9.20");
const SHA_256 = derOid("2.16.840.1.101.3.4.2.1");
/** Without it Java lists no entry at all (`sun.security.pkcs12.PKCS12KeyStore`, `TrustedKeyUsage_OID`). */
const TRUSTED_KEY_USAGE = derOid("2.16.840.1.113894.746875.1.1");
/** Trusted for everything: anyExtendedKeyUsage (RFC 5280, 4.2.1.12). */
const ANY_USAGE = derOid("2.5.29.37.0");

/** What a trust store is made of; all of it from the caller's state. */
export interface TrustStoreInput {
  /** At least one: a JVM fails to start TLS with an empty trust store. A `date` is not kept, for PKCS #12 has none. */
  certificates: readonly TrustedCertificate[];
  /** Verifies the store; not empty, printable ASCII, since Java takes nothing else. */
  password: string;
  /** Salt of the MAC, 8 to 64 bytes; the JDK takes 20. */
  salt: Uint8Array;
  /** Iterations of the MAC, 1 to 5 000 000; default: 10 000, as the JDK's. */
  iterations?: number;
}

/**
 * The bytes of a PKCS #12 file whose certificates Java 17 lists as trusted, sorted by alias, under a MAC with
 * HMAC-SHA-256. Certificates are public and not encrypted, so that a JVM reads them without the password too
 * (`javax.net.ssl.trustStore` alone), where an encrypted store would look empty. A pure function.
 *
 * @throws {KeystoreError} with every problem of the input
 */
export function trustStore(input: TrustStoreInput): Buffer {
  const iterations = input.iterations ?? 10_000;
  const certificates = checkInput(input, iterations);
  const bags = certificates
    .sort(byAlias)
    .map(({ alias, certificate }) =>
      der(
        SEQUENCE,
        CERT_BAG,
        der(CONTEXT_0, der(SEQUENCE, X509_CERTIFICATE, der(CONTEXT_0, der(OCTET_STRING, certificate)))),
        der(SET, attribute(FRIENDLY_NAME, der(BMP_STRING, utf16(alias))), attribute(TRUSTED_KEY_USAGE, ANY_USAGE)),
      ),
    );
  const authenticatedSafe = der(SEQUENCE, data(der(SEQUENCE, ...bags)));
  const key = macKey(input.password, input.salt, iterations);
  const mac = createHmac("sha256", key).update(authenticatedSafe).digest();
  const digestInfo = der(SEQUENCE, der(SEQUENCE, SHA_256, der(NULL)), der(OCTET_STRING, mac));
  return der(
    SEQUENCE,
    derInteger(3),
    data(authenticatedSafe),
    der(SEQUENCE, digestInfo, der(OCTET_STRING, input.salt), derInteger(iterations)),
  );
}

/** `ContentInfo` of type data. */
function data(content: Buffer): Buffer {
  return der(SEQUENCE, DATA, der(CONTEXT_0, der(OCTET_STRING, content)));
}

function attribute(type: Buffer, value: Buffer): Buffer {
  return der(SEQUENCE, type, der(SET, value));
}

/**
 * The PKCS #12 key derivation (RFC 7292, B.2) with SHA-256, for a MAC key (B.3: ID 3). The key is as long as the hash,
 * so one round of its outer loop is all there is. The password is a BMPString with its closing zero (B.1).
 */
function macKey(password: string, salt: Uint8Array, iterations: number): Buffer {
  const block = 64;
  const filled = (bytes: Uint8Array): Buffer => Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
  let key = Buffer.concat([Buffer.alloc(block, 3), filled(salt), filled(utf16(`${password}\0`))]);
  for (let i = 0; i < iterations; i++) key = hash("sha256", key, "buffer");
  return key;
}

function checkInput(input: TrustStoreInput, iterations: number): { alias: string; certificate: Buffer }[] {
  const problems = new Problems();
  const { certificates, password, salt } = input;
  if (certificates.length === 0) problems.add("no-entries", "certificates: there is none; give one to trust");
  if (password === "") problems.add("empty-password", "password: is empty; generate one");
  if (!isPrintableAscii(password)) {
    problems.add("password-characters", "password: Java takes printable ASCII characters only (space to ~)");
  }
  if (salt.length < 8 || salt.length > 64) {
    problems.add("salt", `salt: has ${salt.length} bytes; give 8 to 64 random ones`);
  }
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MOST_ITERATIONS) {
    problems.add("iterations", `iterations: is ${iterations}; give a whole number from 1 to ${MOST_ITERATIONS}`);
  }
  const places = certificates.map(({ alias }, index) => ({ where: `certificates[${index}]`, alias }));
  checkAliases(places, problems);
  const checked = certificates.map(({ alias, certificate }, index) => ({
    alias: storedAlias(alias),
    certificate: singleCertificate(certificate, nameOf(`certificates[${index}]`, alias), problems) ?? Buffer.alloc(0),
  }));
  problems.throwIfAny();
  return checked;
}
