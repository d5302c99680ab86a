import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import type { CertificateBinding } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component, keepsData } from "../kit/component.ts";
import { catalogued } from "../kit/credential.ts";
import type { Environment } from "../kit/environment.ts";
import type { Peer } from "../kit/ledger.ts";
import { monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { priorityClass } from "../kit/priority.ts";
import { parseDuration } from "../kit/quantities.ts";
import { grant } from "../kit/rights.ts";
import { secret, userSecret } from "../kit/secret.ts";
import type { UserSecrets } from "../kit/secret.ts";
import type { Trusted } from "../kit/trust.ts";
import { childName } from "../kit/names.ts";
import { shortHash } from "../kit/stable.ts";
import { certManagerPods, certManagerValues, programPods, releaseName } from "./cert-manager.ts";
import { certificateEdges } from "./connections.ts";
import type { CloudIdentity } from "../kit/cloud-identity.ts";
import { authorityKey, issuerSecretName, issuerSpec, solverSecrets, tokenAccounts } from "./issuers.ts";
import type { Issuer } from "./issuers.ts";
import { solverFor } from "../kit/solvers.ts";

/** Arguments of the component. */
export interface CertificatesArgs {
  readonly namespace: string;
  readonly replicas: number;
  readonly issuers: readonly Issuer[];
  /** The default issuer of hosts. Default: the first. */
  readonly issuer?: string;
  /** The user's secrets, by name. */
  readonly secrets: UserSecrets;
  /** CA certificates of ACME servers and DNS providers. Default: public CAs only. */
  readonly trusted?: Trusted;
  /** The controller's identity in the cloud, for DNS solvers without a key. Default: none. */
  readonly identity?: CloudIdentity;
  /** What reads metrics; undefined: nothing does, and no ServiceMonitor is made. */
  readonly serviceMonitors?: MetricsReader;
}

/** A requested certificate: for a full host name. */
export interface CertificateRequest {
  readonly host: string;
  /** Further names of the certificate. Default: none. */
  readonly aliases?: readonly string[];
  readonly namespace: string;
  readonly issuer?: string;
  /** Labels that selectors of solvers can name. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A CA that the stack makes itself, in PEM. */
interface Authority {
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;
}

/** cert-manager with its issuers: it issues and renews the certificates of hosts. */
export class Certificates extends Component {
  /** The certificates of the stack's own CAs, in PEM by issuer: browsers must trust them. */
  readonly authorities: Readonly<Record<string, pulumi.Output<string>>>;
  /** The pods that request the file of an ACME challenge before the ACME server does; undefined if no issuer uses HTTP-01. */
  readonly challenger?: Peer;
  /** cert-manager's release: what creates certificates of its own waits for it. */
  readonly installed: pulumi.Resource;
  /** The issuers, by name. */
  private readonly issuers: ReadonlyMap<string, pulumi.Resource>;
  private readonly args: CertificatesArgs;

  constructor(environment: Environment, args: CertificatesArgs, options: pulumi.ComponentResourceOptions) {
    super("certificates:Certificates", "certificates", "cert-manager", environment, options);
    this.args = args;
    const asksForFiles = args.issuers.some(
      (issuer) => issuer.kind === "acme" && issuer.solvers.some(({ kind }) => kind === "http01"),
    );
    if (asksForFiles) this.challenger = programPods("controller", args.namespace).peer;
    const release = this.release();
    this.installed = release;
    const { apiServerPorts } = environment.cluster;
    environment.ledger.edges.push(...certificateEdges(args, apiServerPorts));
    const tokens = tokenAccounts(args.issuers).flatMap((name) => this.tokenAccount(name));
    const authorities = args.issuers
      .filter((issuer) => issuer.kind === "own-ca")
      .map((issuer) => [issuer.name, this.authority(issuer)] as const);
    this.authorities = Object.fromEntries(authorities.map(([name, { certificate }]) => [name, certificate]));
    const made = new Map(authorities);
    this.issuers = new Map(
      args.issuers.map((issuer) => [issuer.name, this.issuer(issuer, made.get(issuer.name), [release, ...tokens])]),
    );
  }

  /** Requests a certificate; its Secret is named after the host. */
  certificate({
    host,
    aliases = [],
    namespace,
    issuer = this.args.issuer ?? this.args.issuers[0]?.name,
    labels,
  }: CertificateRequest): CertificateBinding {
    const made = issuer === undefined ? undefined : this.issuers.get(issuer);
    if (made === undefined) throw new RangeError(`no issuer "${issuer ?? ""}" for ${host}`);
    const name = certificateName(host);
    const resource = this.object(
      CustomResource,
      `${namespace}-${name}`,
      { name, namespace, labels },
      {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        spec: {
          dnsNames: [host, ...aliases],
          issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: issuer },
          // A new key at each renewal: the default, set explicitly so that it does not change with a version.
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
          secretName: name,
        },
      },
      { dependsOn: [made] },
    );
    for (const name of [host, ...aliases]) this.challenges(issuer, name, { namespace, labels });
    this.environment.ledger.hosts.push({ host, purpose: `certificate of ${issuer}`, tlsSecret: { namespace, name } });
    return { host, secretName: name, ready: resource };
  }

  private release(): pulumi.Resource {
    const { identity, namespace, replicas, serviceMonitors, trusted } = this.args;
    return chartRelease(
      this,
      "release",
      {
        chart: "cert-manager",
        name: releaseName,
        namespace,
        values: certManagerValues(replicas, serviceMonitors !== undefined, { trusted, identity }),
        pods: certManagerPods(replicas),
      },
      { dependsOn: [...monitorKinds(serviceMonitors), ...(trusted === undefined ? [] : [trusted.resource])] },
    );
  }

  /** HTTP-01 starts a pod in the application's namespace, from which the gateway gets the challenge. It is public, so any pod may connect. */
  private challenges(
    issuer: string | undefined,
    host: string,
    { namespace, labels }: Pick<CertificateRequest, "namespace" | "labels">,
  ): void {
    const used = this.args.issuers.find(({ name }) => name === issuer);
    if (used?.kind !== "acme" || solverFor(host, used.solvers, labels)?.kind !== "http01") return;
    const solver = { kind: "pods", namespace, labels: { "acme.cert-manager.io/http01-solver": "true" } } as const;
    this.environment.ledger.edges.push({
      from: { kind: "cluster" },
      to: solver,
      ports: [8089],
      purpose: "ACME challenge",
    });
  }

  /** A ServiceAccount without permissions, for whose tokens cert-manager may ask (its documentation, "Route53"). */
  private tokenAccount(name: string): pulumi.Resource[] {
    const { namespace } = this.args;
    const account = this.object(ServiceAccount, `account-${name}`, { name, namespace }, {});
    const role = { name: `${name}-tokens`, namespace };
    const rules = [{ apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: [name], verbs: ["create"] }];
    const binding = grant(this, `account-${name}`, role, { name: releaseName, namespace }, rules);
    return [account, binding];
  }

  private issuer(
    issuer: Issuer,
    authority: Authority | undefined,
    needed: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const { placement, images } = this.environment;
    const pods = {
      placement,
      pullSecret: images.pullSecret,
      priorityClass: priorityClass(this.environment, "platform"),
    };
    return this.object(
      CustomResource,
      `issuer-${issuer.name}`,
      { name: issuer.name },
      {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        spec: issuerSpec(issuer, pods),
      },
      { dependsOn: [...needed, ...this.issuerSecret(issuer, authority)] },
    );
  }

  private issuerSecret(issuer: Issuer, authority: Authority | undefined): pulumi.Resource[] {
    const place = { name: issuerSecretName(issuer.name), namespace: this.args.namespace };
    const role = `issuer-${issuer.name}-secret`;
    if (authority !== undefined) return [this.authoritySecret(issuer.name, authority, role, place)];
    if (issuer.kind === "company-ca") {
      const data = { "tls.crt": issuer.certificate, "tls.key": userSecret(this.args.secrets, issuer.keySecret) };
      return [secret(this, role, { ...place, type: "kubernetes.io/tls" }, data).resource];
    }
    const tokens = Object.entries(solverSecrets(issuer));
    if (tokens.length === 0) return [];
    return [
      secret(
        this,
        role,
        place,
        Object.fromEntries(tokens.map(([key, name]) => [key, userSecret(this.args.secrets, name)])),
      ).resource,
    ];
  }

  private authoritySecret(
    issuer: string,
    authority: Authority,
    role: string,
    place: { name: string; namespace: string },
  ): pulumi.Resource {
    this.environment.ledger.credentials.push({
      ...catalogued(authorityKey(issuer)),
      kind: "key",
      length: 256,
      rotation: 1,
      consumers: [releaseName],
      secrets: [{ ...place, key: "tls.key" }],
    });
    const data = { "tls.crt": authority.certificate, "tls.key": authority.key };
    return secret(this, role, { ...place, type: "kubernetes.io/tls" }, data).resource;
  }

  private authority(issuer: Issuer & { kind: "own-ca" }): Authority {
    const options = keepsData(this.environment);
    const key = this.child(
      PrivateKey,
      `issuer-${issuer.name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      options,
    );
    const certificate = this.child(
      SelfSignedCert,
      `issuer-${issuer.name}-certificate`,
      {
        privateKeyPem: pulumi.secret(key.privateKeyPem),
        isCaCertificate: true,
        setSubjectKeyId: true,
        subject: { commonName: issuer.commonName },
        validityPeriodHours: Math.ceil(parseDuration(issuer.validity) / 3600),
        allowedUses: ["cert_signing", "crl_signing"],
      },
      options,
    );
    // The certificate is public, but Pulumi marks it as secret because an input of the resource is secret.
    return { certificate: pulumi.unsecret(certificate.certPem), key: key.privateKeyPem };
  }
}

/** The name of a host's Certificate and of the Secret with it: `HOST-tls`. A wildcard is not allowed in a name, so it gets a hash. */
export function certificateName(host: string): string {
  const name = host.startsWith("*.") ? `wildcard${host.slice(1)}-${shortHash(host)}-tls` : `${host}-tls`;
  // The maximum length of the name of a Secret (Kubernetes, "Object Names and IDs").
  return name.length <= 253 ? name : childName(host, "tls", 253);
}
