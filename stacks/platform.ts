import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { Certificates } from "../components/certificates/certificates.ts";
import { OwnCertificates } from "../components/certificates/own-certificates.ts";
import { Gateway } from "../components/gateway/gateway.ts";
import type {
  CertificateBinding,
  DatabaseBinding,
  IdentityProvider,
  Login,
  OidcClient,
} from "../components/kit/bindings.ts";
import type { Environment } from "../components/kit/environment.ts";
import { Ledger } from "../components/kit/ledger.ts";
import { searchBucket } from "../components/logging/credentials.ts";
import { Logging } from "../components/logging/logging.ts";
import { searchLabels } from "../components/logging/opensearch.ts";
import { grafanaDatabase, thanosBucket } from "../components/monitoring/credentials.ts";
import { MidPoint } from "../components/midpoint/midpoint.ts";
import { internalHost, Keycloak, keycloakPods } from "../components/keycloak/keycloak.ts";
import { MonitoringDefinitions } from "../components/monitoring/definitions.ts";
import { grafanaLabels } from "../components/monitoring/grafana.ts";
import { Monitoring } from "../components/monitoring/monitoring.ts";
import { bucketPods } from "../components/monitoring/thanos.ts";
import { Namespaces } from "../components/namespaces/namespaces.ts";
import { Network } from "../components/namespaces/network.ts";
import { Postgres } from "../components/postgres/postgres.ts";
import { Buckets } from "../components/storage/bucket.ts";
import { Storage } from "../components/storage/storage.ts";
import {
  certificatesNamespace,
  fullHost,
  hostsOf,
  loggingNamespace,
  loginClient,
  loginMethod,
  midpointDatabase,
  bucketsNamespace,
  monitoringNamespace,
  monitoredParts,
  namespacesOf,
  nodesNamespace,
  rotationNumbers,
  takesSnapshots,
} from "./settings/derive.ts";
import type { Settings } from "./settings/load.ts";
import { loggingArgs } from "./logging.ts";

type HostLogin = NonNullable<Settings["gateway"]["hosts"][number]["login"]>;

/** The name of the Secret that pulls images, in every namespace. */
const pullSecret = "registry";

/** The platform of one stack: every component in order, and what one offers handed to the next. */
export class Platform extends pulumi.ComponentResource {
  readonly ledger = new Ledger();
  readonly certificates?: Certificates;
  readonly postgres?: Postgres;
  readonly gateway?: Gateway;
  readonly buckets?: Buckets;
  readonly logging?: Logging;
  readonly monitoring?: Monitoring;
  readonly midpoint?: MidPoint;
  private readonly certified = new Map<string, CertificateBinding>();
  private ownCertificates?: OwnCertificates;
  readonly keycloak?: Keycloak;
  private readonly settings: Settings;
  private readonly environment: Environment;

  constructor(settings: Settings) {
    super("groundplan:platform:Platform", "platform", {}, { providers: { kubernetes: kubernetesProvider(settings) } });
    this.settings = settings;
    const made = new Map<string, pulumi.Resource>();
    this.environment = this.makeEnvironment(made);
    const inside = { parent: this };
    const login = this.registryLogin();
    new Namespaces(this.environment, namespacesOf(settings), login, made, inside);
    const storage = new Storage(this.environment, settings.storage, inside);

    const { certificates, monitoring, postgresql } = settings;
    const definitions = monitoring.serviceMonitors
      ? new MonitoringDefinitions(this.environment, monitoringNamespace, inside)
      : undefined;
    const serviceMonitors = definitions?.release;
    if (certificates.enabled) {
      const args = { ...certificates, namespace: certificatesNamespace, secrets: settings.secrets, serviceMonitors };
      this.certificates = new Certificates(this.environment, args, inside);
    }
    if (postgresql.enabled) {
      this.postgres = new Postgres(
        this.environment,
        { ...postgresql, external: this.externalServer(), serviceMonitors },
        // A claim that is made before the volume that is kept for it gets a new, empty one.
        { ...inside, dependsOn: [storage] },
      );
    }
    if (settings.gateway.enabled) this.gateway = this.makeGateway(serviceMonitors, inside);
    this.keycloak = this.makeKeycloak(serviceMonitors, inside);
    if (settings.buckets.kind !== "none") this.buckets = this.makeBuckets(inside);
    if (settings.logging.enabled)
      this.logging = new Logging(
        this.environment,
        loggingArgs(settings, serviceMonitors, {
          gateway: this.gateway,
          identity: this.identity,
          bucket: takesSnapshots(settings)
            ? this.buckets?.bucket({
                name: searchBucket,
                consumer: { namespace: loggingNamespace, pods: [searchLabels] },
              })
            : undefined,
        }),
        // As for PostgreSQL: volumes that are kept come before the claims.
        { ...inside, dependsOn: [storage] },
      );
    if (definitions !== undefined) this.monitoring = this.makeMonitoring(definitions, inside);
    this.consumers(inside);
    this.midpoint = this.makeMidPoint(inside);

    // Seal: what needs the whole picture.
    this.keycloak?.seal();
    this.postgres?.seal();
    new Network(this.environment, settings.cluster.apiServerCidrs, inside);
  }

