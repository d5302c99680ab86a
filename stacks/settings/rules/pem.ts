import { X509Certificate } from "node:crypto";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { Finding } from "./finding.ts";

/** What the first certificate of a text must be good for: signing others, or a host. */
export type Purpose = { readonly authority: true } | { readonly host: string };

/**
 * What is wrong with certificates in PEM: a copy that was cut off, and a first certificate of another purpose. Whether one has
 * expired is not looked at, since a plan must be the same tomorrow.
 */
export function pemFindings(path: Path, pem: string, purpose: Purpose): Finding[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const certificates = blocks.map(parsed);
  const damaged = certificates.indexOf(undefined);
  if (damaged >= 0)
    return [
      {
        path,
        message: `certificate ${damaged + 1} of ${blocks.length} is damaged: it may have been cut off`,
        got: shown(blocks[damaged]),
        accepts: "certificates in PEM, each whole",
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
            message: "this is no CA's certificate: it cannot sign others",
            got: shown(first.subject),
            accepts: "the certificate of a CA, then those of the CAs above it",
            fix: { file: path },
          },
        ];
  return first.checkHost(purpose.host) !== undefined
    ? []
    : [
        {
          path,
          message: `this certificate is not for ${purpose.host}`,
          got: shown(first.subjectAltName ?? first.subject),
          accepts: `a certificate that names ${purpose.host}, then those of the CAs above it`,
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
