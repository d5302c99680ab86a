import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseBinding } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component, keepsData, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Environment } from "../kit/environment.ts";
import { apiServerPorts, prometheus } from "../kit/ledger.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { compare } from "../kit/stable.ts";
import { disruptionBudget } from "../kit/workload.ts";
import * as cnpg from "./cloudnative-pg.ts";
import { serverCredentials } from "./credentials.ts";
import type { Engine } from "./credentials.ts";
import { administrationRole, database } from "./database.ts";
import type { Administration, DatabaseRequest } from "./database.ts";
import { partLabels, postgresqlHaPods, postgresqlHaValues } from "./postgresql-ha.ts";
import type { ServerShape } from "./postgresql-ha.ts";
import { databaseScripts } from "./script.ts";

/** What the component is told. */
export interface PostgresArgs extends Omit<ServerShape, "serviceMonitor" | "storageClass"> {
  readonly engine: Engine;
  /** The server that exists, for the engine `external`. */
  readonly external?: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly password: pulumi.Output<string>;
    readonly cidrs: readonly string[];
  };
  /** The release that brings the kinds ServiceMonitor and PodMonitor; undefined: neither is made. */
  readonly serviceMonitors?: pulumi.Resource;
}

/** What an engine offers to the rest: where clients and the Jobs connect, and as whom the Jobs do. */
interface Server {
  readonly address: { readonly host: string; readonly port: number };
  readonly peer: Peer;
  readonly administration: Omit<Administration, "scripts">;
  readonly administrationPeer: Peer;
}

/** The Secret with the credentials of the repmgr servers, in their namespace. */
const serverSecret = "system-db";

/** The port of PostgreSQL, of pgpool and of PgBouncer in front of it. */
const port = 5432;

/** The port at which the instance managers of CloudNativePG answer the operator and each other. */
const statusPort = 8000;

/** The platform's PostgreSQL: one interface, three engines. Each consumer gets a role, a password and a database of its own. */
export class Postgres extends Component {
  readonly address: { readonly host: string; readonly port: number };
  /** The superuser's password; undefined where the server exists already. */
  superuserPassword?: pulumi.Output<string>;
  private readonly args: PostgresArgs;
  private readonly server: Server;
  private readonly administration: Administration;
  private readonly users: { name: string; credential: Credential }[] = [];
  /** The Secret with the users whom pgpool lets in; other poolers ask the server. */
  private poolerSecret?: Keyed;
  private sealUsers: (users: pulumi.Output<{ usernames: string; passwords: string }>) => void = () => undefined;

