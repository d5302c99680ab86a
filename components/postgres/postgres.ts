import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import * as pulumi from "@pulumi/pulumi";
import type { AdministratorBinding, DatabaseBinding } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component, keepsData, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { SslMode } from "../kit/database-tls.ts";
import { serviceHost, unusualDomain } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { metricsEdges, monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import type { Pods } from "../kit/pods.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { compare } from "../kit/stable.ts";
import { disruptionBudget } from "../kit/workload.ts";
import * as cnpg from "./cloudnative-pg.ts";
import { serverCredentials } from "./credentials.ts";
import type { Engine } from "./credentials.ts";
import { administrationRole, authorityKey, database, image } from "./database.ts";
import type { Administration, DatabaseRequest, ServerAddress } from "./database.ts";
import { postgresqlHaPods, postgresqlHaValues, releasePods } from "./postgresql-ha.ts";
import type { ServerShape } from "./postgresql-ha.ts";
import { databaseScripts } from "./script.ts";

/** Arguments of the component. */
export interface PostgresArgs extends Omit<ServerShape, "serviceMonitor" | "storageClass"> {
  readonly engine: Engine;
  /** The existing server, for the engine `external`. */
  readonly external?: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly password: pulumi.Output<string>;
    readonly cidrs: readonly string[];
    readonly sslMode: SslMode;
    /** The CA certificates in PEM. Default: the public CAs of each client's image. */
    readonly authorities?: string;
  };
  /** What reads metrics. Default: nothing, and no ServiceMonitor is created. */
  readonly serviceMonitors?: MetricsReader;
}

/** The interface of an engine: where clients and the Jobs connect, and the user of the Jobs. */
interface Server {
  readonly address: ServerAddress;
  readonly peer: Peer;
  readonly administration: Omit<Administration, "scripts">;
  readonly administrationPeer: Peer;
  /** Undefined for an existing server. */
  readonly superuser?: Credential;
  /** The Secret with pgpool's users; other poolers authenticate with the server. */
  readonly poolerUsers?: Keyed;
}

/** pgpool's users in the format of its chart: both lists separated by `;`. */
interface PoolerUsers {
  readonly usernames: string;
  readonly passwords: string;
}

/** The Secret with the credentials of the repmgr servers, in their namespace. */
const serverSecret = "system-db";

/** The port of PostgreSQL, of pgpool and of PgBouncer in front of it. */
const port = 5432;

/** The platform's PostgreSQL: one interface, three engines. Each consumer gets its own role, password and database. */
export class Postgres extends Component {
  readonly address: ServerAddress;
  /** The superuser's password; undefined for an existing server. */
  readonly superuserPassword?: pulumi.Output<string>;
  /** The databases that have been requested so far, each with its consumer's login. */
  readonly made: { readonly namespace: string; readonly binding: DatabaseBinding }[] = [];
  private readonly args: PostgresArgs;
  private readonly server: Server;
  private readonly administration: Administration;
  /** The owners of the databases that have been requested so far. */
  private readonly owners = new Map<string, Credential>();
  /** pgpool's users: the Secret is created before the first database is requested, and gets its content from {@link seal}. */
  private readonly poolerUsers = Promise.withResolvers<pulumi.Output<PoolerUsers>>();
  /** PgBouncer's connections for each database, from {@link seal} as well. */
  private readonly poolSize = Promise.withResolvers<number>();

  constructor(environment: Environment, args: PostgresArgs, options: pulumi.ComponentResourceOptions) {
    super("postgres:Postgres", "postgres", "postgresql", environment, options);
    this.args = args;
    this.server = {
      "postgresql-ha": () => this.postgresqlHa(),
      "cloudnative-pg": () => this.cloudNativePg(),
      external: () => this.external(),
    }[args.engine]();
    this.address = this.server.address;
    this.superuserPassword = this.server.superuser?.value;
    const scripts = configMap(
      this,
      "scripts",
      { name: "database-scripts", namespace: args.namespace },
      databaseScripts(),
    );
    this.administration = { ...this.server.administration, scripts };
    environment.ledger.edges.push({
      from: this.pods(administrationRole, args.namespace).peer,
      to: this.server.administrationPeer,
      ports: [this.server.administration.port],
      purpose: "roles and databases",
    });
    const { host } = this.address;
    environment.ledger.services.push({
      name: "postgresql",
      address: `${host}:${this.address.port}`,
      purpose: "PostgreSQL, by each database's own role",
    });
  }

