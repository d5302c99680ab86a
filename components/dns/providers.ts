import type { Input } from "@pulumi/pulumi";
import { identityEdges, identityValues } from "../kit/cloud-identity.ts";
import type { CloudIdentity } from "../kit/cloud-identity.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { mergeValues } from "../kit/merge.ts";
import type { Values } from "../kit/merge.ts";
import { parseNameserver } from "../kit/nameserver.ts";

/** Where records are created. Secrets are referenced by name: their values come from the stack's configuration. */
export type DnsProvider =
  | {
      readonly kind: "route53";
      readonly region: string;
      /** The only zone in which records are created. Default: every zone with a name of the stack's zones. */
      readonly hostedZoneId?: Input<string>;
      readonly identity?: CloudIdentity;
      readonly accessKeyId?: string;
      readonly secretAccessKeySecret?: string;
      /** The ARN of a role that is assumed. */
      readonly role?: string;
    }
  | {
      readonly kind: "cloudflare";
      readonly apiTokenSecret: string;
      readonly zoneIds: readonly string[];
      /** Whether clients connect to Cloudflare. */
      readonly proxied: boolean;
    }
  | {
      readonly kind: "rfc2136";
      readonly nameserver: string;
      readonly tsigKeyName?: string;
      readonly tsigKeySecret?: string;
      readonly tsigAlgorithm?: string;
    };

/** How external-dns knows a kind of provider (external-dns, docs/flags.md, `--provider`). */
export const providerNames = { route53: "aws", cloudflare: "cloudflare", rfc2136: "rfc2136" } as const satisfies Record<
  DnsProvider["kind"],
  string
>;

/** The key of the Secret with the provider's credential. */
export const credentialKey = "credential";

/** The user's secret that external-dns authenticates with; undefined if it has an identity, or needs none. */
export function credentialOf(provider: DnsProvider): string | undefined {
  switch (provider.kind) {
    case "route53":
      return provider.secretAccessKeySecret;
    case "cloudflare":
      return provider.apiTokenSecret;
    case "rfc2136":
      return provider.tsigKeySecret;
  }
}

/**
 * Values of the chart `external-dns` for a provider.
 * @param secret the name of the Secret with the credential under {@link credentialKey}
 * @param zones the names of the zones
 */
export function providerValues(provider: DnsProvider, secret: string, zones: readonly string[]): Values {
  const fromSecret = (name: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key: credentialKey } },
  });
  switch (provider.kind) {
    case "route53": {
      const { accessKeyId, hostedZoneId, identity, region, role } = provider;
      return mergeValues(identityValues(identity), {
        env: [
          // Route 53 has no region, but AWS' SDK needs one (external-dns, docs/tutorials/aws.md).
          { name: "AWS_REGION", value: region },
          ...(accessKeyId === undefined
            ? []
            : [{ name: "AWS_ACCESS_KEY_ID", value: accessKeyId }, fromSecret("AWS_SECRET_ACCESS_KEY")]),
        ],
        extraArgs: { "zone-id-filter": hostedZoneId, "aws-assume-role": role },
      });
    }
    case "cloudflare": {
      const { proxied, zoneIds } = provider;
      return {
        // external-dns, docs/tutorials/cloudflare.md.
        env: [fromSecret("CF_API_TOKEN")],
        extraArgs: {
          "cloudflare-proxied": proxied,
          "zone-id-filter": zoneIds.length === 0 ? undefined : [...zoneIds],
        },
      };
    }
    case "rfc2136": {
      const { nameserver, tsigAlgorithm = "HMACSHA256", tsigKeyName } = provider;
      const { host, port } = parseNameserver(nameserver);
      return {
        // Every option has a variable; a secret in an argument would be in the pod's object.
        env: tsigKeyName === undefined ? [] : [fromSecret("EXTERNAL_DNS_RFC2136_TSIG_SECRET")],
        extraArgs: {
          "rfc2136-host": host,
          "rfc2136-port": String(port),
          "rfc2136-zone": [...zones],
          // Without a transfer of the zone, it does not know which records exist, and sends all of them each minute.
          "rfc2136-tsig-axfr": true,
          ...(tsigKeyName === undefined
            ? { "rfc2136-insecure": true }
            : {
                "rfc2136-tsig-keyname": tsigKeyName,
                "rfc2136-tsig-secret-alg": tsigAlgorithm.toLowerCase().replace("hmac", "hmac-"),
              }),
        },
      };
    }
  }
}

/** The connections to a provider. */
export function providerEdges(provider: DnsProvider, from: Peer): Edge[] {
  if (provider.kind === "rfc2136") {
    const { host, port } = parseNameserver(provider.nameserver);
    const cidrs = hostCidrs(host);
    const to = { kind: "outside", ...(cidrs && { cidrs }) } as const;
    // Updates are sent by UDP, transfers and long messages by TCP.
    return (["TCP", "UDP"] as const).map((protocol) => ({
      from,
      to,
      ports: [port],
      protocol,
      purpose: "DNS updates (RFC 2136)",
    }));
  }
  return [
    { from, to: { kind: "outside" }, ports: [443], purpose: `DNS records at ${provider.kind}` },
    ...(provider.kind === "route53" ? identityEdges(provider.identity, from) : []),
  ];
}

/** The range of one address; undefined for a host, whose address can change. */
function hostCidrs(host: string): string[] | undefined {
  if (/^[0-9.]+$/.test(host)) return [`${host}/32`];
  return host.includes(":") ? [`${host}/128`] : undefined;
}