  constructor(environment: Environment, args: PostgresArgs, options: pulumi.ComponentResourceOptions) {
    super("postgres:Postgres", "postgres", "postgresql", environment, options);
    this.args = args;
    this.server = {
      "postgresql-ha": () => this.postgresqlHa(),
      "cloudnative-pg": () => this.cloudNativePg(),
      external: () => this.external(),
    }[args.engine]();
    this.address = this.server.address;
    const scripts = configMap(
      this,
      "scripts",
      { name: "database-scripts", namespace: args.namespace },
      databaseScripts(),
    );
    this.administration = { ...this.server.administration, scripts };
    const jobs = { kind: "pods", namespace: args.namespace, labels: this.selector(administrationRole) } as const;
    environment.ledger.edges.push({
      from: jobs,
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

  /** Gives a consumer its own role, password and database. */
  database(request: DatabaseRequest): DatabaseBinding {
    const { binding, credential } = database(this, this.administration, this.address, request);
    this.users.push({ name: request.name, credential });
    const from = { kind: "pods", ...request.consumer } as const;
    this.environment.ledger.edges.push({
      from,
      to: this.server.peer,
      ports: [this.address.port],
      purpose: `database ${request.name}`,
    });
    return binding;
  }

  /**
   * Tells the pooler its users, once all databases are known: pgpool asks for passwords itself and lets in nobody whom it
   * does not know.
   */
  seal(): void {
    // By name, so that the pooler does not restart because something else asks first.
    const byName = [...this.users].sort((a, b) => compare(a.name, b.name));
    const users = pulumi.all(byName.map(({ credential }) => credential.value)).apply((passwords) => ({
      usernames: byName.map(({ name }) => name).join(";"),
      passwords: passwords.join(";"),
    }));
    this.sealUsers(users);
    if (this.poolerSecret === undefined) return;
    for (const { credential } of this.users) credential.storedIn(this.poolerSecret, "passwords", "pgpool");
  }

  private postgresqlHa(): Server {
    const { name, namespace } = this.args;
    const shape = this.shape();
    const specs = serverCredentials["postgresql-ha"];
    const superuser = new Credential(this, "superuser", specs.superuser);
    this.superuserPassword = superuser.value;
    const own = this.credentialSecret("server-secret", serverSecret, {
      password: superuser,
      "repmgr-password": new Credential(this, "replication", specs.replication),
    });
    // Apart from the servers' own, so that a new password of the pooler's leaves them running.
    const pooler = this.credentialSecret("pooler-secret", `${name}-pgpool`, {
      "admin-password": new Credential(this, "pooler-admin", specs.poolerAdmin),
      "sr-check-password": new Credential(this, "pooler-check", specs.poolerCheck),
    });
    const place = { name: `${name}-pgpool-users`, namespace };
    const users = secret(this, "pooler-users", place, this.poolerUsers(), outlives(this.environment));
    this.poolerSecret = users;
    const secrets = { server: own, pooler, users };
    const release = chartRelease(
      this,
      "release",
      {
        chart: "postgresql-ha",
        name,
        namespace,
        values: postgresqlHaValues(shape, secrets),
        pods: postgresqlHaPods(shape),
      },
      {
        ...keepsData(this.environment),
        dependsOn: [own.resource, pooler.resource, users.resource, ...this.monitors()],
      },
    );
    const servers = { kind: "pods", namespace, labels: partLabels(this.args, "postgresql") } as const;
    const poolers = { kind: "pods", namespace, labels: partLabels(this.args, "pgpool") } as const;
    this.environment.ledger.edges.push(
      { from: servers, to: servers, ports: [port], purpose: "replication" },
      { from: poolers, to: servers, ports: [port], purpose: "pgpool to its servers" },
      ...this.metrics([servers, 9187]),
    );
    const address = { host: `${name}-pgpool.${namespace}.svc.cluster.local`, port };
    const administration = {
      namespace,
      ...address,
      user: "postgres",
      password: { secret: own, key: "password" },
      server: [release],
    };
    return { address, peer: poolers, administration, administrationPeer: poolers };
  }

  private cloudNativePg(): Server {
    const { name, namespace } = this.args;
    const shape = this.shape();
    const password = new Credential(this, "superuser", serverCredentials["cloudnative-pg"].superuser);
    this.superuserPassword = password.value;
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
        values: cnpg.operatorValues(shape),
        pods: cnpg.cloudNativePgPods(shape),
      },
      { dependsOn: this.monitors() },
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
      cnpg.poolerSpec(shape, this.environment),
      [cluster],
      false,
    );
    const pooling = { name: cnpg.poolerName(name), namespace, replicas: shape.pooler.replicas };
    disruptionBudget(this, "pooler", { ...pooling, selector: cnpg.poolerLabels(name) });
    const pods = (labels: Record<string, string>) => ({ kind: "pods", namespace, labels }) as const;
    const servers = pods(cnpg.serverLabels(name));
    const poolers = pods(cnpg.poolerLabels(name));
    const operators = pods(cnpg.operatorLabels);
    const toApi = { to: { kind: "apiServer" }, ports: apiServerPorts } as const;
    this.environment.ledger.edges.push(
      { from: servers, to: servers, ports: [port], purpose: "replication" },
      // A primary that reaches neither the API server nor its standbys takes itself for isolated, and stops.
      { from: servers, to: servers, ports: [statusPort], purpose: "a primary looks for its standbys" },
      { from: poolers, to: servers, ports: [port], purpose: "PgBouncer to its servers" },
      { from: operators, to: servers, ports: [port, statusPort], purpose: "the operator watches the servers" },
      { from: { kind: "apiServer" }, to: operators, ports: [9443], purpose: "the operator's webhook" },
      ...[operators, servers, poolers].map((from) => ({ from, ...toApi, purpose: "watches its Cluster" })),
      // The instance manager makes the first server and the clones in Jobs, which carry this label only.
      { from: pods({ "cnpg.io/cluster": name }), ...toApi, purpose: "makes and clones servers" },
      { from: pods({ "cnpg.io/cluster": name }), to: servers, ports: [port], purpose: "clones servers" },
      ...this.metrics([operators, 8080], [servers, 9187], [poolers, 9127]),
    );
    const host = (service: string) => `${service}.${namespace}.svc.cluster.local`;
    return {
      address: { host: host(cnpg.poolerName(name)), port },
      peer: poolers,
      administration: {
        namespace,
        host: host(`${name}-rw`),
        port,
        user: { secret: own, key: "username" },
        password: { secret: own, key: "password" },
        server: [cluster, pooler],
      },
      administrationPeer: servers,
    };
  }

  private external(): Server {
    const { namespace, external } = this.args;
    if (external === undefined) throw new TypeError("the engine external needs the server that exists");
    const place = { name: "external-db", namespace };
    const own = secret(this, "external-secret", place, { username: external.username, password: external.password });
    const address = { host: external.host, port: external.port };
    const peer = { kind: "outside", cidrs: external.cidrs } as const;
    const administration = {
      namespace,
      ...address,
      user: { secret: own, key: "username" },
      password: { secret: own, key: "password" },
      server: [],
    };
    return { address, peer, administration, administrationPeer: peer };
  }

  private shape(): ServerShape {
    const storageClass = this.environment.storageClass("fast");
    return {
      ...this.args,
      serviceMonitor: this.args.serviceMonitors !== undefined,
      ...(storageClass === undefined ? {} : { storageClass }),
    };
  }

  private monitors(): pulumi.Resource[] {
    return this.args.serviceMonitors === undefined ? [] : [this.args.serviceMonitors];
  }

  private metrics(...targets: (readonly [Peer, number])[]): Edge[] {
    if (this.args.serviceMonitors === undefined) return [];
    return targets.map(([to, metricsPort]) => ({ from: prometheus, to, ports: [metricsPort], purpose: "metrics" }));
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

  /** The pooler's users: values that are known when the component is sealed. */
  private poolerUsers(): Record<string, pulumi.Output<string>> {
    const users = pulumi.output(
      new Promise<pulumi.Output<{ usernames: string; passwords: string }>>((resolve) => {
        this.sealUsers = resolve;
      }),
    );
    return {
      usernames: users.apply(({ usernames }) => usernames),
      passwords: users.apply(({ passwords }) => passwords),
    };
  }
}
