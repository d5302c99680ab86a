import type { PlannedObject, PlannedRelease } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { count, Examination, nameOf } from "./check.ts";
import type { Check } from "./check.ts";
import type { ConnectionPool } from "../../components/kit/ledger.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import { at, text, whole } from "../../components/kit/unknown.ts";

/** Connections that a server reserves: for superusers (three), replication, health checks and metrics. */
const reserved = 10;

/** A PostgreSQL server with everything that opens connections to it. */
interface Server {
  readonly object: string;
  /** Its `max_connections`. */
  readonly accepts: number;
  /** The maximum number of connections that its poolers open. */
  readonly poolers: readonly Pooler[];
  /** Hosts where clients connect to it without a pooler. */
  readonly hosts: readonly string[];
}

interface Pooler {
  readonly object: string;
  /** The first labels of the host where clients connect to it: `service.namespace`. */
  readonly host: string;
  /** The number of clients that all of its replicas serve at the same time. */
  readonly serves: number;
  /** The number of clients of one database, where a client uses a connection until it disconnects. Default: not limited. */
  readonly servesEach?: number;
  /** The maximum number of connections of all its replicas, and how it is calculated. */
  readonly opens: number;
  readonly sum: string;
}

/** The check of connections to PostgreSQL. */
export const connectionChecks: readonly Check[] = [
  {
    id: "GP040",
    title: "PostgreSQL allows as many connections as pools may open",
    severity: "error",
    reason:
      "Pools fill up together under load. Above max_connections, PostgreSQL rejects new connections, and applications fail at random.",
    fix: "Lower the pool sizes or the replicas, add a pooler, or raise postgresql.maxConnections.",
    examine: (plan) => {
      const examination = new Examination();
      for (const server of servers(plan)) judge(server, plan.ledger.pools, examination);
      return examination;
    },
  },
];

function judge(server: Server, pools: readonly ConnectionPool[], examination: Examination): void {
  examination.look(server.object);
  const direct = demand(pools, server.hosts);
  const opened = server.poolers.reduce((sum, { opens }) => sum + opens, 0) + direct.sum;
  if (opened > server.accepts - reserved)
    examination.find(
      server.object,
      `allows ${server.accepts} connections, of which ${reserved} are reserved, but clients may open ${opened}: ${[...server.poolers.map(({ sum }) => sum), ...direct.parts].join("; ")}`,
    );
  for (const pooler of server.poolers) {
    examination.look(pooler.object);
    const { sum, parts } = demand(pools, [pooler.host]);
    if (sum > pooler.serves)
      examination.find(
        pooler.object,
        `serves ${count(pooler.serves, "client")}, but ${sum} may connect: ${parts.join("; ")}`,
      );
    const { servesEach = Infinity } = pooler;
    for (const [database, own] of Map.groupBy(pools, (pool) => pool.database)) {
      const clients = demand(own, [pooler.host]);
      if (clients.sum > servesEach)
        examination.find(
          pooler.object,
          `serves ${count(servesEach, "client")} of the database ${database} in session mode, but ${clients.sum} may connect: ${clients.parts.join("; ")}`,
        );
    }
  }
}

/** The connections to some hosts by consumers that declare their pools. */
function demand(pools: readonly ConnectionPool[], hosts: readonly string[]): { sum: number; parts: string[] } {
  const own = pools.filter(({ host }) => hosts.includes(short(host)));
  return {
    sum: own.reduce((sum, { connections, replicas }) => sum + connections * replicas, 0),
    parts: own.map(({ consumer, connections, replicas }) => `${consumer} ${connections} × ${count(replicas, "pod")}`),
  };
}

/** The first labels of a host: `service.namespace`. */
function short(host: string): string {
  return host.split(".").slice(0, 2).join(".");
}

function servers(plan: Plan): Server[] {
  const { ofKind } = inventoryOf(plan);
  const poolers = ofKind("Pooler").filter(isCloudNativePg);
  return [
    ...plan.releases.filter(({ chart }) => chart === "postgresql-ha").map(postgresqlHa),
    ...ofKind("Cluster")
      .filter(isCloudNativePg)
      .map((cluster) => cloudNativePg(cluster, poolers, plan)),
  ];
}

