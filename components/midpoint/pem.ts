import { X509Certificate, hash } from "node:crypto";
import { Problems, keystoreError } from "./keystore-error.ts";

/** One certificate for a store. */
export interface TrustedCertificate {
  /** Name in the store, in lower case there; not empty. */
  alias: string;
  /** Exactly one `CERTIFICATE` block (RFC 7468); text around the block is ignored. */
  certificate: string;
  /** When it was added; default: the date of the store. */
  date?: Date;
}

interface Block {
  label: string;
  /** Undefined if the block has no end or its content is not base64. */
  der: Buffer | undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The blocks of a PEM text, in order. Line breaks in a block may be any white space, or missing. */
function blocks(text: string): Block[] {
  const [, ...pieces] = text.split("-----BEGIN ");
  return pieces.map((piece) => {
    const header = /^([A-Z0-9 ]{1,40})-----/.exec(piece);
    if (!header) return { label: "unreadable", der: undefined };
    const [opening, label = ""] = header;
    const end = piece.indexOf(`-----END ${label}-----`);
    const body = piece.slice(opening.length, Math.max(end, 0)).replace(/\s+/g, "");
    return { label, der: end > 0 && body !== "" && BASE64.test(body) ? Buffer.from(body, "base64") : undefined };
  });
}

/** Whether a text contains the start of a PEM block. A pasted certificate does; a placeholder of a plan does not. */
export function holdsPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** Decodes a certificate; undefined if it is not one, has an invalid date, or is followed by other data. */
export function decodeCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    // For an invalid date, this string is not a date, while validFromDate and validToDate may be any date.
    const dates = [certificate.validFrom, certificate.validTo].map(Date.parse);
    return certificate.raw.equals(der) && !dates.some(Number.isNaN) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Head of a critical subjectAltName: its OID (2.5.29.17), then TRUE. */
const CRITICAL_ALTERNATIVE_NAME = Buffer.from("0603551d110101ff", "hex");

/**
 * Why Java would not load a certificate that can be decoded here (`sun.security.x509.X509CertInfo`). Java cannot open a store with such
 * a certificate.
 */
function javaRefuses(certificate: X509Certificate): string | undefined {
  const { issuer, subject, raw } = certificate as { issuer?: string; subject?: string; raw: Buffer };
  if (issuer === undefined) return "has no issuer";
  if (subject === undefined && !raw.includes(CRITICAL_ALTERNATIVE_NAME)) {
    return "has no subject and no critical alternative name";
  }
  try {
    const key = certificate.publicKey;
    // OpenSSL decodes less of a certificate than Java; the signature of a root certificate reveals other damage.
    return certificate.checkIssued(certificate) && !certificate.verify(key) ? "has a damaged signature" : undefined;
  } catch {
    return "has a damaged public key";
  }
}

/** The certificate of a block, if a store can contain it; otherwise adds a problem. */
function decodeBlock({ label, der }: Block, where: string, problems: Problems): X509Certificate | undefined {
  if (label !== "CERTIFICATE") {
    problems.add("certificate", `${where}: is a PEM block "${label}"; give a block "CERTIFICATE" only`);
    return undefined;
  }
  const certificate = der && decodeCertificate(der);
  if (!certificate) {
    problems.add("certificate", `${where}: is a damaged certificate; copy it again, including the lines BEGIN and END`);
    return undefined;
  }
  const refusal = javaRefuses(certificate);
  if (refusal)
    problems.add("certificate", `${where}: ${refusal}, so Java cannot open a store that contains it; reissue it`);
  return refusal ? undefined : certificate;
}

/** The DER bytes of a PEM text with one certificate; for anything else, adds a problem and returns undefined. */
export function singleCertificate(pem: string, where: string, problems: Problems): Buffer | undefined {
  const [block, ...others] = blocks(pem);
  if (!block) {
    problems.add(
      "certificate",
      `${where}: contains no certificate; provide PEM that starts with -----BEGIN CERTIFICATE-----`,
    );
    return undefined;
  }
  if (others.length > 0) {
    problems.add(
      "several-certificates",
      `${where}: contains ${others.length + 1} PEM blocks, but an entry has only one; split it with splitPem`,
    );
    return undefined;
  }
  return decodeBlock(block, where, problems)?.raw;
}

/**
 * Entries from a PEM bundle, one for each different certificate, in order of first appearance.
 *
 * Aliases are `prefix-1`, `prefix-2`, …; without a prefix they are the subject on one line (`CN=a, O=b`), with the
 * first 16 hexadecimal digits of the certificate's SHA-256 if the subject is empty or not unique.
 *
 * @throws {KeystoreError} `certificate` with every damaged block, every block of another kind (a private key), or none
 */
export function splitPem(bundle: string, prefix?: string): TrustedCertificate[] {
  const problems = new Problems();
  const found = new Map<string, X509Certificate>();
  for (const [index, block] of blocks(bundle).entries()) {
    const certificate = decodeBlock(block, `certificate ${index + 1} of the bundle`, problems);
    if (certificate) found.set(hash("sha256", certificate.raw), certificate);
  }
  problems.throwIfAny();
  if (found.size === 0) {
    throw keystoreError(
      "certificate",
      "the bundle contains no certificate; provide PEM that starts with -----BEGIN CERTIFICATE-----",
    );
  }
  const subjects = [...found.values()].map(subjectOf);
  return [...found].map(([fingerprint, certificate], index) => {
    const subject = subjects[index] ?? "";
    // Java's aliases ignore case.
    const isUnique = subjects.filter((other) => other.toLowerCase() === subject.toLowerCase()).length === 1;
    const distinction = subject !== "" && isUnique ? "" : ` #${fingerprint.slice(0, 16)}`;
    const alias = prefix === undefined ? `${subject}${distinction}`.trim() : `${prefix}-${index + 1}`;
    return { alias, certificate: certificate.toString() };
  });
}

/** The subject on one line, in the order of the certificate (most general part first); empty if the certificate has none. */
export function subjectOf(certificate: X509Certificate): string {
  // Typed as a string, and undefined for an empty subject.
  return ((certificate.subject as string | undefined) ?? "").split("\n").join(", ");
}