  /** Creates a role, a password and a database for a consumer. */
  database(request: DatabaseRequest): DatabaseBinding {
    const { binding, credential } = database(this, this.administration, this.address, request);
    this.owners.set(request.name, credential);
    this.environment.ledger.databases.push({ name: request.name, host: this.address.host });
    this.environment.ledger.data.push({ data: `Database ${request.name}` });
    const { poolerUsers } = this.server;
    if (poolerUsers !== undefined) credential.storedIn(poolerUsers, "passwords", "pgpool");
    this.environment.ledger.edges.push({
      from: { kind: "pods", ...request.consumer },
      to: this.server.peer,
      ports: [this.address.port],
      purpose: `database ${request.name}`,
    });
    this.made.push({ namespace: request.consumer.namespace, binding });
    return binding;
  }

  /** Lets further pods connect to the server or its pooler. */
  connect(from: Peer, purpose: string): void {
    this.environment.ledger.edges.push({ from, to: this.server.peer, ports: [this.address.port], purpose });
  }

  /** Access as the administrator of all databases, for backups. */
  administrator(consumer: {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  }): AdministratorBinding {
    const { external } = this.args;
    const { host, port: ownPort } = this.administration;
    const { administrationPeer, superuser } = this.server;
    const password = superuser?.value ?? external?.password;
    if (password === undefined) throw new TypeError("the server has no administrator");
    const place = { name: "postgresql-administrator", namespace: consumer.namespace };
    const authorities = external?.authorities;
    const authority = authorities === undefined ? undefined : { [authorityKey]: authorities };
    const data = { username: external?.username ?? "postgres", password, ...authority };
    const given = secret(this, "administrator-secret", place, data);
    superuser?.storedIn(given, "password", consumer.namespace);
    this.environment.ledger.edges.push({
      from: { kind: "pods", ...consumer },
      to: administrationPeer,
      ports: [ownPort],
      purpose: "dumps of all databases",
    });
    return {
      host,
      port: ownPort,
      database: "postgres",
      user: { secret: given, key: "username" },
      password: { secret: given, key: "password" },
      tls: external && administratorTls(external.sslMode, authority && { secret: given, key: authorityKey }),
      image,
    };
  }

  /**
   * Completes what the pooler needs to know of all databases: PgBouncer's pool size, and pgpool's users, because it authenticates
   * clients itself and rejects users that are not in the list.
   */
  seal(): void {
    // Sorted by name, so that the pooler does not restart if the order of requests changes.
    const byName = [...this.owners].sort(([a], [b]) => compare(a, b));
    const passwords = pulumi.all(byName.map(([, { value }]) => value));
    const { databases, pools } = this.environment.ledger;
    this.poolSize.resolve(cnpg.poolSize(this.args, databases, pools));
    this.poolerUsers.resolve(
      passwords.apply((texts) => ({
        usernames: byName.map(([name]) => name).join(";"),
        passwords: texts.join(";"),
      })),
    );
  }