  private makeBuckets(inside: pulumi.ComponentResourceOptions): Buckets {
    const {
      accessKeyId,
      cidrs,
      endpoint,
      kind,
      pathStyle,
      prefix = "",
      region,
      secretAccessKeySecret,
      storage,
    } = this.settings.buckets;
    if (kind !== "s3")
      return new Buckets(this.environment, { kind: "embedded", namespace: bucketsNamespace, storage }, inside);
    if (endpoint === undefined || accessKeyId === undefined || secretAccessKeySecret === undefined)
      throw new TypeError("an object store that exists has an address and a key");
    const secretAccessKey = this.userSecret(secretAccessKeySecret);
    return new Buckets(
      this.environment,
      { kind, endpoint, region, pathStyle, prefix, accessKeyId, secretAccessKey, cidrs },
      inside,
    );
  }

  private makeMonitoring(
    definitions: MonitoringDefinitions,
    inside: pulumi.ComponentResourceOptions,
  ): Monitoring | undefined {
    const { cluster, monitoring, secrets } = this.settings;
    if (!monitoring.enabled || this.postgres === undefined) return undefined;
    const database = this.postgres.database({
      name: grafanaDatabase,
      consumer: { namespace: monitoringNamespace, labels: grafanaLabels },
    });
    return new Monitoring(
      this.environment,
      {
        ...monitoring,
        thanos: monitoring.thanos.enabled ? monitoring.thanos : undefined,
        bucket: monitoring.thanos.enabled
          ? this.buckets?.bucket({
              name: thanosBucket,
              consumer: { namespace: monitoringNamespace, pods: bucketPods },
            })
          : undefined,
        nodeCidrs: cluster.nodeCidrs,
        namespace: monitoringNamespace,
        nodesNamespace,
        hosts: {
          prometheus: monitoring.prometheus.host,
          alertmanager: monitoring.alertmanager.host,
          grafana: monitoring.grafana.host,
        },
        parts: monitoredParts(this.settings),
        secrets,
        definitions: definitions.release,
        database,
        logs: this.logging?.logs,
        gateway: this.gateway,
        identityProvider: this.identity,
      },
      inside,
    );
  }

  /** Who logs people in, for the components that ask for clients; undefined where the stack has no Keycloak. */
  private get identity(): IdentityProvider | undefined {
    return this.keycloak;
  }

  private makeKeycloak(
    serviceMonitors: pulumi.Resource | undefined,
    inside: pulumi.ComponentResourceOptions,
  ): Keycloak | undefined {
    const { domain, keycloak, secrets } = this.settings;
    const { namespace, https } = keycloak;
    if (!keycloak.enabled || this.postgres === undefined) return undefined;
    const { database: name, driftRepair, ...rest } = keycloak;
    return new Keycloak(
      this.environment,
      {
        ...rest,
        fullHost: fullHost(keycloak.host, domain),
        database: this.postgres.database({ name, consumer: { namespace, labels: keycloakPods } }),
        certificate:
          https && this.certificates?.certificate({ host: internalHost(namespace), namespace, issuer: https.issuer }),
        gateway: this.gateway,
        driftRepair,
        secrets,
        serviceMonitors,
      },
      inside,
    );
  }

