import type { Output } from "@pulumi/pulumi";
import { placed } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { ChartPods, ConnectionPool, DatabaseEntry } from "../kit/ledger.ts";
import { pulledImage, pullSecrets } from "../kit/images.ts";
import { Pods } from "../kit/pods.ts";
import { podMetadata, podPriority } from "../kit/pod-extras.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import type { Values } from "../kit/merge.ts";
import { spreadOver, spreadOverZones } from "../kit/spread.ts";
import { postgresSize } from "./postgresql-ha.ts";
import type { ServerShape } from "./postgresql-ha.ts";

/** The operator's release, and its Deployment. */
export const operatorName = "cnpg-operator";

/** Server and pooler images: otherwise the operator chooses the versions. */
const serverImage = "ghcr.io/cloudnative-pg/postgresql:17.9-standard-trixie";
const poolerImage = "ghcr.io/cloudnative-pg/pgbouncer:1.25.1";

/** Connections of a server that are not for poolers: for superusers, replication, the operator and metrics. */
const serverOwn = 16;

const operator = { cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" } as const;

/**
 * The pods of the operator, and those that it makes, by the labels that it gives them (CloudNativePG, "Labels and Annotations").
 * `made` are all of a Cluster: the Jobs that make the first server and the clones have no other label.
 */
export function clusterPods({ name, namespace }: Pick<ServerShape, "name" | "namespace">) {
  const postgresql = 5432;
  return {
    operators: new Pods(
      namespace,
      { "app.kubernetes.io/instance": operatorName, "app.kubernetes.io/name": "cloudnative-pg" },
      { webhook: 9443, metrics: 8080 },
    ),
    // At `status`, the instance managers answer the operator and each other.
    servers: new Pods(
      namespace,
      { "cnpg.io/cluster": name, "cnpg.io/podRole": "instance" },
      { postgresql, status: 8000, metrics: 9187 },
    ),
    poolers: new Pods(namespace, poolerLabels(name), { postgresql, metrics: 9127 }),
    made: new Pods(namespace, { "cnpg.io/cluster": name }, {}),
    // The Job that recovers the first server (CloudNativePG, pkg/specs/jobs.go).
    recovering: new Pods(namespace, { "cnpg.io/cluster": name, "cnpg.io/jobRole": "full-recovery" }, {}),
  };
}

function poolerLabels(name: string): Record<string, string> {
  return { "cnpg.io/poolerName": poolerName(name) };
}

/** The label of the superuser's Secret. The operator watches a Secret for changed passwords only with this label. */
export const superuserSecret = { type: "kubernetes.io/basic-auth", labels: { "cnpg.io/reload": "true" } };

/** The pooler's name, and its Service's. */
export function poolerName(name: string): string {
  return `${name}-pooler`;
}

/** Values of the chart `cloudnative-pg`, the operator: one replica is enough, because servers keep running without it. */
export function operatorValues(shape: ServerShape, clusterDomain?: string): Values {
  return {
    fullnameOverride: operatorName,
    crds: { create: true },
    resources: resources(operator),
    monitoring: { podMonitorEnabled: shape.serviceMonitor },
    // CloudNativePG, "Operator configuration".
    config: clusterDomain && { data: { KUBERNETES_CLUSTER_DOMAIN: clusterDomain } },
  };
}

/** The spec of the Cluster (postgresql.cnpg.io/v1). */
export function clusterSpec(
  shape: ServerShape,
  environment: Pick<Environment, "placement" | "images" | "stack" | "pods">,
  superuserSecret: string,
) {
  const storage = (size: string) => ({
    size,
    storageClass: shape.storageClass,
  });
  return {
    instances: shape.replicas,
    imageName: pulledImage(serverImage, environment.images),
    imagePullSecrets: pullSecrets(environment.images),
    enableSuperuserAccess: true,
    superuserSecret: { name: superuserSecret },
    storage: storage(shape.storage),
    walStorage: shape.walStorage && storage(shape.walStorage),
    resources: resources(shape.resources),
    postgresql: {
      parameters: { max_connections: String(shape.maxConnections), shared_buffers: postgresSize(shape.sharedBuffers) },
    },
    affinity: {
      enablePodAntiAffinity: true,
      podAntiAffinityType: "required",
      topologyKey: "kubernetes.io/hostname",
      ...placed(environment.placement),
    },
    ...spreadOverZones(clusterPods(shape).servers.labels, shape.replicas),
    priorityClassName: podPriority(environment, shape.namespace, "platform"),
    // The operator writes them to what it makes for the Cluster: pods, Services, Secrets and claims (CloudNativePG, "Inherited metadata").
    ...inheritedMetadata(environment, shape.namespace),
    enablePDB: shape.replicas > 1,
    monitoring: { enablePodMonitor: shape.serviceMonitor },
  };
}

function inheritedMetadata(environment: Pick<Environment, "pods">, namespace: string) {
  const extras = podMetadata(environment, namespace);
  return Object.keys(extras).length === 0 ? {} : { inheritedMetadata: extras };
}

/**
 * The connections that each PgBouncer may open for one database: as many as fit if the pools of all databases are full. In session
 * mode, a client uses one connection until it disconnects, so that a database needs no more connections than its consumer has.
 */
export function poolSize(
  { maxConnections, pooler }: Pick<ServerShape, "maxConnections" | "pooler">,
  databases: readonly DatabaseEntry[],
  pools: readonly ConnectionPool[],
): number {
  const budget = maxConnections - serverOwn;
  const most = databases.map(({ name }) => {
    const own = pools.filter(({ database }) => database === name);
    return own.length === 0
      ? Infinity
      : own.reduce((sum, { connections, replicas }) => sum + connections * replicas, 0);
  });
  const opened = (size: number) => most.reduce((sum, clients) => sum + Math.min(size * pooler.replicas, clients), 0);
  let size = Math.max(1, Math.floor(budget / pooler.replicas));
  while (size > 1 && opened(size) > budget) size--;
  return size;
}

/** The spec of the Pooler (postgresql.cnpg.io/v1): PgBouncer in session mode, because applications use prepared statements. */
export function poolerSpec(
  shape: ServerShape,
  environment: Pick<Environment, "placement" | "images" | "stack" | "pods">,
  poolSize: Output<number>,
) {
  const { placement, images } = environment;
  const extras = podMetadata(environment, shape.namespace);
  return {
    cluster: { name: shape.name },
    instances: shape.pooler.replicas,
    type: "rw",
    pgbouncer: {
      poolMode: "session",
      // Each pair of database and user has its own pool, and idle connections stay open: all pools together must fit.
      parameters: { default_pool_size: poolSize.apply(String), max_client_conn: "1000" },
    },
    monitoring: { enablePodMonitor: shape.serviceMonitor },
    template: {
      metadata: { ...extras, labels: { ...extras.labels, ...poolerLabels(shape.name) } },
      spec: {
        ...placed(placement),
        ...spreadOver(poolerLabels(shape.name), shape.pooler),
        priorityClassName: podPriority(environment, shape.namespace, "platform"),
        imagePullSecrets: pullSecrets(environment.images),
        containers: [
          { name: "pgbouncer", image: pulledImage(poolerImage, images), resources: resources(shape.pooler.resources) },
        ],
      },
    },
  };
}

/** The requests of a Cluster's servers. @param beside further containers of each server's pod */
export function serverPods(shape: ServerShape, beside: readonly Size[] = []): ChartPods {
  const { storageClass } = shape;
  return {
    name: shape.name,
    kind: "StatefulSet",
    replicas: shape.replicas,
    containers: [shape.resources, ...beside],
    claims: [
      { name: "data", size: shape.storage, storageClass },
      ...(shape.walStorage === undefined ? [] : [{ name: "wal", size: shape.walStorage, storageClass }]),
    ],
  };
}

/** The requests of all its pods. @param beside further containers of each server's pod */
export function cloudNativePgPods(shape: ServerShape, beside: readonly Size[] = []): ChartPods[] {
  return [
    { name: operatorName, kind: "Deployment", replicas: 1, containers: [operator] },
    serverPods(shape, beside),
    {
      name: poolerName(shape.name),
      kind: "Deployment",
      replicas: shape.pooler.replicas,
      containers: [shape.pooler.resources],
    },
  ];
}
