import type { Input } from "@pulumi/pulumi";
import { accountAnnotations } from "../kit/bindings.ts";
import type { Bucket } from "../kit/bindings.ts";
import { serviceHost, unusualDomain } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { ChartPods, Edge, Peer } from "../kit/ledger.ts";
import type { Pods } from "../kit/pods.ts";
import type { Bytes } from "../kit/quantities.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { secretKeyRef } from "../kit/secret.ts";
import { spreadOver } from "../kit/spread.ts";
import { goTrust, trustedMount, trustedVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import type { Values } from "../kit/merge.ts";
import { monitoringPods, thanosName, thanosPods } from "./pods.ts";
import { stackName } from "./shape.ts";
import type { ThanosShape } from "./shape.ts";

/** The Secret with the bucket's place, and its key. It holds no key to the bucket: those are environment variables. */
export const objstore = { secretName: "thanos-objstore", secretKey: "objstore.yml" } as const;

const sizes = {
  sidecar: { cpu: "10m", memory: "48Mi", memoryLimit: "256Mi" },
  query: { cpu: "50m", memory: "96Mi", memoryLimit: "512Mi" },
  store: { cpu: "50m", memory: "128Mi", memoryLimit: "1Gi" },
  compactor: { cpu: "50m", memory: "128Mi", memoryLimit: "2Gi" },
} as const satisfies Record<string, Size>;

/** The user of its image, who owns its volumes. */
const podSecurityContext = {
  fsGroup: 1000,
  fsGroupChangePolicy: "OnRootMismatch",
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: "RuntimeDefault" },
};

/** Where the bucket is (thanos.io, "Object Storage", S3): without keys, Thanos asks the environment for them. */
export function objstoreConfig({ bucket, endpoint, pathStyle, region }: Omit<Bucket, "access" | "ready">) {
  const { host, protocol } = new URL(endpoint);
  return {
    type: "S3",
    config: {
      bucket,
      bucket_lookup_type: pathStyle ? "path" : "virtual-hosted",
      endpoint: host,
      insecure: protocol === "http:",
      region,
    },
  };
}

/** The environment that holds the bucket's keys; for a role, AWS' own webhook adds what is needed. */
export function bucketEnvironment({ access }: Pick<Bucket, "access">): object[] {
  if (access.kind === "role") return [];
  return [
    { name: "AWS_ACCESS_KEY_ID", valueFrom: secretKeyRef(access.accessKey) },
    { name: "AWS_SECRET_ACCESS_KEY", valueFrom: secretKeyRef(access.secretKey) },
  ];
}

function trustingEnvironment(bucket: Pick<Bucket, "access">, trusted: Trusted | undefined): object[] {
  return trusted === undefined ? bucketEnvironment(bucket) : [...bucketEnvironment(bucket), goTrust];
}

/** What the chart `kube-prometheus-stack` is told of the side-car that uploads each Prometheus' blocks. */
export function sidecarValues(bucket: Bucket, checksum: Input<string>, trusted?: Trusted) {
  return {
    prometheus: {
      serviceAccount: { annotations: accountAnnotations(bucket.access) },
      thanosService: { enabled: true },
      thanosServiceMonitor: { enabled: true },
    },
    prometheusSpec: {
      // The compactor of the bucket does it: blocks that were merged here would be uploaded twice.
      disableCompaction: true,
      thanos: {
        objectStorageConfig: { existingSecret: { name: objstore.secretName, key: objstore.secretKey } },
        resources: resources(sizes.sidecar),
      },
      podMetadata: { annotations: { "groundplan/checksum": checksum } },
      volumes: trusted && [trustedVolume(trusted)],
    },
    container: {
      name: "thanos-sidecar",
      env: trustingEnvironment(bucket, trusted),
      volumeMounts: trusted && [trustedMount],
    },
  };
}

