import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

/** What changing a solver does. */
export const renewal = "Takes effect at the next renewal.";
/** What a solver without a key uses. */
export const ownIdentity = "`certificates.identity` is used.";

/** An ID that Azure gives: a UUID. */
export const azureId = () =>
  formats.formed(
    /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
    'an ID such as "11111111-2222-3333-4444-555555555555"',
    "11111111-2222-3333-4444-555555555555",
  );

/** The ID of a hosted zone of Route 53. */
export const hostedZoneId = () =>
  formats.formed(/^Z[A-Z0-9]+$/, 'the ID of a hosted zone, such as "Z0123456789ABC"', "Z0123456789ABC");

/** The ID of an access key of AWS. */
export const accessKeyId = () =>
  formats.formed(
    /^[A-Z0-9]{16,128}$/,
    "the ID of an access key: 16 or more capital letters and digits",
    "AKIAIOSFODNN7EXAMPLE",
  );

/** A name server that accepts dynamic updates. */
export const nameserver = () =>
  formats.formed(
    /^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*|\[[0-9a-fA-F:.]+\])(:([1-9][0-9]{0,4}))?$/,
    'a host or an address with an optional port, such as "192.0.2.53:53" or "[2001:db8::53]:53"',
    "ns1.example.org:53",
  );

/** The name of a TSIG key. */
export const tsigKeyName = (example: string) =>
  formats.formed(
    /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/,
    "the name of a key, as the name server has it",
    example,
  );

/** A required secret of a solver. */
export const secretOf = (is: string) => key(formats.secretName(), { is, changing: renewal, secret: true });

/** An optional secret of a solver. */
export const secretOrNone = (is: string, unset: string) =>
  key(formats.secretName().optional(), { is, unset, changing: renewal, secret: true });

/** The hosts that a solver is used for: cert-manager uses the most specific match. */
export function choice() {
  const every = "Every host matches.";
  return {
    zones: key(z.array(formats.domain()).default([]), {
      is: "DNS zones that this solver is used for.",
      unset: every,
      changing: renewal,
      accepts: "a list of domain names",
    }),
    hosts: key(z.array(formats.host()).default([]), {
      is: "Hosts that this solver is used for: `NAME` for NAME.DOMAIN, or full host names. They take precedence over zones.",
      unset: every,
      changing: renewal,
      accepts: "a list of hosts",
    }),
    labels: key(z.record(formats.ownLabelKey(), formats.labelValue()).default({}), {
      is: "Labels of the Certificates that this solver is used for, such as those of `certificates.hosts` and your own.",
      unset: every,
      changing: renewal,
      accepts: "labels as KEY: VALUE",
    }),
  };
}

/** What every DNS solver has. */
export function dns() {
  return {
    followCname: key(z.boolean().default(false), {
      is: "Whether the record is created where a CNAME of `_acme-challenge.HOST` leads to.",
      changing: renewal,
    }),
    ...choice(),
  };
}
