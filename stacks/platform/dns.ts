import type { Aws } from "../../components/aws/aws.ts";
import type { HostSource } from "../../components/dns/chart.ts";
import type { ExternalDnsArgs } from "../../components/dns/external-dns.ts";
import { dnsWatched } from "../../components/dns/watched.ts";
import { kindOfGateway } from "../../components/gateway/kinds.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** The namespace of external-dns. */
export const dnsNamespace = "external-dns";

export const dnsPart: Part = {
  section: "dns",
  on: ({ dns, gateway }) => dns.provider !== undefined && gateway.enabled,
  needs: () => ({
    namespaces: [{ name: dnsNamespace }],
    charts: ["external-dns"],
    watched: [dnsWatched(dnsNamespace)],
  }),
};

/** The zones of the stack's hosts. */
export function dnsZones({ dns, domain }: Pick<ParsedSettings, "dns" | "domain">): readonly string[] {
  return dns.zones.length === 0 ? [domain] : dns.zones;
}

/** Which objects name the hosts to external-dns. */
export function hostSource({ dns, gateway }: ParsedSettings): HostSource {
  if (dns.targets.length > 0) return { kind: "targets", targets: dns.targets };
  return kindOfGateway(gateway.kind).chart === undefined
    ? { kind: "ingress" }
    : { kind: "service", namespace: gateway.namespace };
}

/** Whether the gateway's Service names the hosts. */
export function gatewayNamesHosts(settings: ParsedSettings): boolean {
  return dnsPart.on(settings) && hostSource(settings).kind === "service";
}

/** What the settings say of external-dns, as the component takes it. */
export function dnsArgs(
  settings: Settings,
  { serviceMonitors, trust }: Pick<Offered, "serviceMonitors" | "trust">,
  aws: Pick<Aws, "zoneId"> | undefined,
): ExternalDnsArgs {
  const { dns, secrets, stack } = settings;
  const { policy, provider, ttl } = dns;
  if (provider === undefined) throw new TypeError("external-dns has a provider");
  const namespace = dnsNamespace;
  return {
    namespace,
    provider:
      provider.kind === "route53" ? { ...provider, hostedZoneId: provider.hostedZoneId ?? aws?.zoneId } : provider,
    source: hostSource(settings),
    zones: dnsZones(settings),
    policy,
    owner: `groundplan-${stack}`,
    ttl,
    secrets,
    trusted: trust?.in(namespace),
    serviceMonitors,
  };
}
