import type * as pulumi from "@pulumi/pulumi";
import { issuerCredentials } from "../../components/certificates/issuers.ts";
import type { Solver } from "../../components/certificates/issuers.ts";
import type { CertificateRequest, Certificates, CertificatesArgs } from "../../components/certificates/certificates.ts";
import { OwnCertificates } from "../../components/certificates/own-certificates.ts";
import { certificatesWatched } from "../../components/certificates/watched.ts";
import type { CertificateBinding } from "../../components/kit/bindings.ts";
import type { Environment } from "../../components/kit/environment.ts";
import { fullHost } from "../../components/kit/names.ts";
import { userSecret } from "../../components/kit/secret.ts";
import { servedClass } from "../settings/names.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** The namespace of cert-manager. */
export const certificatesNamespace = "cert-manager";

export const certificatesPart: Part = {
  section: "certificates",
  on: ({ certificates }) => certificates.enabled,
  needs: ({ certificates }) => ({
    namespaces: [{ name: certificatesNamespace }],
    charts: ["cert-manager"],
    credentials: issuerCredentials(certificates.issuers),
    watched: [certificatesWatched(certificatesNamespace)],
  }),
};

/** The CA certificates that every TLS client trusts: those of the settings, and those of the company's issuers. */
export function trustedAuthorities({ certificates: { issuers, trust } }: Settings): string[] {
  return [...trust, ...issuers.flatMap((issuer) => (issuer.kind === "company-ca" ? [issuer.certificate] : []))];
}

/** What the settings say of certificates, as the component takes it. */
export function certificatesArgs(
  { certificates, domain, gateway, secrets }: Settings,
  { serviceMonitors, trust }: Pick<Offered, "serviceMonitors" | "trust">,
): CertificatesArgs {
  const { identity, issuer, replicas } = certificates;
  const issuers = certificates.issuers.map((one) =>
    one.kind === "acme"
      ? {
          ...one,
          solvers: one.solvers.map((solver) => throughGateway(fullHosts(solver, domain), servedClass(gateway))),
        }
      : one,
  );
  const namespace = certificatesNamespace;
  return { namespace, replicas, issuers, issuer, secrets, trusted: trust?.in(namespace), identity, serviceMonitors };
}

type SolverSettings = Extract<Settings["certificates"]["issuers"][number], { kind: "acme" }>["solvers"][number];

function fullHosts<One extends SolverSettings>(solver: One, domain: string): One {
  return { ...solver, hosts: solver.hosts.map((host) => fullHost(host, domain)) };
}

/** A solver whose files the gateway serves, unless the settings name another ingress class. */
function throughGateway(solver: SolverSettings, served: string): Solver {
  return solver.kind === "http01" ? { ...solver, ingressClass: solver.ingressClass ?? served } : solver;
}

/** The certificates of hosts, each made once however many ask for it: the user's own, or an issuer's. */
export class HostCertificates {
  private readonly made = new Map<string, CertificateBinding>();
  private own?: OwnCertificates;
  private readonly settings: Settings;
  private readonly environment: Environment;
  private readonly issued: Certificates | undefined;
  private readonly inside: pulumi.ComponentResourceOptions;

  /** @param issued by the stack's issuers; undefined where it has none */
  constructor(
    settings: Settings,
    environment: Environment,
    issued: Certificates | undefined,
    inside: pulumi.ComponentResourceOptions,
  ) {
    this.settings = settings;
    this.environment = environment;
    this.issued = issued;
    this.inside = inside;
  }

  /** @throws RangeError where nothing creates its certificate */
  of(request: CertificateRequest): CertificateBinding {
    const { host, namespace } = request;
    const id = `${namespace}/${host}`;
    const made =
      this.made.get(id) ??
      this.ownCertificate(host, namespace) ??
      this.issued?.certificate({ labels: this.labelsOf(request), ...request });
    if (made === undefined) throw new RangeError(`nothing creates the certificate of ${host}`);
    this.made.set(id, made);
    return made;
  }

  /** The labels that the settings give a host's certificate. */
  private labelsOf({ host, namespace }: CertificateRequest): Readonly<Record<string, string>> | undefined {
    const { certificates, domain } = this.settings;
    const one = certificates.hosts.find((own) => fullHost(own.host, domain) === host && own.namespace === namespace);
    return one?.labels;
  }

  private ownCertificate(host: string, namespace: string): CertificateBinding | undefined {
    const { certificates, domain, secrets } = this.settings;
    const own = certificates.hosts.find((one) => fullHost(one.host, domain) === host && one.keySecret !== undefined);
    if (own?.certificate === undefined || own.keySecret === undefined) return undefined;
    this.own ??= new OwnCertificates(this.environment, this.inside);
    const key = userSecret(secrets, own.keySecret);
    return this.own.add({ host, namespace, certificate: own.certificate, key });
  }
}
