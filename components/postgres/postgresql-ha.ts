import type { ChartPods } from "../kit/ledger.ts";
import { Pods } from "../kit/pods.ts";
import { parseBytes } from "../kit/quantities.ts";
import type { Bytes } from "../kit/quantities.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { combinedChecksum } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import type { Values } from "../kit/values.ts";

/** The shape of a server that this stack runs itself. */
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

/** The Secrets that the chart reads: by name, and by checksum to restart the pods that use them. */
export interface ServerSecrets {
  readonly server: Keyed;
  readonly pooler: Keyed;
  /** Every user whom the pooler lets in. */
  readonly users: Keyed;
}

const chartLabels = { "app.kubernetes.io/name": "postgresql-ha" };

/** Connections that PostgreSQL keeps from pgpool: for superusers, replication and the metrics exporter. */
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

/** The number of clients that one pgpool serves at a time: all poolers together stay within what PostgreSQL accepts. */
function clientsPerPooler({ maxConnections, pooler }: Pick<ServerShape, "maxConnections" | "pooler">): number {
  return Math.max(1, Math.floor((maxConnections - reservedConnections) / pooler.replicas));
}

/** PostgreSQL's own notation of a size (documentation, 19.1.1 "Parameter Names and Values": 1MB is 1024 kB). */
export function postgresSize(size: Bytes): string {
  return `${Math.floor(parseBytes(size) / 2 ** 10)}kB`;
}

/**
 * Values of the chart `postgresql-ha`. Its images come from `bitnamilegacy`, where the frozen copies stand since their own
 * repository was emptied; the chart asks to be told that they are not its own.
 */
export function postgresqlHaValues(shape: ServerShape, secrets: ServerSecrets): Values {
  const spread = (replicas: number) => ({
    replicaCount: replicas,
    podAntiAffinityPreset: replicas > 1 ? "hard" : "soft",
    pdb: replicas > 1 ? { create: true, maxUnavailable: 1 } : { create: false },
    // The edges of the ledger say who connects; the chart's own policies would allow everyone.
    networkPolicy: { enabled: false },
  });
  return {
    fullnameOverride: shape.name,
    global: { security: { allowInsecureImages: true } },
    postgresql: {
      image: { repository: "bitnamilegacy/postgresql-repmgr" },
      existingSecret: secrets.server.name,
      maxConnections: String(shape.maxConnections),
      extendedConf: `shared_buffers = ${postgresSize(shape.sharedBuffers)}\n`,
      podAnnotations: { "groundplan/checksum": combinedChecksum([secrets.server]) },
      resources: resources(shape.resources),
      // A standby that clones a large primary is not ready for minutes.
      startupProbe: { enabled: true, failureThreshold: 90 },
      ...spread(shape.replicas),
    },
    pgpool: {
      image: { repository: "bitnamilegacy/pgpool" },
      existingSecret: secrets.pooler.name,
      customUsersSecret: secrets.users.name,
      podAnnotations: { "groundplan/checksum": combinedChecksum([secrets.server, secrets.pooler, secrets.users]) },
      numInitChildren: String(clientsPerPooler(shape)),
      // One connection to the server for each client, so that the sum of all poolers can be told.
      maxPool: "1",
      // Reads from a standby lag behind: applications would not see what they just wrote.
      useLoadBalancing: false,
      resources: resources(shape.pooler.resources),
      ...spread(shape.pooler.replicas),
      // No two on one node: where there is no node to spare, a new pod finds room only once an old one has gone.
      updateStrategy:
        shape.pooler.replicas > 1
          ? { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }
          : undefined,
    },
    witness: { create: false, pdb: { create: false } },
    metrics: {
      enabled: true,
      image: { repository: "bitnamilegacy/postgres-exporter" },
      // The chart leaves these out, and Pod Security `restricted` refuses the pod without the first two.
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

/** What its pods ask for. */
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