  private makeGateway(serviceMonitors: pulumi.Resource | undefined, inside: pulumi.ComponentResourceOptions): Gateway {
    const { gateway } = this.settings;
    const { kind, login, service } = gateway;
    return new Gateway(
      this.environment,
      {
        kind,
        installation: {
          ...gateway,
          service: { ...service, nodePorts: { http: service.httpNodePort, https: service.httpsNodePort } },
          serviceMonitor: serviceMonitors !== undefined,
        },
        // Labels of its chart and of its own manifests alike (kubernetes/ingress-nginx).
        controller: { namespace: gateway.controllerNamespace, labels: { "app.kubernetes.io/name": "ingress-nginx" } },
        ingressClass: gateway.ingressClass ?? kind,
        hsts: gateway.hsts,
        login: { method: loginMethod(this.settings), replicas: login.replicas },
        pluginImage: login.pluginImage,
        dashboardHost: gateway.dashboardHost,
        defaultHost: gateway.defaultHost,
        certificate: (request) => this.certificate(request, inside),
        database: (request) => this.database(request),
        challenger: this.certificates?.challenger,
        serviceMonitors,
      },
      inside,
    );
  }

  /** Applications of the user's own: databases, certificates, hosts and clients that the settings ask for. */
  private consumers(inside: pulumi.ComponentResourceOptions): void {
    const { certificates, domain, gateway, keycloak, postgresql } = this.settings;
    for (const { name, namespace, extensions, locale } of postgresql.databases)
      this.database({ name, consumer: { namespace }, extensions, locale });
    for (const { host, namespace, issuer } of certificates.hosts)
      this.certificate({ host: fullHost(host, domain), namespace, issuer }, inside);
    const declared = new Map<string, OidcClient>();
    for (const { namespace = keycloak.namespace, ...client } of keycloak.clients) {
      const hosts = hostsOf(client.name, this.settings).map((host) => this.gateway?.loginRedirectUri(host) ?? []);
      const redirectUris = [...new Set([...client.redirectUris, ...hosts.flat()])];
      const made = this.identity?.client({ ...client, redirectUris, consumer: { namespace } });
      if (made !== undefined) declared.set(client.name, made);
    }
    for (const { namespace, service, port, targetPort, labels, login, ...rest } of gateway.hosts)
      this.gateway?.expose({
        ...rest,
        service: { name: service, namespace, port, targetPort: targetPort ?? port, labels },
        ...(login && { login: this.hostLogin(rest.host, namespace, login, declared) }),
      });
    if (this.identity !== undefined) this.gateway?.dashboard(this.identity);
  }

  /** The login in front of an application of the user's own, with a client of the settings or one of its own. */
  private hostLogin(
    host: string,
    namespace: string,
    login: HostLogin,
    declared: ReadonlyMap<string, OidcClient>,
  ): Login {
    if (this.identity === undefined || this.gateway === undefined) throw new RangeError(`nobody logs in at ${host}`);
    const { groups, realmRoles, apiPaths, claims, removeAuthorization } = login;
    const name = loginClient(host, login);
    const client =
      declared.get(name) ??
      this.identity.client({
        name,
        consumer: { namespace },
        redirectUris: [this.gateway.loginRedirectUri(host)],
        realmRoles,
      });
    return { client, apiPaths, claims, removeAuthorization, ...(groups.length > 0 && { groups }) };
  }

  private database(request: Parameters<Postgres["database"]>[0]): DatabaseBinding {
    if (this.postgres === undefined) throw new RangeError(`no PostgreSQL for the database ${request.name}`);
    return this.postgres.database(request);
  }

  /** The certificate of a host in a namespace, which several may ask for: the user's own, or an issuer's. */
  private certificate(
    request: { readonly host: string; readonly namespace: string; readonly issuer?: string },
    inside: pulumi.ComponentResourceOptions,
  ): CertificateBinding {
    const { host, namespace } = request;
    const id = `${namespace}/${host}`;
    const made =
      this.certified.get(id) ?? this.ownCertificate(host, namespace, inside) ?? this.certificates?.certificate(request);
    if (made === undefined) throw new RangeError(`nobody gives ${host} a certificate`);
    this.certified.set(id, made);
    return made;
  }