/** Defaults are those of the chart's images (bitnami/containers, README of pgpool and postgresql-repmgr). */
function postgresqlHa({ name, namespace, values }: PlannedRelease): Server {
  const children = whole(at(values, "pgpool", "numInitChildren")) ?? 32;
  const pool = whole(at(values, "pgpool", "maxPool")) ?? 15;
  const replicas = whole(at(values, "pgpool", "replicaCount")) ?? 1;
  const object = nameOf("Release", name, namespace);
  const full = text(at(values, "fullnameOverride")) ?? name;
  return {
    object,
    accepts: whole(at(values, "postgresql", "maxConnections")) ?? 100,
    hosts: [`${full}-postgresql.${namespace}`],
    poolers: [
      {
        object,
        host: `${full}-pgpool.${namespace}`,
        serves: children * replicas,
        opens: children * pool * replicas,
        sum: `pgpool ${children} clients × ${count(pool, "cached connection")} × ${count(replicas, "replica")}`,
      },
    ],
  };
}

function cloudNativePg(cluster: PlannedObject, poolers: readonly PlannedObject[], plan: Plan): Server {
  const { name, namespace = "", manifest } = cluster;
  const own = poolers.filter(
    (pooler) => pooler.namespace === cluster.namespace && at(pooler.manifest, "spec", "cluster", "name") === name,
  );
  return {
    object: objectName(cluster),
    // PostgreSQL's own default (documentation, 19.3.1).
    accepts: whole(at(manifest, "spec", "postgresql", "parameters", "max_connections")) ?? 100,
    hosts: ["rw", "ro", "r"].map((role) => `${name}-${role}.${namespace}`),
    poolers: own.map((pooler) => pgBouncer(pooler, plan)),
  };
}

/**
 * PgBouncer keeps a pool for each pair of user and database, and its connections stay open for
 * `server_idle_timeout` after their clients: the pools of all pairs may be full at the same time (PgBouncer, "Configuration", `default_pool_size`).
 * In session mode, a database has no more connections than its consumer has clients.
 */
function pgBouncer(pooler: PlannedObject, { ledger }: Plan): Pooler {
  const parameter = (name: string) => whole(at(pooler.manifest, "spec", "pgbouncer", "parameters", name));
  const instances = whole(at(pooler.manifest, "spec", "instances")) ?? 1;
  const size = (parameter("default_pool_size") ?? 20) + (parameter("reserve_pool_size") ?? 0);
  const bound = parameter("max_db_connections") ?? 0;
  const each = bound > 0 ? Math.min(size, bound) : size;
  const host = `${pooler.name}.${pooler.namespace ?? ""}`;
  // CloudNativePG's default is session.
  const session = (text(at(pooler.manifest, "spec", "pgbouncer", "poolMode")) ?? "session") === "session";
  const databases = ledger.databases.filter((one) => short(one.host) === host);
  const clients = databases.map(({ name }) =>
    demand(
      ledger.pools.filter(({ database }) => database === name),
      [host],
    ),
  );
  // A database without a declared pool may fill its own.
  const bounded = session ? clients.filter(({ sum }) => sum > 0 && sum < each * instances) : [];
  const full = Math.max(databases.length, 1) - bounded.length;
  return {
    object: objectName(pooler),
    host,
    serves: (parameter("max_client_conn") ?? 100) * instances,
    servesEach: session ? each * instances : undefined,
    opens: each * full * instances + bounded.reduce((total, { sum }) => total + sum, 0),
    sum: [
      `PgBouncer ${each} per database × ${count(full, "database")} × ${count(instances, "instance")}`,
      ...bounded.flatMap(({ parts }) => parts),
    ].join("; "),
  };
}

function isCloudNativePg({ apiVersion }: PlannedObject): boolean {
  return apiVersion.startsWith("postgresql.cnpg.io/");
}