  private postgresqlHa(): Server {
    const { name, namespace } = this.args;
    const shape = this.shape();
    const specs = serverCredentials["postgresql-ha"];
    const superuser = new Credential(this, "superuser", specs.superuser);
    const own = this.credentialSecret("server-secret", serverSecret, {
      password: superuser,
      "repmgr-password": new Credential(this, "replication", specs.replication),
    });
    // Separate from the servers' Secret, so that a new pooler password does not restart them.
    const pooler = this.credentialSecret("pooler-secret", `${name}-pgpool`, {
      "admin-password": new Credential(this, "pooler-admin", specs.poolerAdmin),
      "sr-check-password": new Credential(this, "pooler-check", specs.poolerCheck),
    });
    const place = { name: `${name}-pgpool-users`, namespace };
    const told = pulumi.output(this.poolerUsers.promise);
    const content = { usernames: told.usernames, passwords: told.passwords };
    const users = secret(this, "pooler-users", place, content, outlives(this.environment));
    const secrets = { server: own, pooler, users };
    const release = chartRelease(
      this,
      "release",
      {
        chart: "postgresql-ha",
        name,
        namespace,
        values: postgresqlHaValues(shape, secrets, unusualDomain(this.environment)),
        pods: postgresqlHaPods(shape),
      },
      {
        ...keepsData(this.environment),
        dependsOn: [own.resource, pooler.resource, users.resource, ...monitorKinds(this.args.serviceMonitors)],
      },
    );
    const { poolers, servers } = releasePods(this.args);
    const toServers = { to: servers.peer, ports: [servers.port("postgresql")] };
    this.environment.ledger.edges.push(
      { from: servers.peer, ...toServers, purpose: "replication" },
      { from: poolers.peer, ...toServers, purpose: "pgpool to its servers" },
      ...this.metrics(servers),
    );
    const address = { host: serviceHost(this.environment, `${name}-pgpool`, namespace), port };
    const administration = {
      namespace,
      ...address,
      user: "postgres",
      password: { secret: own, key: "password" },
      server: [release],
    };
    return {
      address,
      peer: poolers.peer,
      administration,
      administrationPeer: poolers.peer,
      superuser,
      poolerUsers: users,
    };
  }

  private cloudNativePg(): Server {
    const { name, namespace } = this.args;
    const shape = this.shape();
    const password = new Credential(this, "superuser", serverCredentials["cloudnative-pg"].superuser);
    const own = this.credentialSecret(
      "superuser-secret",
      `${name}-postgres`,
      { password },
      { username: "postgres" },
      cnpg.superuserSecret,
    );
    const operator = chartRelease(
      this,
      "operator",
      {
        chart: "cloudnative-pg",
        name: cnpg.operatorName,
        namespace,
        values: cnpg.operatorValues(shape, unusualDomain(this.environment)),
        pods: cnpg.cloudNativePgPods(shape),
      },
      { dependsOn: monitorKinds(this.args.serviceMonitors) },
    );
    const resource = (
      role: string,
      kind: string,
      objectName: string,
      spec: object,
      dependsOn: pulumi.Resource[],
      stateful: boolean,
    ) =>
      this.object(
        CustomResource,
        role,
        { name: objectName, namespace },
        { apiVersion: "postgresql.cnpg.io/v1", kind, spec },
        { ...(stateful ? keepsData(this.environment) : {}), dependsOn },
      );
    const cluster = resource(
      "cluster",
      "Cluster",
      name,
      cnpg.clusterSpec(shape, this.environment, own.name),
      [operator, own.resource],
      true,
    );
    const pooler = resource(
      "pooler",
      "Pooler",
      cnpg.poolerName(name),
      cnpg.poolerSpec(shape, this.environment, pulumi.output(this.poolSize.promise)),
      [cluster],
      false,
    );
    const pooling = { name: cnpg.poolerName(name), namespace, replicas: shape.pooler.replicas };
    const { made, operators, poolers, servers } = cnpg.clusterPods(this.args);
    disruptionBudget(this, "pooler", { ...pooling, selector: poolers.labels });
    const toApi = { to: { kind: "apiServer" }, ports: this.environment.cluster.apiServerPorts } as const;
    const toServers = { to: servers.peer, ports: [servers.port("postgresql")] };
    const status = servers.port("status");
    this.environment.ledger.edges.push(
      { from: servers.peer, ...toServers, purpose: "replication" },
      // A primary that can connect neither to the API server nor to its standbys considers itself isolated, and stops.
      { from: servers.peer, to: servers.peer, ports: [status], purpose: "a primary looks for its standbys" },
      { from: poolers.peer, ...toServers, purpose: "PgBouncer to its servers" },
      {
        from: operators.peer,
        to: servers.peer,
        ports: [...toServers.ports, status],
        purpose: "the operator watches the servers",
      },
      {
        from: { kind: "apiServer" },
        to: operators.peer,
        ports: [operators.port("webhook")],
        purpose: "the operator's webhook",
      },
      ...[operators, servers, poolers].map(({ peer }) => ({ from: peer, ...toApi, purpose: "watches its Cluster" })),
      // The instance manager creates the first server and the clones in Jobs.
      { from: made.peer, ...toApi, purpose: "makes and clones servers" },
      { from: made.peer, ...toServers, purpose: "clones servers" },
      ...this.metrics(operators, servers, poolers),
    );
    const host = (service: string) => serviceHost(this.environment, service, namespace);
    return {
      address: { host: host(cnpg.poolerName(name)), port },
      peer: poolers.peer,
      administration: {
        namespace,
        host: host(`${name}-rw`),
        port,
        user: { secret: own, key: "username" },
        password: { secret: own, key: "password" },
        server: [cluster, pooler],
      },
      administrationPeer: servers.peer,
      superuser: password,
    };
  }

