import { parseNameserver } from "../kit/nameserver.ts";

/**
 * A method to prove ownership of a host by a DNS record (cert-manager's documentation, "DNS01"). Secrets are referenced by name: their
 * values come from the stack's configuration.
 */
export type DnsSolver = { readonly followCname: boolean } & (
  | { readonly kind: "acmedns"; readonly server: string; readonly accountsSecret: string }
  | {
      readonly kind: "akamai";
      readonly host: string;
      readonly clientTokenSecret: string;
      readonly clientSecretSecret: string;
      readonly accessTokenSecret: string;
    }
  | {
      readonly kind: "azuredns";
      readonly subscriptionId: string;
      readonly resourceGroup: string;
      readonly hostedZone?: string;
      readonly environment: AzureEnvironment;
      readonly zoneType: "public" | "private";
      readonly clientId?: string;
      readonly tenantId?: string;
      readonly clientSecretSecret?: string;
      readonly managedIdentity?: {
        readonly clientId?: string;
        readonly tenantId?: string;
        readonly resourceId?: string;
      };
    }
  | {
      readonly kind: "clouddns";
      readonly project: string;
      readonly hostedZone?: string;
      readonly serviceAccountSecret?: string;
    }
  | { readonly kind: "cloudflare"; readonly apiTokenSecret: string }
  | { readonly kind: "digitalocean"; readonly tokenSecret: string }
  | {
      readonly kind: "rfc2136";
      readonly nameserver: string;
      readonly protocol: "UDP" | "TCP";
      readonly tsigKeyName?: string;
      readonly tsigKeySecret?: string;
      readonly tsigAlgorithm?: string;
    }
  | {
      readonly kind: "route53";
      readonly region: string;
      readonly hostedZoneId?: string;
      readonly accessKeyId?: string;
      readonly secretAccessKeySecret?: string;
      readonly role?: string;
      /** The ServiceAccount whose tokens assume the role. */
      readonly serviceAccount?: string;
    }
  | {
      readonly kind: "webhook";
      readonly groupName: string;
      readonly solverName: string;
      readonly config: Readonly<Record<string, unknown>>;
      readonly secrets: Readonly<Record<string, string>>;
    }
);

type AzureEnvironment = "public" | "us-government" | "china";

/** Azure's clouds in cert-manager's names; it rejects `AzureGermanCloud`, which its CRD has (`pkg/issuer/acme/dns/azuredns`). */
const azureEnvironments: Readonly<Record<AzureEnvironment, string>> = {
  public: "AzurePublicCloud",
  "us-government": "AzureUSGovernmentCloud",
  china: "AzureChinaCloud",
};

/**
 * Turns a secret of the configuration into a reference to the issuer's Secret.
 * @param part distinguishes several secrets of one solver
 */
export type Reference = (secret: string, part?: string) => { readonly name: string; readonly key: string };

/** The member `dns01` of a solver (cert-manager.io/v1). Absent members are undefined. */
export function dnsSpec(solver: DnsSolver, reference: Reference): Readonly<Record<string, unknown>> {
  const optional = (secret: string | undefined) => (secret === undefined ? undefined : reference(secret));
  return { ...(solver.followCname && { cnameStrategy: "Follow" }), ...provider(solver, reference, optional) };
}

function provider(
  solver: DnsSolver,
  reference: Reference,
  optional: (secret: string | undefined) => ReturnType<Reference> | undefined,
): Readonly<Record<string, unknown>> {
  switch (solver.kind) {
    case "acmedns":
      return { acmeDNS: { host: solver.server, accountSecretRef: reference(solver.accountsSecret) } };
    case "akamai":
      return {
        akamai: {
          serviceConsumerDomain: solver.host,
          clientTokenSecretRef: reference(solver.clientTokenSecret, "client-token"),
          clientSecretSecretRef: reference(solver.clientSecretSecret, "client-secret"),
          accessTokenSecretRef: reference(solver.accessTokenSecret, "access-token"),
        },
      };
    case "azuredns":
      return {
        azureDNS: {
          subscriptionID: solver.subscriptionId,
          resourceGroupName: solver.resourceGroup,
          hostedZoneName: solver.hostedZone,
          environment: azureEnvironments[solver.environment],
          zoneType: solver.zoneType === "private" ? "AzurePrivateZone" : undefined,
          clientID: solver.clientId,
          tenantID: solver.tenantId,
          clientSecretSecretRef: optional(solver.clientSecretSecret),
          managedIdentity: solver.managedIdentity && {
            clientID: solver.managedIdentity.clientId,
            tenantID: solver.managedIdentity.tenantId,
            resourceID: solver.managedIdentity.resourceId,
          },
        },
      };
    case "clouddns":
      return {
        cloudDNS: {
          project: solver.project,
          hostedZoneName: solver.hostedZone,
          serviceAccountSecretRef: optional(solver.serviceAccountSecret),
        },
      };
    case "cloudflare":
      return { cloudflare: { apiTokenSecretRef: reference(solver.apiTokenSecret) } };
    case "digitalocean":
      return { digitalocean: { tokenSecretRef: reference(solver.tokenSecret) } };
    case "rfc2136":
      return {
        rfc2136: {
          nameserver: solver.nameserver,
          protocol: solver.protocol,
          tsigKeyName: solver.tsigKeyName,
          // cert-manager's own default is MD5.
          tsigAlgorithm: solver.tsigKeyName === undefined ? undefined : (solver.tsigAlgorithm ?? "HMACSHA256"),
          tsigSecretSecretRef: optional(solver.tsigKeySecret),
        },
      };
    case "route53":
      return {
        route53: {
          region: solver.region,
          hostedZoneID: solver.hostedZoneId,
          accessKeyID: solver.accessKeyId,
          secretAccessKeySecretRef: optional(solver.secretAccessKeySecret),
          role: solver.role,
          auth:
            solver.serviceAccount === undefined
              ? undefined
              : { kubernetes: { serviceAccountRef: { name: solver.serviceAccount } } },
        },
      };
    case "webhook":
      // `config` refers to these secrets with the keys that the user chose.
      return { webhook: { groupName: solver.groupName, solverName: solver.solverName, config: solver.config } };
  }
}

/** The secrets of the configuration that a solver needs, by key in the issuer's Secret. @param key of its only secret */
export function secretsOf(solver: DnsSolver, key: string): Record<string, string> {
  const found: Record<string, string> = {};
  dnsSpec(solver, (secret, part) => {
    const own = part === undefined ? key : `${key}-${part}`;
    found[own] = secret;
    return { name: "", key: own };
  });
  return solver.kind === "webhook" ? { ...solver.secrets } : found;
}

/** What a solver connects to, besides name servers: the port and the purpose. A webhook is called through the API server. */
export function dnsServer(
  solver: DnsSolver,
): { readonly port: number; readonly protocol: "TCP" | "UDP"; readonly purpose: string } | undefined {
  switch (solver.kind) {
    case "acmedns": {
      const { port, protocol } = new URL(solver.server);
      const usual = protocol === "http:" ? 80 : 443;
      return { port: Number(port || usual), protocol: "TCP", purpose: "ACME challenges at acme-dns" };
    }
    case "rfc2136": {
      const { port } = parseNameserver(solver.nameserver);
      return { port, protocol: solver.protocol, purpose: "ACME challenges by DNS updates" };
    }
    case "webhook":
      return undefined;
    default:
      return { port: 443, protocol: "TCP", purpose: `ACME challenges at ${solver.kind}` };
  }
}
