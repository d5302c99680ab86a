import { isIpv6Only, placed, serviceHost, unusualDomain } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { pulledImage } from "../kit/images.ts";
import type { ChartPods } from "../kit/ledger.ts";
import { Pods } from "../kit/pods.ts";
import type { Bytes } from "../kit/quantities.ts";
import { podMetadata, podPriority } from "../kit/pod-extras.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { apart } from "../kit/spread.ts";
import type { Values } from "../kit/merge.ts";

/** The shape of the replica set. */
export interface MongodbShape {
  readonly namespace: string;
  readonly replicas: number;
  readonly storage: Bytes;
  readonly storageClass?: string;
  readonly resources: Size;
  /** Whether Prometheus reads the servers' metrics. */
  readonly measured: boolean;
}

/** Name of the replica set, and first part of its pods' names. */
export const replicaSet = "graylog-mongodb";

/** User and database of Graylog. */
export const mongodbUser = "graylog";

/** The port of the servers. */
const mongodbPort = 27017;

/** The Secret with the user's password, as the operator reads it. */
export const mongodbSecret = "graylog-mongodb-user";

/** Where the agents beside the servers offer metrics, as whom Prometheus asks, and the Secret with that name and password. */
export const mongodbMetrics = { port: 9216, username: "prometheus", secret: "graylog-mongodb-metrics" } as const;

/** Graylog 7 asks for MongoDB 7 at least (graylog2-server, MongoDBVersionCheck.java). */
const version = "7.0.28";
const image = `quay.io/mongodb/mongodb-community-server:${version}-ubi9`;

/** The operator's release, and its Deployment: the chart names it by a value of its own. */
export const operatorName = "mongodb-operator";

const operator = { cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" } as const;
const agent = { cpu: "20m", memory: "96Mi", memoryLimit: "384Mi" } as const;
/** Copies a program into the pod, and ends. */
const setup = { cpu: "10m", memory: "16Mi", memoryLimit: "64Mi" } as const;
const logStorage = "1Gi";

/** The labels of the operator's pods. */
export const operatorLabels = {
  "app.kubernetes.io/component": "controller",
  "app.kubernetes.io/instance": operatorName,
  "app.kubernetes.io/name": operatorName,
};

/** The label that the operator gives the servers' pods. */
const mongodbLabels = { app: `${replicaSet}-svc` };

/** The servers' pods. */
export function mongodbServerPods(namespace: string): Pods<"mongodb" | "metrics"> {
  return new Pods(namespace, mongodbLabels, { mongodb: mongodbPort, metrics: mongodbMetrics.port });
}

/** Values of the chart `mongodb-kubernetes`, the operator: it looks after community servers of its own namespace alone. */
export function operatorValues({ images }: Pick<Environment, "images">): Values {
  return {
    operator: {
      name: operatorName,
      watchedResources: ["mongodbcommunity"],
      enableClusterMongoDBRoles: false,
      // It checks kinds that the stack does not create.
      webhook: { registerConfiguration: false, installClusterRole: false },
      telemetry: {
        collection: { clusters: { enabled: false }, deployments: { enabled: false }, operators: { enabled: false } },
      },
      // The chart passes cpu and memory alone.
      resources: {
        requests: { cpu: operator.cpu, memory: operator.memory },
        limits: { cpu: "1", memory: operator.memoryLimit },
      },
    },
    community: { mongodb: { imageType: "ubi9" } },
    // This chart wants one name, where others want a list.
    registry: { pullPolicy: "IfNotPresent", imagePullSecrets: images.pullSecret },
  };
}

/** The spec of the MongoDBCommunity (mongodbcommunity.mongodb.com/v1): servers on nodes of their own, and one user. */
export function communitySpec(
  shape: MongodbShape,
  environment: Pick<Environment, "cluster" | "images" | "placement" | "pods" | "stack">,
) {
  const { images, placement } = environment;
  const extras = podMetadata(environment, shape.namespace);
  const claim = (name: string, size: string) => ({
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: size } },
      storageClassName: shape.storageClass,
    },
  });
  return {
    members: shape.replicas,
    type: "ReplicaSet",
    clusterDomain: unusualDomain(environment),
    // By default, mongod listens on IPv4 only (MongoDB, "net Options").
    additionalMongodConfig: isIpv6Only(environment) ? { "net.ipv6": true, "net.bindIp": "::,0.0.0.0" } : undefined,
    version,
    security: { authentication: { modes: ["SCRAM"] } },
    users: [
      {
        name: mongodbUser,
        db: mongodbUser,
        passwordSecretRef: { name: mongodbSecret },
        roles: [
          { name: "readWrite", db: mongodbUser },
          { name: "dbAdmin", db: mongodbUser },
          // Graylog asks for the servers' version and state.
          { name: "clusterMonitor", db: "admin" },
        ],
        scramCredentialsSecretName: mongodbUser,
      },
    ],
    prometheus: shape.measured
      ? {
          port: mongodbMetrics.port,
          username: mongodbMetrics.username,
          passwordSecretRef: { name: mongodbMetrics.secret, key: "password" },
        }
      : undefined,
    statefulSet: {
      spec: {
        template: {
          metadata: { ...extras, labels: { ...extras.labels, ...mongodbLabels } },
          spec: {
            ...placed(placement),
            affinity: apart(mongodbLabels),
            priorityClassName: podPriority(environment, shape.namespace, "platform"),
            initContainers: [
              { name: "mongod-posthook", resources: resources(setup) },
              { name: "mongodb-agent-readinessprobe", resources: resources(setup) },
            ],
            containers: [
              { name: "mongod", image: pulledImage(image, images), resources: resources(shape.resources) },
              { name: "mongodb-agent", resources: resources(agent) },
            ],
          },
        },
        volumeClaimTemplates: [claim("data-volume", shape.storage), claim("logs-volume", logStorage)],
      },
    },
  };
}

/** The connection string of Graylog's user (MongoDB, "Connection Strings"); the password is letters and digits. */
export function mongodbUri(
  { namespace, replicas }: MongodbShape,
  password: string,
  environment: Pick<Environment, "cluster">,
): string {
  const hosts = Array.from(
    { length: replicas },
    (_, index) => `${replicaSet}-${index}.${serviceHost(environment, `${replicaSet}-svc`, namespace)}:${mongodbPort}`,
  );
  const options = `replicaSet=${replicaSet}&authSource=${mongodbUser}`;
  return `mongodb://${mongodbUser}:${password}@${hosts.join(",")}/${mongodbUser}?${options}`;
}

/** What the operator and the servers ask for. */
export function mongodbPods(shape: MongodbShape): {
  operator: ChartPods[];
  servers: ChartPods;
} {
  const { storageClass } = shape;
  return {
    operator: [{ name: operatorName, kind: "Deployment", replicas: 1, containers: [operator] }],
    servers: {
      name: replicaSet,
      kind: "StatefulSet",
      replicas: shape.replicas,
      containers: [shape.resources, agent],
      claims: [
        { name: "data-volume", size: shape.storage, storageClass },
        { name: "logs-volume", size: logStorage, storageClass },
      ],
    },
  };
}

/** The spec of the ServiceMonitor: the operator names the port, and labels its Service like the pods. */
export const mongodbMonitor = {
  selector: { matchLabels: mongodbLabels },
  endpoints: [
    {
      port: "prometheus",
      basicAuth: {
        username: { name: mongodbMetrics.secret, key: "username" },
        password: { name: mongodbMetrics.secret, key: "password" },
      },
    },
  ],
};