  private external(): Server {
    const { namespace, external } = this.args;
    if (external === undefined) throw new TypeError("the engine external needs the server that exists");
    const place = { name: "external-db", namespace };
    const { authorities, host, password, port: externalPort, sslMode, username } = external;
    const data = { username, password, ...(authorities !== undefined && { [authorityKey]: authorities }) };
    const own = secret(this, "external-secret", place, data);
    const address = {
      host,
      port: externalPort,
      tls: sslMode === "disable" ? undefined : { mode: sslMode, authorities },
    };
    const peer = { kind: "outside", cidrs: external.cidrs } as const;
    const administration = {
      namespace,
      host,
      port: externalPort,
      user: { secret: own, key: "username" },
      password: { secret: own, key: "password" },
      tls:
        sslMode === "disable"
          ? sslMode
          : { mode: sslMode, authority: authorities === undefined ? undefined : { secret: own, key: authorityKey } },
      server: [],
    };
    return { address, peer, administration, administrationPeer: peer };
  }

  private shape(): ServerShape {
    const storageClass = this.environment.storageClass("fast");
    const { maxConnections, name, namespace, pooler, replicas, resources, sharedBuffers, storage, walStorage } =
      this.args;
    const serviceMonitor = this.args.serviceMonitors !== undefined;
    return {
      name,
      namespace,
      replicas,
      resources,
      pooler,
      maxConnections,
      sharedBuffers,
      storage,
      walStorage,
      storageClass,
      serviceMonitor,
    };
  }

  private metrics(...targets: Pods<"metrics">[]): Edge[] {
    return targets.flatMap((pods) => metricsEdges(this.args.serviceMonitors, pods.peer, [pods.port("metrics")]));
  }

  private credentialSecret(
    role: string,
    name: string,
    credentials: Record<string, Credential>,
    further: Record<string, string> = {},
    { type, labels }: { readonly type?: string; readonly labels?: Readonly<Record<string, string>> } = {},
  ): Keyed {
    const values = Object.entries(credentials).map(([key, { value }]) => [key, value] as const);
    const data = { ...further, ...Object.fromEntries(values) };
    const place = { name, namespace: this.args.namespace, labels, type };
    const made = secret(this, role, place, data, outlives(this.environment));
    for (const [key, credential] of Object.entries(credentials)) credential.storedIn(made, key, "postgresql");
    return made;
  }
}

/** TLS of the administrator's connections to an existing server. */
function administratorTls(mode: SslMode, authority: SecretKey | undefined): AdministratorBinding["tls"] {
  return mode === "disable" ? mode : { mode, authority };
}
