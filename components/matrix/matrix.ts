import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Gateway, IdentityProvider, OidcClient } from "../kit/bindings.ts";
import { claim } from "../kit/claim.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { everyAddress, serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { fileData } from "../kit/ledger.ts";
import { childName, fullHost } from "../kit/names.ts";
import type { PodService, Pods } from "../kit/pods.ts";
import type { Bytes, Duration } from "../kit/quantities.ts";
import { parseDuration } from "../kit/quantities.ts";
import type { Resources } from "../kit/resources.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import type { StorageRole } from "../kit/storage-class.ts";
import { deployment } from "../kit/workload.ts";
import { callbackPath, matrixClient, registrationToken } from "./credentials.ts";
import { elementImage, elementSite } from "./element.ts";
import { databasePath, homeserverPort, homeservers, homeserverVariables, variableName } from "./homeservers.ts";
import type { Homeserver, HomeserverKind } from "./homeservers.ts";
import { staticSite } from "./static-site.ts";
import type { SiteFile } from "./static-site.ts";
import { wellKnown } from "./well-known.ts";

/** Arguments of the component. */
export interface MatrixArgs {
  readonly homeserver: HomeserverKind;
  readonly namespace: string;
  /** Prefix of the names of the homeserver's objects. */
  readonly name: string;
  /** What stands after the colon in user IDs. Stored data is bound to it. */
  readonly serverName: string;
  /** The host of the homeserver: `NAME` for NAME.DOMAIN, or a full host name. */
  readonly host: string;
  /** 1, or 0 for a homeserver that is stopped: its database can be opened once only. */
  readonly replicas: number;
  readonly resources: Resources;
  readonly storage: { readonly size: Bytes; readonly role: StorageRole };
  /** The largest request in bytes, which limits uploads. */
  readonly maxRequestSize: number;
  /** Whether users can register with the token. */
  readonly registration: boolean;
  /** Default: no connections to other servers. */
  readonly federation?: { readonly trustedServers: readonly string[] };
  /** What answers below /.well-known/matrix/ at the server name, if that is another host. */
  readonly delegation: "homeserver" | "static" | "none";
  /** Files that are served at the server name. Default: none. */
  readonly site: readonly SiteFile[];
  /** The host of Element Web. Default: none. */
  readonly element?: string;
  /** Servers that relay calls, and the secret that they share with the homeserver. */
  readonly turn?: { readonly uris: readonly string[]; readonly secret: pulumi.Input<string>; readonly ttl: Duration };
  /** Additional fields of the homeserver's configuration. */
  readonly options: Readonly<Record<string, string>>;
  readonly gateway: Gateway;
  /** The identity provider for users. Default: passwords of the homeserver's own. */
  readonly identity?: IdentityProvider;
}

/** The role of the pods. */
const role = "homeserver";

/** The port of the Service: that of federation, which is not required behind a gateway. */
const servicePort = 8448;

/** Ports of other servers: HTTPS, and the default of federation (Matrix specification, "Server-Server API", 2.1). */
const federationPorts = [443, 8448];

/** The user of the processes, for which neither image has an entry. */
const account = 1000;

/** Matrix: a homeserver, its delegation, and optionally a site at the server name and Element Web. */
export class Matrix extends Component {
  /** The labels of its pods, for policies of other components. */
  static readonly labels = { "app.kubernetes.io/component": role, "app.kubernetes.io/name": "matrix" };

  /** The claim of the homeserver's database and media. */
  static claim(name: string): string {
    return `${name}-pv-claim`;
  }

  private readonly args: MatrixArgs;
  private readonly kind: Homeserver;
  private readonly pod: Pods<"homeserver">;
  private readonly host: string;

  constructor(environment: Environment, args: MatrixArgs, options: pulumi.ComponentResourceOptions) {
    super("matrix:Matrix", "matrix", "matrix", environment, options);
    this.args = args;
    this.kind = homeservers[args.homeserver];
    this.host = fullHost(args.host, environment.domain);
    this.pod = this.pods(role, args.namespace, { homeserver: homeserverPort });
    const client = this.client();
    this.install(this.configuration(client), this.secrets(client), client === undefined ? [] : [client.ready]);
    const service = this.service();
    this.expose(service);
    this.site(service);
    this.element();
    this.facts();
  }