/** Values of the chart `thanos`. */
export function thanosValues(
  shape: ThanosShape,
  bucket: Bucket,
  given: {
    readonly namespace: string;
    readonly storageClass?: string;
    readonly checksum: Input<string>;
    readonly cluster: Environment["cluster"];
    /** CA certificates of the object store. Default: public CAs only. */
    readonly trusted?: Trusted;
  },
): Values {
  const { namespace, storageClass, checksum, trusted } = given;
  const reading = {
    extraEnv: trustingEnvironment(bucket, trusted),
    extraVolumes: trusted && [trustedVolume(trusted)],
    extraVolumeMounts: trusted && [trustedMount],
  };
  const budget = shape.replicas > 1 ? { pdb: { enabled: true, maxUnavailable: 1 } } : {};
  const { query, store } = thanosPods(namespace);
  const apart = ({ labels }: Pods) => spreadOver(labels, shape);
  const claim = (size: Bytes) => ({
    persistence: { size, storageClass },
  });
  return {
    fullnameOverride: thanosName,
    global: {
      clusterDomain: unusualDomain(given),
      objstore: { createSecret: false, ...objstore },
      podAnnotations: { "groundplan/checksum": checksum },
      // None of them asks the API server for anything.
      serviceAccount: { automountServiceAccountToken: false, annotations: accountAnnotations(bucket.access) },
      serviceMonitor: { enabled: true },
      // The platform's own alerts have pages and tests.
      thanosRules: { enabled: false },
    },
    query: {
      replicaCount: shape.replicas,
      endpoints: {
        static: [`dnssrv+_grpc._tcp.${serviceHost(given, `${stackName}-thanos-discovery`, namespace)}`],
      },
      replicaLabels: ["prometheus_replica"],
      podSecurityContext,
      resources: resources(sizes.query),
      ...budget,
      ...apart(query),
    },
    storegateway: {
      replicaCount: shape.replicas,
      resources: resources(sizes.store),
      podSecurityContext,
      ...reading,
      ...claim(shape.storeStorage),
      ...budget,
      ...apart(store),
    },
    // Exactly one: two would delete each other's blocks.
    compactor: {
      replicaCount: 1,
      retention: {
        resolutionRaw: shape.retention.raw,
        resolution5m: shape.retention.fiveMinutes,
        resolution1h: shape.retention.oneHour,
      },
      resources: resources(sizes.compactor),
      podSecurityContext,
      ...reading,
      vpa: { enabled: false },
      ...claim(shape.compactorStorage),
    },
    // Side-cars upload; nothing is received.
    receive: { enabled: false },
  };
}

/** What its pods ask for. */
export function thanosPodGroups(shape: ThanosShape, storageClass: string | undefined): ChartPods[] {
  const claims = (size: Bytes) => [{ name: "data", size, storageClass }];
  return [
    { name: `${thanosName}-query`, kind: "Deployment", replicas: shape.replicas, containers: [sizes.query] },
    {
      name: `${thanosName}-storegateway`,
      kind: "StatefulSet",
      replicas: shape.replicas,
      containers: [sizes.store],
      claims: claims(shape.storeStorage),
    },
    {
      name: `${thanosName}-compactor`,
      kind: "StatefulSet",
      replicas: 1,
      containers: [sizes.compactor],
      claims: claims(shape.compactorStorage),
    },
  ];
}

/** What the side-car of each Prometheus asks for. */
export const sidecarSize: Size = sizes.sidecar;

/** The connections of Thanos, but those to the bucket. */
export function thanosEdges(namespace: string): Edge[] {
  const { grafana, servers } = monitoringPods(namespace);
  const { query, store, compactor } = thanosPods(namespace);
  const scrapes = (to: Peer, port: number): Edge => ({
    from: servers.peer,
    to,
    ports: [port],
    purpose: "metrics of Thanos",
  });
  return [
    {
      from: query.peer,
      to: servers.peer,
      ports: [servers.port("thanosGrpc")],
      purpose: "Thanos asks for recent series",
    },
    { from: query.peer, to: store.peer, ports: [store.port("grpc")], purpose: "Thanos asks for old series" },
    { from: grafana.peer, to: query.peer, ports: [query.port("query")], purpose: "queries over all time" },
    scrapes(query.peer, query.port("query")),
    scrapes(store.peer, store.port("http")),
    scrapes(compactor.peer, compactor.port("http")),
    scrapes(servers.peer, servers.port("thanosHttp")),
  ];
}
