import { isIP } from "node:net";

/** Annotations of a Service by which external-dns knows hosts and where they lead to (external-dns, docs/annotations/annotations.md). */
export const hostnameAnnotation = "external-dns.alpha.kubernetes.io/hostname";
export const targetAnnotation = "external-dns.alpha.kubernetes.io/target";

/** Types of records that lead from a host to a server (RFC 1035, section 3.2.2, and RFC 3596). */
export const hostRecordTypes = ["A", "AAAA", "CNAME"] as const;

export type HostRecordType = (typeof hostRecordTypes)[number];

/** The type of the record that leads to a target: an IPv4 address, an IPv6 address or a host name. */
export function recordType(target: string): HostRecordType {
  return ({ 4: "A", 6: "AAAA" } as const)[isIP(target)] ?? "CNAME";
}

/** Whether a host is in a zone, or is the zone's own name. */
export function isInZone(host: string, zone: string): boolean {
  return host === zone || host.endsWith(`.${zone}`);
}