  private client(): OidcClient | undefined {
    const { identity, namespace } = this.args;
    return identity?.client({
      ...matrixClient,
      consumer: { namespace, labels: this.pod.labels },
      redirectUris: [`https://${this.host}${callbackPath}`],
    });
  }

  private configuration(client: OidcClient | undefined): Keyed {
    const { federation, homeserver, maxRequestSize, name, namespace, options, registration, serverName, turn } =
      this.args;
    const variables = homeserverVariables(homeserver, {
      serverName,
      host: this.host,
      address: everyAddress(this.environment),
      maxRequestSize,
      registration,
      trustedServers: federation?.trustedServers,
      turn: turn && { uris: turn.uris, seconds: parseDuration(turn.ttl) },
      provider: client && this.provider(client),
      options,
    });
    const place = { name: `${name}-config`, namespace, labels: { app: name } };
    return configMap(this, "configuration", place, variables, outlives(this.environment));
  }

  /** The identity provider as tuwunel finds it: browsers use the public host, the homeserver the address in the cluster. */
  private provider({ clientId, inCluster, issuer }: OidcClient): Record<string, string> {
    return {
      brand: "keycloak",
      callback_url: `https://${this.host}${callbackPath}`,
      client_id: clientId,
      discovery_url: inCluster.discoveryUrl,
      issuer_url: issuer,
      name: "Keycloak",
      token_url: inCluster.tokenUrl,
      userinfo_url: inCluster.userInfoUrl,
    };
  }

  /** The Secret of the homeserver, and the variables that are read from it. */
  private secrets(client: OidcClient | undefined): Record<string, SecretKey> {
    const { homeserver, name, namespace, registration, turn } = this.args;
    const token = registration ? new Credential(this, "registration", registrationToken) : undefined;
    const variable = (field: string) => variableName(homeserver, field);
    const data: Record<string, pulumi.Input<string>> = {
      ...(token && { [variable("registration_token")]: token.value }),
      ...(turn && { [variable("turn_secret")]: turn.secret }),
    };
    const given: Record<string, SecretKey> =
      client?.clientSecret === undefined
        ? {}
        : { [variable("identity_provider.0.client_secret")]: client.clientSecret };
    if (Object.keys(data).length === 0) return given;
    const kept = secret(this, "secret", { name: `${name}-secret`, namespace }, data, outlives(this.environment));
    token?.storedIn(kept, variable("registration_token"), "matrix");
    return { ...given, ...Object.fromEntries(Object.keys(data).map((key) => [key, { secret: kept, key }])) };
  }

