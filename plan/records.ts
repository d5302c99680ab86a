import { isInZone, recordType } from "../components/kit/dns-records.ts";
import { parseDuration } from "../components/kit/quantities.ts";
import { compare } from "../components/kit/stable.ts";
import { dnsPart, dnsZones } from "../stacks/platform/dns.ts";
import type { Plan } from "./plan.ts";

/** A host of the gateway with its records. */
export interface NamedHost {
  readonly host: string;
  /** Where the settings say it leads to: addresses, or one host name. Empty: to the address of the Service. */
  readonly targets: readonly string[];
  /** The gateway's Service, as `namespace/name`. */
  readonly service: string;
  /** The addresses that the Service has: those that the cluster's load balancer assigns, or those of the nodes. */
  readonly addresses: "load balancer" | "nodes";
  /** Whether it is the name of a zone: such a host cannot have a CNAME record (RFC 1034, section 3.6.2). */
  readonly isZone: boolean;
  /** Whether external-dns creates its records. */
  readonly automatic: boolean;
  /** Whether clients connect to Cloudflare in front of it, so that its name resolves to other addresses. */
  readonly proxied: boolean;
  /** Seconds that resolvers keep a record. */
  readonly ttl: number;
}

/** The records of a plan's hosts, by host: those that external-dns creates, and those that you create. */
export function namedHosts({ ledger, settings }: Pick<Plan, "ledger" | "settings">): NamedHost[] {
  const { dns, gateway } = settings;
  const zones = dnsZones(settings);
  const isOn = dnsPart.on(settings);
  const served = new Map(
    ledger.hosts.flatMap(({ host, service }) => (service === undefined ? [] : [[host, service] as const])),
  );
  const proxied = dns.provider?.kind === "cloudflare" && dns.provider.proxied;
  return [...served]
    .map(([host, { name, namespace }]): NamedHost => {
      const automatic = isOn && zones.some((zone) => isInZone(host, zone));
      return {
        host,
        service: `${namespace}/${name}`,
        automatic,
        targets: dns.targets,
        addresses: gateway.service.type === "LoadBalancer" ? "load balancer" : "nodes",
        isZone: zones.includes(host),
        proxied: automatic && proxied,
        ttl: parseDuration(dns.ttl),
      };
    })
    .sort((a, b) => compare(a.host, b.host));
}

/** The record that leads from a host to a target, as a line of a zone file (RFC 1035, section 5.1). */
export function zoneLine({ host, isZone, ttl }: NamedHost, target: string): string {
  const type = recordType(target);
  if (type !== "CNAME") return `${host}. ${ttl} IN ${type} ${target}`;
  // No type of DNS: name servers that have it answer with the target's addresses.
  return `${host}. ${ttl} IN ${isZone ? "ALIAS" : type} ${target}.`;
}
