import type { ChartPods } from "../kit/ledger.ts";
import { Pods } from "../kit/pods.ts";
import { parseBytes } from "../kit/quantities.ts";
import type { Bytes } from "../kit/quantities.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { combinedChecksum } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { spreadOverZones } from "../kit/spread.ts";
import type { Values } from "../kit/merge.ts";

/** The size of a server that this stack runs itself. */
export interface ServerShape {
  readonly name: string;
  readonly namespace: string;
  readonly replicas: number;
  readonly maxConnections: number;
  readonly sharedBuffers: Bytes;
  readonly storage: Bytes;
  readonly walStorage?: Bytes;
  readonly storageClass?: string;
  readonly resources: Size;
  readonly pooler: { readonly replicas: number; readonly resources: Size };
  readonly serviceMonitor: boolean;
}

/** The Secrets that the chart reads: their names, and their checksums to restart the pods that use them. */
export interface ServerSecrets {
  readonly server: Keyed;
  readonly pooler: Keyed;
  /** All users of the pooler. */
  readonly users: Keyed;
}

const chartLabels = { "app.kubernetes.io/name": "postgresql-ha" };

/** Connections that are reserved in PostgreSQL: for superusers, replication and the metrics exporter. */
const reservedConnections = 16;

const metrics = { cpu: "10m", memory: "32Mi", memoryLimit: "128Mi" } as const;

/** The pods of the release: the servers, and pgpool before them. */
export function releasePods({ name, namespace }: Pick<ServerShape, "name" | "namespace">) {
  const labels = (part: string) => ({
    ...chartLabels,
    "app.kubernetes.io/component": part,
    "app.kubernetes.io/instance": name,
  });
  return {
    servers: new Pods(namespace, labels("postgresql"), { postgresql: 5432, metrics: 9187 }),
    poolers: new Pods(namespace, labels("pgpool"), { postgresql: 5432 }),
  };
}

/** The number of clients that one pgpool serves at the same time: all poolers together stay within PostgreSQL's limit. */
function clientsPerPooler({ maxConnections, pooler }: Pick<ServerShape, "maxConnections" | "pooler">): number {
  return Math.max(1, Math.floor((maxConnections - reservedConnections) / pooler.replicas));
}

/** PostgreSQL's own notation of a size (documentation, 19.1.1 "Parameter Names and Values": 1MB is 1024 kB). */
export function postgresSize(size: Bytes): string {
  return `${Math.floor(parseBytes(size) / 2 ** 10)}kB`;
}

/**
 * Values of the chart `postgresql-ha`. Its images come from `bitnamilegacy`, which has frozen copies since the original
 * repository was emptied; the chart requires a setting to accept other images.
 *
 * @param clusterDomain the cluster's domain; default `cluster.local`
 */
export function postgresqlHaValues(shape: ServerShape, secrets: ServerSecrets, clusterDomain?: string): Values {
  const { servers, poolers } = releasePods(shape);
  const spread = (replicas: number, { labels }: Pods) => ({
    replicaCount: replicas,
    podAntiAffinityPreset: replicas > 1 ? "hard" : "soft",
    ...spreadOverZones(labels, replicas),
    pdb: replicas > 1 ? { create: true, maxUnavailable: 1 } : { create: false },
    // Network policies come from the ledger's edges; the chart's own policies would allow all pods.
    networkPolicy: { enabled: false },
  });
  return {
    fullnameOverride: shape.name,
    clusterDomain,
    global: { security: { allowInsecureImages: true } },
    postgresql: {
      image: { repository: "bitnamilegacy/postgresql-repmgr" },
      existingSecret: secrets.server.name,
      maxConnections: String(shape.maxConnections),
      extendedConf: `shared_buffers = ${postgresSize(shape.sharedBuffers)}\n`,
      podAnnotations: { "groundplan/checksum": combinedChecksum([secrets.server]) },
      resources: resources(shape.resources),
      // A standby that clones a large primary needs minutes to become ready.
      startupProbe: { enabled: true, failureThreshold: 90 },
      ...spread(shape.replicas, servers),
    },
    pgpool: {
      image: { repository: "bitnamilegacy/pgpool" },
      existingSecret: secrets.pooler.name,
      customUsersSecret: secrets.users.name,
      podAnnotations: { "groundplan/checksum": combinedChecksum([secrets.server, secrets.pooler, secrets.users]) },
      numInitChildren: String(clientsPerPooler(shape)),
      // One server connection for each client, so that the total of all poolers is known.
      maxPool: "1",
      // Reads from a standby lag behind: applications would not see their own writes.
      useLoadBalancing: false,
      resources: resources(shape.pooler.resources),
      ...spread(shape.pooler.replicas, poolers),
      // Different nodes: without a spare node, a new pod can start only after an old one has stopped.
      updateStrategy:
        shape.pooler.replicas > 1
          ? { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }
          : undefined,
    },
    witness: { create: false, pdb: { create: false } },
    metrics: {
      enabled: true,
      image: { repository: "bitnamilegacy/postgres-exporter" },
      // The chart does not set these, and Pod Security `restricted` rejects the pod without the first two.
      podSecurityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
      },
      resources: resources(metrics),
      serviceMonitor: { enabled: shape.serviceMonitor },
    },
    persistence: {
      size: shape.storage,
      storageClass: shape.storageClass,
    },
  };
}

/** The requests of its pods. */
export function postgresqlHaPods(shape: ServerShape): ChartPods[] {
  const { resources: own, pooler } = shape;
  return [
    {
      name: `${shape.name}-postgresql`,
      kind: "StatefulSet",
      replicas: shape.replicas,
      containers: [own, metrics],
      claims: [
        {
          name: "data",
          size: shape.storage,
          storageClass: shape.storageClass,
        },
      ],
    },
    { name: `${shape.name}-pgpool`, kind: "Deployment", replicas: pooler.replicas, containers: [pooler.resources] },
  ];
}