  private install(configuration: Keyed, env: Record<string, SecretKey>, ready: readonly pulumi.Resource[]): void {
    const { name, namespace, replicas, resources, storage } = this.args;
    const labels = { app: name };
    const data = claim(this, "claim", { ...storage, name: Matrix.claim(name), namespace, labels });
    const versions = { http: "/_matrix/client/versions", port: portName(name) };
    deployment(
      this,
      role,
      {
        name: this.workload(),
        namespace,
        labels,
        replicas,
        // The database has a lock: a second pod would not start while the first one runs.
        recreate: true,
        claims: [data.entry],
        pod: {
          priority: "applications",
          runAs: { user: account, group: account },
          volumes: { rocksdb: { claim: Matrix.claim(name) } },
          containers: [
            {
              name,
              image: this.kind.image,
              envFrom: [configuration],
              env,
              mounts: { [databasePath]: { volume: "rocksdb" } },
              ports: { [portName(name)]: homeserverPort },
              probes: {
                // A migration of the database at the start can take long.
                startup: { check: versions, periodSeconds: 5, failureThreshold: 360 },
                readiness: { check: versions, timeoutSeconds: 5 },
                liveness: { check: versions, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
              },
              resources,
            },
          ],
          terminationGracePeriodSeconds: 60,
        },
      },
      { dependsOn: [data.resource, ...ready] },
    );
  }

  private service(): PodService {
    const { name, namespace } = this.args;
    const service = `${name}-service`;
    const ports = [{ name: portName(name), port: servicePort, targetPort: portName(name) }];
    this.object(
      Service,
      "service",
      { name: service, namespace, labels: { app: name } },
      { spec: { ports, selector: this.pod.labels } },
    );
    return this.pod.behind(service, "homeserver", servicePort);
  }

  private expose(service: PodService): void {
    const { gateway, maxRequestSize, name, namespace, registration } = this.args;
    gateway.expose({
      host: this.args.host,
      purpose: "Matrix: the homeserver, for clients and other servers",
      service,
      maxBodySize: `${Math.ceil(maxRequestSize / 1024)}Ki`,
      streams: true,
      timeout: "5m",
      access: {
        who: "users of the homeserver; the first one is its administrator",
        credential: registration
          ? `kubectl get secret ${name}-secret -n ${namespace} -o jsonpath='{.data.${variableName(this.args.homeserver, "registration_token")}}' | base64 -d`
          : undefined,
      },
    });
  }

  /** What answers at the server name, if that is another host: the delegation, and the site. */
  private site(homeserver: PodService): void {
    const { delegation, federation, gateway, namespace, serverName, site: files } = this.args;
    // The homeserver answers all paths of its own host.
    if (serverName === this.host) return;
    const isStatic = delegation === "static";
    const { client, server } = wellKnown({ host: this.host, federates: federation !== undefined });
    const answers = {
      ...(isStatic && { "/.well-known/matrix/client": client }),
      ...(isStatic && server && { "/.well-known/matrix/server": server }),
    };
    const purpose = `Matrix: where the homeserver of ${serverName} is`;
    if (delegation === "homeserver")
      gateway.expose({ host: serverName, paths: [wellKnownPath], purpose, service: homeserver });
    if (!isStatic && files.length === 0) return;
    const service = staticSite(this, "welcome", {
      name: "welcome",
      namespace,
      service: "welcome-service",
      site: { files, answers },
    });
    gateway.expose({
      host: serverName,
      paths: [files.length === 0 ? wellKnownPath : "/"],
      purpose: files.length === 0 ? purpose : `the site of ${serverName}`,
      service,
      access: { who: "anyone" },
    });
  }

  private element(): void {
    const { element: host, gateway, namespace, serverName } = this.args;
    if (host === undefined) return;
    const site = elementSite({ host: this.host, serverName });
    const args = { name: "element", namespace, service: "element", image: elementImage, site };
    const service = staticSite(this, "element", args);
    gateway.expose({
      host,
      purpose: "Element: the Matrix client",
      service,
      access: { who: "users of the homeserver" },
    });
  }

  private facts(): void {
    const { federation, namespace, storage } = this.args;
    const { ledger } = this.environment;
    ledger.data.push(
      fileData({
        namespace,
        claim: Matrix.claim(this.args.name),
        storage,
        account: { user: account, group: account },
        consumer: this.pod.labels,
        // RocksDB writes several files that belong together (Conduit, "FAQ", "How do I backup my server?").
        stops: { kind: "Deployment", name: this.workload() },
      }),
    );
    if (federation !== undefined)
      ledger.edges.push({
        from: this.pod.peer,
        to: { kind: "outside" },
        ports: federationPorts,
        purpose: "federation with other Matrix servers",
      });
    ledger.services.push({
      name: "matrix",
      address: `http://${serviceHost(this.environment, `${this.args.name}-service`, namespace)}:${servicePort}`,
      purpose: `Matrix, the homeserver of ${this.args.serverName}`,
    });
    ledger.accepted.push({
      check: "GP050",
      object: `Deployment ${namespace}/${this.workload()}`,
      reason: "one process only can open the homeserver's database",
    });
  }

  private workload(): string {
    return `${this.args.name}-deploy`;
  }
}

const wellKnownPath = "/.well-known/matrix";

/** The name of the port, which has 15 characters at most (RFC 6335, section 5.1). */
function portName(name: string): string {
  return childName(name, "port", 15);
}
