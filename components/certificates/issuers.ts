import type { Input } from "@pulumi/pulumi";
import type { CredentialSpec } from "../kit/credential.ts";
import { placed } from "../kit/environment.ts";
import type { Placement } from "../kit/environment.ts";
import type { Duration } from "../kit/quantities.ts";
import { resources } from "../kit/resources.ts";
import { compare } from "../kit/stable.ts";
import { dnsSpec, secretsOf } from "./dns-solvers.ts";
import type { DnsSolver, Reference } from "./dns-solvers.ts";

/** A method to prove ownership of a host to an ACME server, and the hosts that it is used for. */
export type Solver = {
  readonly zones: readonly string[];
  readonly hosts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
} & ({ readonly kind: "http01"; readonly ingressClass: string } | DnsSolver);

/** What the pods that answer HTTP-01 challenges have in common with those of the stack. */
export interface SolverPods {
  readonly placement: Placement;
  readonly pullSecret?: string;
  readonly priorityClass?: string;
}

/** An issuer of certificates. Secrets are referenced by name: their values come from the stack's configuration. */
export type Issuer = { readonly name: string } & (
  | {
      readonly kind: "acme";
      readonly email: string;
      /** `production` or `staging` of Let's Encrypt, or the URL of another server's directory. */
      readonly server: string;
      /** The CA certificates of the ACME server in PEM. Default: those that cert-manager trusts. */
      readonly caBundle?: string;
      /** The external account that the ACME account is bound to (RFC 8555, section 7.3.4). Default: none. */
      readonly externalAccount?: { readonly keyId: string; readonly keySecret: string };
      readonly solvers: readonly Solver[];
    }
  | { readonly kind: "own-ca"; readonly commonName: string; readonly validity: Duration }
  | { readonly kind: "company-ca"; readonly certificate: string; readonly keySecret: string }
  | { readonly kind: "self-signed" }
);

/** Let's Encrypt's directories (letsencrypt.org/docs/acme-protocol-updates, letsencrypt.org/docs/staging-environment). */
const directories: Readonly<Record<string, string>> = {
  production: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
};

/** The port of an ACME server. */
export function serverPort({ server }: { readonly server: string }): number {
  return Number(new URL(directories[server] ?? server).port || 443);
}

/** The Secret with an issuer's key or token, in cert-manager's namespace. */
export function issuerSecretName(issuer: string): string {
  return `${issuer}-issuer`;
}

/** The key of the external account's HMAC key in the issuer's Secret. */
const externalAccountKey = "external-account";

/** The key of a solver's token in the issuer's Secret. */
function solverKey(index: number): string {
  return `solver-${index}`;
}

/** The spec of a ClusterIssuer (cert-manager.io/v1). Secrets are read from cert-manager's own namespace. */
export function issuerSpec(issuer: Issuer, pods: SolverPods): Record<string, Input<unknown>> {
  switch (issuer.kind) {
    case "self-signed":
      return { selfSigned: {} };
    case "own-ca":
    case "company-ca":
      return { ca: { secretName: issuerSecretName(issuer.name) } };
    case "acme":
      return {
        acme: {
          email: issuer.email,
          server: directories[issuer.server] ?? issuer.server,
          caBundle: issuer.caBundle && Buffer.from(issuer.caBundle).toString("base64"),
          externalAccountBinding: issuer.externalAccount && {
            keyID: issuer.externalAccount.keyId,
            keySecretRef: { name: issuerSecretName(issuer.name), key: externalAccountKey },
          },
          privateKeySecretRef: { name: issuer.name },
          solvers: issuer.solvers.map((solver, index) => ({
            selector: selector(solver),
            ...(solver.kind === "http01"
              ? { http01: { ingress: { ingressClassName: solver.ingressClass, podTemplate: podTemplate(pods) } } }
              : { dns01: dnsSpec(solver, referring(issuer.name, index)) }),
          })),
        },
      };
  }
}

function selector({ zones, hosts, labels }: Solver): object | undefined {
  if (zones.length + hosts.length + Object.keys(labels).length === 0) return undefined;
  return {
    ...(zones.length > 0 && { dnsZones: [...zones] }),
    ...(hosts.length > 0 && { dnsNames: [...hosts] }),
    ...(Object.keys(labels).length > 0 && { matchLabels: { ...labels } }),
  };
}

/**
 * The pods of solvers run in the application's namespace, and are placed like every other pod. cert-manager itself drops all
 * capabilities of their container and makes its root file system read-only (`pkg/issuer/acme/http/pod.go`).
 */
function podTemplate({ placement, pullSecret, priorityClass }: SolverPods): object {
  return {
    spec: {
      ...placed(placement),
      ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
      priorityClassName: priorityClass,
      resources: resources({ cpu: "10m", memory: "64Mi", memoryLimit: "64Mi" }),
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    },
  };
}

function referring(issuer: string, index: number): Reference {
  const key = solverKey(index);
  return (_, part) => ({ name: issuerSecretName(issuer), key: part === undefined ? key : `${key}-${part}` });
}

/** The configuration's secrets for an ACME issuer's account and solvers, by key in the issuer's Secret. */
export function solverSecrets(issuer: Issuer): Record<string, string> {
  if (issuer.kind !== "acme") return {};
  const account = issuer.externalAccount && { [externalAccountKey]: issuer.externalAccount.keySecret };
  const ofSolvers = issuer.solvers.map((solver, index) =>
    solver.kind === "http01" ? {} : secretsOf(solver, solverKey(index)),
  );
  return Object.assign({ ...account }, ...ofSolvers) as Record<string, string>;
}

/** The ServiceAccounts whose tokens solvers use, each once. */
export function tokenAccounts(issuers: readonly Issuer[]): string[] {
  const solvers = issuers.flatMap((issuer) => (issuer.kind === "acme" ? issuer.solvers : []));
  const names = solvers.flatMap((solver) => (solver.kind === "route53" ? (solver.serviceAccount ?? []) : []));
  return [...new Set(names)].sort(compare);
}

/** The private key of the stack's own CA. */
export function authorityKey(issuer: string): CredentialSpec {
  return {
    name: `${issuer}-key`,
    recipe: { refuse: "every client that trusts the CA would have to trust a new one: add another issuer instead" },
  };
}

/** The generated credentials of a list of issuers. */
export function issuerCredentials(
  issuers: readonly { readonly name: string; readonly kind: string }[],
): CredentialSpec[] {
  return issuers.flatMap(({ name, kind }) => (kind === "own-ca" ? [authorityKey(name)] : []));
}
