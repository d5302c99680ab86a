import type * as pulumi from "@pulumi/pulumi";
import type {
  CertificateBinding,
  DatabaseBinding,
  Gateway,
  IdentityProvider,
  OidcClient,
  OidcClientRequest,
} from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost, unusualDomain } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { Access } from "../kit/ledger.ts";
import { metricsEdges, monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import type { Pods } from "../kit/pods.ts";
import { secret, userSecret } from "../kit/secret.ts";
import type { SecretKey, UserSecrets } from "../kit/secret.ts";
import { compare } from "../kit/stable.ts";
import type { Trusted } from "../kit/trust.ts";
import { clientRole, hasSecret } from "./clients.ts";
import { clientCredential, serverCredentials, userCredential } from "./credentials.ts";
import { endpoints } from "./endpoints.ts";
import {
  keycloakxPods,
  keycloakxValues,
  podLabels,
  ports,
  releaseName,
  serverPods,
  serviceName,
  servicePorts,
} from "./keycloakx.ts";
import type { ServerNeeds, ServerShape } from "./keycloakx.ts";
import { outwardEdges } from "./outward.ts";
import { realmDocument } from "./realm.ts";
import type { RealmShape } from "./realm.ts";
import { Realm, realmRole, repairRole } from "./realm-job.ts";
import { documentText, placeholderValue, secretVariable } from "./representation.ts";

/** Arguments of the component. */
export interface KeycloakArgs extends Omit<ServerShape, "serviceMonitor"> {
  /** The host as the gateway takes it, and its full name. */
  readonly host: string;
  readonly fullHost: string;
  readonly database: DatabaseBinding;
  readonly realm: RealmShape;
  readonly keepManual: boolean;
  readonly driftRepair?: string;
  /** A certificate for {@link internalHost}. Default: plain HTTP inside the cluster. */
  readonly certificate?: CertificateBinding;
  /** The gateway that exposes the host. Default: the host is not exposed. */
  readonly gateway?: Gateway;
  /** CA certificates of directories, mail servers and identity providers. Default: public CAs only. */
  readonly trusted?: Trusted;
  /** The user's secrets, by name. */
  readonly secrets: UserSecrets;
  /** What reads metrics. Default: nothing, and no ServiceMonitor is created. */
  readonly serviceMonitors?: MetricsReader;
}

/** The secret of a client: its Secret, its value, and the credential if it is generated. */
interface ClientSecret {
  readonly key: SecretKey;
  readonly value: pulumi.Output<string>;
  readonly credential?: Credential;
}

/** The first administrator's name. */
const administratorName = "admin";

/** The client of the realm `master` that the realm's Job uses to log in. */
const automationId = "groundplan";

/** The host name of Keycloak inside the cluster. */
export function internalHost(namespace: string, environment: Pick<Environment, "cluster">): string {
  return serviceHost(environment, serviceName, namespace);
}

/** The labels of Keycloak's pods, for the policy of its database. */
export const keycloakPods = podLabels;

/** Keycloak: one realm for all users, built from the settings and from the clients that components request. */
export class Keycloak extends Component implements IdentityProvider {
  /** The first administrator of the realm `master`. */
  readonly administrator: { readonly username: string; readonly password: pulumi.Output<string> };
  /** The first passwords of the realm's first users, by name. */
  readonly firstPasswords: Readonly<Record<string, pulumi.Output<string>>>;
  private readonly args: KeycloakArgs;
  private readonly release: pulumi.Resource;
  private readonly realm: Realm;
  private readonly servers: Pods<"http" | "https" | "management">;
  private readonly clients = new Map<string, { request: OidcClientRequest; secret?: ClientSecret }>();
  private readonly users: { name: string; credential: Credential }[];

  constructor(environment: Environment, args: KeycloakArgs, options: pulumi.ComponentResourceOptions) {
    super("keycloak:Keycloak", "keycloak", "keycloak", environment, options);
    this.args = args;
    this.servers = serverPods(args.namespace);
    const administrator = new Credential(this, "admin", serverCredentials.administrator);
    const automation = new Credential(this, "automation", serverCredentials.automation);
    this.administrator = { username: administratorName, password: administrator.value };
    const keys = this.administratorSecret(administrator, automation);
    this.release = this.install(keys);
    this.realm = new Realm(
      environment,
      {
        namespace: args.namespace,
        url: this.internalUrl(),
        clientId: automationId,
        clientSecret: keys.automation,
        keepManual: args.keepManual,
        repairSchedule: args.driftRepair,
      },
      { parent: this },
    );
    this.connections();
    this.users = args.realm.users.map(({ username }) => ({
      name: username,
      credential: new Credential(this, `user-${username}`, userCredential(username)),
    }));
    this.firstPasswords = Object.fromEntries(this.users.map(({ name, credential }) => [name, credential.value]));
    this.expose();
  }

  /**
   * Creates a client of the realm for a consumer: a secret in its namespace, an entry in the realm, and the endpoints.
   * @throws RangeError if two consumers request the same name
   */
  client(request: OidcClientRequest): OidcClient {
    const { name, consumer } = request;
    if (this.clients.has(name)) throw new RangeError(`two ask for the client ${name} of the realm`);
    const binding = hasSecret(request) ? this.clientSecret(request) : undefined;
    this.clients.set(name, { request, secret: binding });
    this.environment.ledger.edges.push({
      from: { kind: "pods", ...consumer },
      to: this.servers.peer,
      ports: this.programPorts(),
      purpose: `client ${name} asks Keycloak`,
    });
    const { realm, fullHost } = this.args;
    const { inCluster, ...urls } = endpoints(`https://${fullHost}`, this.internalUrl(), realm.name);
    return {
      clientId: name,
      clientSecret: binding?.key,
      clientSecretValue: binding?.value,
      realm: realm.name,
      ...urls,
      inCluster: { ...inCluster, server: { peer: this.servers.peer, port: this.servers.port("http") } },
      role: request.everyone === true ? undefined : clientRole(name),
      groupsClaim: realm.groupsClaim,
      ready: this.realm,
    };
  }

  /** Applies the realm, when all clients are known. */
  seal(): void {
    const { args } = this;
    const clients = [...this.clients.values()].sort((a, b) => compare(a.request.name, b.request.name));
    const credentials = [
      ...clients.flatMap(({ request, secret: { credential } = {} }) =>
        credential === undefined ? [] : [{ variable: secretVariable("client", request.name), credential }],
      ),
      ...this.users.map(({ name, credential }) => ({ variable: secretVariable("user", name), credential })),
    ];
    const generated = credentials.map(({ variable, credential }) => [variable, credential.value] as const);
    const requests = clients.map(({ request }) => request);
    const values = this.realm.apply(
      {
        document: documentText(realmDocument(args.realm, requests)),
        secrets: { ...Object.fromEntries(generated), ...this.usersSecrets() },
        rotations: Object.fromEntries(credentials.map(({ variable, credential }) => [variable, credential.rotation])),
      },
      [this.release],
    );
    for (const { variable, credential } of credentials) credential.storedIn(values, variable, "keycloak");
  }

  private administratorSecret(administrator: Credential, automation: Credential) {
    const made = secret(
      this,
      "admin-secret",
      { name: `${releaseName}-admin`, namespace: this.args.namespace },
      { username: administratorName, password: administrator.value, "client-secret": automation.value },
    );
    administrator.storedIn(made, "password", "keycloak");
    automation.storedIn(made, "client-secret", "keycloak");
    return { administrator: { secret: made, key: "password" }, automation: { secret: made, key: "client-secret" } };
  }

  private install(keys: { administrator: SecretKey; automation: SecretKey }): pulumi.Resource {
    const { args } = this;
    const { connections, existingDatabase, namespace, replicas, resources, serviceMonitors, serviceType } = args;
    const serviceMonitor = serviceMonitors !== undefined;
    const size = { namespace, replicas, connections, resources };
    const shape: ServerShape = { ...size, existingDatabase, serviceMonitor, serviceType };
    const needs: ServerNeeds = {
      publicUrl: `https://${args.fullHost}`,
      database: args.database,
      administrator: { username: administratorName, password: keys.administrator },
      automation: { clientId: automationId, secret: keys.automation },
      certificate: args.certificate?.secretName,
      trusted: args.trusted,
      clusterDomain: unusualDomain(this.environment),
    };
    return chartRelease(
      this,
      "release",
      {
        chart: "keycloakx",
        name: releaseName,
        namespace: args.namespace,
        values: keycloakxValues(shape, needs),
        pods: keycloakxPods(shape),
      },
      {
        dependsOn: [
          args.database.ready,
          args.database.password.secret.resource,
          keys.administrator.secret.resource,
          ...(args.certificate === undefined ? [] : [args.certificate.ready]),
          ...(args.trusted === undefined ? [] : [args.trusted.resource]),
          ...monitorKinds(serviceMonitors),
        ],
      },
    );
  }

  private connections(): void {
    const { ledger } = this.environment;
    const { args, realm } = this;
    const { peer } = this.servers;
    const http = [this.servers.port("http")];
    const jobs = (role: string) => realm.pods(role, args.namespace).peer;
    ledger.edges.push(
      { from: peer, to: peer, ports: ports.cluster, purpose: "the servers' shared sessions" },
      { from: jobs(realmRole), to: peer, ports: http, purpose: "applies the realm" },
      ...(args.driftRepair === undefined
        ? []
        : [{ from: jobs(repairRole), to: peer, ports: http, purpose: "repairs the realm" }]),
      ...metricsEdges(args.serviceMonitors, peer, [this.servers.port("management")]),
      ...outwardEdges(args.realm, peer),
    );
    const { database, host } = args.database;
    const { connections, replicas } = args;
    if (typeof host === "string") ledger.pools.push({ consumer: "keycloak", database, host, connections, replicas });
    ledger.services.push({
      name: "keycloak",
      address: this.internalUrl(),
      purpose: `Keycloak, for programs in the cluster; tokens name https://${args.fullHost}${this.byHand()}`,
    });
  }

  /** How users connect if neither a gateway nor the Service has an address for them. */
  private byHand(): string {
    const { certificate, fullHost, gateway, namespace, serviceType } = this.args;
    if (gateway !== undefined || serviceType === "LoadBalancer") return "";
    if (certificate === undefined) return "; browsers need a gateway, or keycloak.https";
    const forward = `kubectl --namespace ${namespace} port-forward service/${serviceName} ${servicePorts.https}`;
    return `; browsers: ${forward}, with ${fullHost} at 127.0.0.1 in the file of hosts`;
  }

  private expose(): void {
    const { args } = this;
    const purpose = `Keycloak: logins of the realm ${args.realm.name}, and its console`;
    const access = {
      who: `anyone, to log in; the console: users of the realm master`,
      credential: "npx pulumi stack output administrators --show-secrets",
    };
    const service = this.servers.behind(serviceName, "http", servicePorts.http);
    args.gateway?.expose({ host: args.host, purpose, service, access });
    if (args.serviceType === "LoadBalancer") this.open(purpose, access);
  }

  /** The Service's own address outside the cluster. */
  private open(purpose: string, access: Access): void {
    const { certificate, fullHost: host, gateway, namespace } = this.args;
    const { edges, hosts } = this.environment.ledger;
    edges.push({
      from: { kind: "outside" },
      to: this.servers.peer,
      ports: [this.servers.port("https")],
      purpose: "users, at the Service's own address",
    });
    if (gateway !== undefined || certificate === undefined) return;
    hosts.push({ host, purpose, access, tlsSecret: { namespace, name: certificate.secretName } });
  }

  /** The client's secret: the user's, or a generated one. */
  private clientSecret({ name, consumer, clientSecretSecret }: OidcClientRequest): ClientSecret {
    const credential =
      clientSecretSecret === undefined ? new Credential(this, `client-${name}`, clientCredential(name)) : undefined;
    const value = credential?.value ?? userSecret(this.args.secrets, clientSecretSecret ?? "");
    const made = secret(
      this,
      `client-${name}-secret`,
      { name: `${name}-oidc`, namespace: consumer.namespace },
      { "client-id": name, "client-secret": value },
      outlives(this.environment),
    );
    credential?.storedIn(made, "client-secret", consumer.namespace);
    return { key: { secret: made, key: "client-secret" }, value, credential };
  }

  /** Values of the placeholders for user-provided secrets. */
  private usersSecrets(): Record<string, pulumi.Output<string>> {
    const { identityProviders, ldap, smtp } = this.args.realm;
    const named = [
      ...identityProviders.flatMap((one) =>
        one.kind === "oidc" ? [["identity-provider", one.alias, one.clientSecretSecret] as const] : [],
      ),
      ...ldap.map((one) => ["ldap", one.name, one.bindPasswordSecret] as const),
      ...(smtp?.passwordSecret === undefined ? [] : [["smtp", "password", smtp.passwordSecret] as const]),
      ...[...this.clients.values()].flatMap(({ request: { name, clientSecretSecret: key } }) =>
        key === undefined ? [] : [["client", name, key] as const],
      ),
    ];
    return Object.fromEntries(
      named.map(([kind, name, key]) => [
        secretVariable(kind, name),
        userSecret(this.args.secrets, key).apply(placeholderValue),
      ]),
    );
  }

  private internalUrl(): string {
    return `http://${internalHost(this.args.namespace, this.environment)}`;
  }

  private programPorts(): number[] {
    const { servers } = this;
    return this.args.certificate === undefined ? [servers.port("http")] : [servers.port("http"), servers.port("https")];
  }
}
