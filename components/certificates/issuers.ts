import type { Input } from "@pulumi/pulumi";
import type { CredentialSpec } from "../kit/credential.ts";
import { placed } from "../kit/environment.ts";
import type { Placement } from "../kit/environment.ts";
import type { Duration } from "../kit/quantities.ts";

/** A method to prove ownership of a host to an ACME server. */
export type Solver = { readonly zones: readonly string[] } & (
  | { readonly kind: "http01"; readonly ingressClass: string }
  | {
      readonly kind: "route53";
      readonly region: string;
      readonly hostedZoneId?: string;
      readonly accessKeyId?: string;
      readonly secretAccessKeySecret?: string;
    }
  | { readonly kind: "cloudflare"; readonly apiTokenSecret: string }
);

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
export function issuerSpec(
  issuer: Issuer,
  placement: Placement,
  pullSecret: string | undefined,
): Record<string, Input<unknown>> {
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
            ...(solver.zones.length > 0 ? { selector: { dnsZones: [...solver.zones] } } : {}),
            ...solverSpec(
              solver,
              { name: issuerSecretName(issuer.name), key: solverKey(index) },
              placement,
              pullSecret,
            ),
          })),
        },
      };
  }
}

function solverSpec(
  solver: Solver,
  secret: { name: string; key: string },
  placement: Placement,
  pullSecret: string | undefined,
): object {
  switch (solver.kind) {
    case "http01": {
      // The solver's pods run in the application's namespace, and are placed like every other pod.
      const spec = {
        ...placed(placement),
        ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
      };
      return { http01: { ingress: { ingressClassName: solver.ingressClass, podTemplate: { spec } } } };
    }
    case "route53":
      return {
        dns01: {
          route53: {
            region: solver.region,
            ...(solver.hostedZoneId === undefined ? {} : { hostedZoneID: solver.hostedZoneId }),
            ...(solver.accessKeyId === undefined
              ? {}
              : { accessKeyID: solver.accessKeyId, secretAccessKeySecretRef: secret }),
          },
        },
      };
    case "cloudflare":
      return { dns01: { cloudflare: { apiTokenSecretRef: secret } } };
  }
}

/** The configuration's secrets for an ACME issuer's account and solvers, by key in the issuer's Secret. */
export function solverSecrets(issuer: Issuer): Record<string, string> {
  if (issuer.kind !== "acme") return {};
  const account = issuer.externalAccount && { [externalAccountKey]: issuer.externalAccount.keySecret };
  const ofSolvers = Object.fromEntries(
    issuer.solvers.flatMap((solver, index) => {
      const name =
        solver.kind === "route53"
          ? solver.secretAccessKeySecret
          : solver.kind === "cloudflare"
            ? solver.apiTokenSecret
            : undefined;
      return name === undefined ? [] : [[solverKey(index), name]];
    }),
  );
  return { ...account, ...ofSolvers };
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