  private ownCertificate(
    host: string,
    namespace: string,
    inside: pulumi.ComponentResourceOptions,
  ): CertificateBinding | undefined {
    const { certificates, domain } = this.settings;
    const own = certificates.hosts.find((one) => fullHost(one.host, domain) === host && one.keySecret !== undefined);
    if (own?.certificate === undefined || own.keySecret === undefined) return undefined;
    this.ownCertificates ??= new OwnCertificates(this.environment, inside);
    return this.ownCertificates.add({
      host,
      namespace,
      certificate: own.certificate,
      key: this.userSecret(own.keySecret),
    });
  }

  private makeMidPoint(inside: pulumi.ComponentResourceOptions): MidPoint | undefined {
    const { midpoint } = this.settings;
    const { files, keystore, locale, namespace, nodeIdSource, resources, sharedFolder } = midpoint;
    if (!midpoint.enabled || this.postgres === undefined) return undefined;
    const consumer = { namespace, labels: MidPoint.labels };
    const database = this.postgres.database({
      name: midpointDatabase,
      consumer,
      extensions: MidPoint.extensions,
      locale,
    });
    const own: Record<string, pulumi.Input<string>> = midpoint.trustOwnAuthorities
      ? (this.certificates?.authorities ?? {})
      : {};
    const trusted = { ...own };
    for (const { name, certificate, certificateSecret = "" } of midpoint.trust)
      trusted[name] = certificate ?? this.userSecret(certificateSecret);
    const kept = sharedFolder === undefined ? "claim" : "shared";
    const { exports = kept, connectors = kept, logs = kept } = files;
    const { cpu, memory, memoryLimit } = resources;
    const args = {
      ...midpoint,
      keystore: { source: keystore.source, firstKeyBits: Number(keystore.firstKey.slice("AES-".length)) },
      nodeIdSource: nodeIdSource === "none" ? undefined : nodeIdSource,
      trusted,
      database,
      gateway: this.gateway,
      identity: midpoint.login === "platform" ? this.identity : undefined,
      shared: sharedFolder,
      files: { connectors, exports, logs },
      resources: { requests: { cpu, memory }, limits: { memory: memoryLimit } },
      objects: this.settings.midpointObjects,
    };
    return new MidPoint(this.environment, args, inside);
  }

  private makeEnvironment(namespaces: Map<string, pulumi.Resource>): Environment {
    const { settings } = this;
    const { mirror } = settings.images;
    // Kept as state, so that checksums of secrets change only when the secrets do.
    const checksumKey = new RandomPassword("platform-checksum-key", { length: 32, special: false }, { parent: this });
    return {
      stack: settings.stack,
      production: settings.profile === "prod",
      domain: settings.domain,
      placement: settings.placement,
      images: {
        ...(mirror === undefined ? {} : { mirror }),
        ...(settings.images.pullSecret === undefined ? {} : { pullSecret }),
      },
      storageClass: (role) => settings.storage.roles[role],
      charts: settings.chartSource,
      rotation: rotationNumbers(settings),
      checksumKey: pulumi.secret(checksumKey.result),
      namespaces,
      ledger: this.ledger,
    };
  }

  private registryLogin() {
    const login = this.settings.images.pullSecret;
    if (login === undefined) return undefined;
    return { registry: login.registry, username: login.username, password: this.userSecret(login.passwordSecret) };
  }

  private externalServer() {
    const { external } = this.settings.postgresql;
    return external === undefined ? undefined : { ...external, password: this.userSecret(external.passwordSecret) };
  }

  private userSecret(name: string): pulumi.Output<string> {
    const value = this.settings.secrets[name];
    if (value === undefined) throw new RangeError(`no secret "${name}" in the configuration`);
    return value;
  }
}

/**
 * The one way to the cluster: it names its context, so that nothing reaches the cluster that happens to be selected.
 * Secrets and ConfigMaps with fixed names are updated in place instead of being deleted first.
 */
function kubernetesProvider({ cluster, stack }: Settings): Provider {
  const { context, kubeconfig } = cluster;
  return new Provider("kubernetes", {
    // Without it another address of the same API server, such as a tunnel's, would delete and remake every object.
    clusterIdentifier: stack,
    context,
    // Left out, it would become the text of KUBECONFIG: kept in the state, and read as one file even where it lists several.
    kubeconfig: kubeconfig ?? "",
    enableConfigMapMutable: true,
    enableSecretMutable: true,
    enableServerSideApply: true,
  });
}
