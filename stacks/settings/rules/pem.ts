import { X509Certificate } from "node:crypto";
import { certificatesIn } from "../../../components/kit/trust.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { Violation } from "./violation.ts";

/** The required purpose of the first certificate: a CA, or a host. */
export type Purpose = { readonly authority: true } | { readonly host: string };

/**
 * Problems of certificates in PEM: truncated ones, and a first certificate for another purpose. Expiry is not checked,
 * because a plan must be the same tomorrow.
 */
export function pemFindings(path: Path, pem: string, purpose: Purpose): Violation[] {
  const blocks = certificatesIn(pem);
  const certificates = blocks.map(parsed);
  const damaged = certificates.indexOf(undefined);
  if (damaged >= 0)
    return [
      {
        path,
        message: `certificate ${damaged + 1} of ${blocks.length} is not valid; it may be truncated`,
        got: shown(blocks[damaged]),
        accepts: "complete certificates in PEM",
        fix: { file: path },
      },
    ];
  const [first] = certificates;
  if (first === undefined) return [];
  if ("authority" in purpose)
    return first.ca
      ? []
      : [
          {
            path,
            message: "is not a CA certificate, so it cannot sign others",
            got: shown(first.subject),
            accepts: "the certificate of a CA, followed by its chain",
            fix: { file: path },
          },
        ];
  // RFC 9525, section 2: clients no longer read the common name, which Node's default falls back to.
  return first.checkHost(purpose.host, { subject: "never" }) !== undefined
    ? []
    : [
        {
          path,
          message:
            first.subjectAltName === undefined
              ? "this certificate has no subject alternative name, and browsers ignore the common name"
              : `this certificate is not valid for ${purpose.host}`,
          got: shown(first.subjectAltName ?? first.subject),
          accepts: `a certificate for ${purpose.host}, followed by its chain`,
          fix: { file: path },
          relies: [["domain"]],
        },
      ];
}

function parsed(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}
