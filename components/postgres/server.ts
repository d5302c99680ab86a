import type { Credential } from "../kit/credential.ts";
import type { Component } from "../kit/component.ts";
import { outlives } from "../kit/component.ts";
import type { SslMode } from "../kit/database-tls.ts";
import type { Environment } from "../kit/environment.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { metricsEdges } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import type { Pods } from "../kit/pods.ts";
import { secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import type { Engine } from "./credentials.ts";
import type { Administration, ServerAddress } from "./database.ts";
import type { PointInTime } from "./point-in-time.ts";
import type { ServerShape } from "./postgresql-ha.ts";
import type * as pulumi from "@pulumi/pulumi";

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
  /** The archive of the write-ahead log, for the engine `cloudnative-pg`, and what its plugin waits for. Default: none. */
  readonly pointInTime?: PointInTime & { readonly ready: readonly pulumi.Resource[] };
  /** What reads metrics. Default: nothing, and no ServiceMonitor is created. */
  readonly serviceMonitors?: MetricsReader;
}

/** The interface of an engine: where clients and the Jobs connect, and the user of the Jobs. */
export interface Server {
  readonly address: ServerAddress;
  readonly peer: Peer;
  readonly administration: Omit<Administration, "scripts">;
  readonly administrationPeer: Peer;
  /** The pods of a server with the data of an earlier time. Default: there is none. */
  readonly recoveredPeer?: Peer;
  /** Undefined for an existing server. */
  readonly superuser?: Credential;
  /** The Secret with pgpool's users; other poolers authenticate with the server. */
  readonly poolerUsers?: Keyed;
}

/** The port of PostgreSQL, of pgpool and of PgBouncer in front of it. */
export const port = 5432;

/** The shape of the servers that the stack runs itself. */
export function shapeOf(
  {
    maxConnections,
    name,
    namespace,
    pooler,
    replicas,
    resources,
    serviceMonitors,
    sharedBuffers,
    storage,
    walStorage,
  }: PostgresArgs,
  environment: Environment,
): ServerShape {
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
    storageClass: environment.storageClass("fast"),
    serviceMonitor: serviceMonitors !== undefined,
  };
}

/** The connections that read the metrics of pods. */
export function metrics(reader: MetricsReader | undefined, ...targets: Pods<"metrics">[]): Edge[] {
  return targets.flatMap((pods) => metricsEdges(reader, pods.peer, [pods.port("metrics")]));
}

/** A Secret of generated credentials, each by its key. */
export function credentialSecret(
  owner: Component,
  namespace: string,
  role: string,
  name: string,
  credentials: Record<string, Credential>,
  further: Record<string, string> = {},
  { type, labels }: { readonly type?: string; readonly labels?: Readonly<Record<string, string>> } = {},
): Keyed {
  const values = Object.entries(credentials).map(([key, { value }]) => [key, value] as const);
  const data = { ...further, ...Object.fromEntries(values) };
  const place = { name, namespace, labels, type };
  const made = secret(owner, role, place, data, outlives(owner.environment));
  for (const [key, credential] of Object.entries(credentials)) credential.storedIn(made, key, "postgresql");
  return made;
}
