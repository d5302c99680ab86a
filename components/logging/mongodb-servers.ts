import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import type * as pulumi from "@pulumi/pulumi";
import type { MongodbBinding } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { keepsData, outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Peer } from "../kit/ledger.ts";
import { metricsEdges } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { secret } from "../kit/secret.ts";
import type { SecretKey } from "../kit/secret.ts";
import { loggingCredentials } from "./credentials.ts";
import * as mongodb from "./mongodb.ts";

/** A store of Graylog's: its address with user and password, and what must exist before Graylog starts. */
export interface Store {
  readonly uri: SecretKey;
  readonly ready: readonly pulumi.Resource[];
}

/** The same for MongoDB. */
export interface MongodbStore extends Store {
  /** Gives another consumer access. */
  readonly given: (consumer: MongodbConsumer) => MongodbBinding;
}

/** Pods that read the database besides Graylog. */
export interface MongodbConsumer {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Graylog's MongoDB: the operator, a replica set with one user, and the connection string in a Secret.
 * @param serviceMonitors what reads metrics; undefined: nothing does
 */
export function mongodbServers(
  owner: Component,
  wanted: Omit<mongodb.MongodbShape, "measured">,
  client: Peer,
  serviceMonitors: MetricsReader | undefined,
): MongodbStore {
  const shape = { ...wanted, measured: serviceMonitors !== undefined };
  const { environment } = owner;
  const { ledger } = environment;
  const { namespace } = shape;
  const password = new Credential(owner, "mongodb-password", loggingCredentials.mongodb);
  const kept = outlives(environment);
  const place = { name: mongodb.mongodbSecret, namespace };
  const own = secret(owner, "mongodb-secret", place, { password: password.value }, kept);
  const uri = password.value.apply((value) => mongodb.mongodbUri(shape, value, owner.environment));
  const access = secret(owner, "mongodb-access", { name: "mongodb-access", namespace }, { uri }, kept);
  password.storedIn(own, "password", "mongodb");
  password.storedIn(access, "uri", "graylog");
  const pods = mongodb.mongodbServerPods(namespace);
  const groups = mongodb.mongodbPods(shape);
  const operator = chartRelease(
    owner,
    "mongodb-operator",
    {
      chart: "mongodb-kubernetes",
      name: mongodb.operatorName,
      namespace,
      values: mongodb.operatorValues(environment),
      pods: groups.operator,
    },
    // It brings the service account of the servers.
    kept,
  );
  const servers = owner.object(
    CustomResource,
    "mongodb",
    { name: mongodb.replicaSet, namespace },
    {
      apiVersion: "mongodbcommunity.mongodb.com/v1",
      kind: "MongoDBCommunity",
      spec: mongodb.communitySpec(shape, environment),
    },
    {
      ...keepsData(environment),
      dependsOn: [
        operator,
        own.resource,
        ...(serviceMonitors === undefined ? [] : [metrics(owner, pods, serviceMonitors)]),
      ],
    },
  );
  ledger.podGroups.push({ component: owner.label, namespace, ...groups.servers });
  ledger.data.push({ data: `MongoDB database ${mongodb.mongodbUser}` });
  if (shape.replicas > 1)
    owner.object(
      PodDisruptionBudget,
      "mongodb-disruption",
      { name: mongodb.replicaSet, namespace },
      { spec: { maxUnavailable: 1, selector: { matchLabels: { ...pods.labels } } } },
    );
  const { peer } = pods;
  const port = pods.port("mongodb");
  const toApi = { to: { kind: "apiServer" }, ports: owner.environment.cluster.apiServerPorts } as const;
  ledger.edges.push(
    { from: peer, to: peer, ports: [port], purpose: "replication" },
    { from: peer, ...toApi, purpose: "MongoDB's agents say how far they are" },
    {
      from: { kind: "pods", namespace, labels: mongodb.operatorLabels },
      ...toApi,
      purpose: "watches MongoDB",
    },
    { from: client, to: peer, ports: [port], purpose: "Graylog's database" },
  );
  const deployment = `Deployment ${namespace}/${mongodb.operatorName}`;
  ledger.accepted.push(
    {
      check: "GP050",
      object: deployment,
      reason: "servers run on without their operator, and a second one would only wait",
    },
    {
      check: "GP020",
      object: deployment,
      reason: "the image is that of servers that this stack does not create, and its tag is in another variable",
    },
    {
      check: "GP021",
      object: deployment,
      reason: "the images are those of a search server that this stack does not create",
    },
  );
  return {
    uri: { secret: access, key: "uri" },
    given: (consumer) => given(owner, consumer, { uri, password, pods }),
    ready: [servers, access.resource],
  };
}

/** Access for another consumer: the connection string in its namespace. */
function given(
  owner: Component,
  consumer: MongodbConsumer,
  {
    password,
    pods,
    uri,
  }: { uri: pulumi.Output<string>; password: Credential; pods: ReturnType<typeof mongodb.mongodbServerPods> },
): MongodbBinding {
  const { namespace } = consumer;
  const own = secret(owner, `mongodb-access-${namespace}`, { name: "mongodb-access", namespace }, { uri });
  password.storedIn(own, "uri", namespace);
  owner.environment.ledger.edges.push({
    from: { kind: "pods", ...consumer },
    to: pods.peer,
    ports: [pods.port("mongodb")],
    purpose: `dumps of MongoDB`,
  });
  return { database: mongodb.mongodbUser, uri: { secret: own, key: "uri" } };
}

/** Prometheus reads the metrics of the servers' agents, with a password of its own. */
function metrics(
  owner: Component,
  pods: ReturnType<typeof mongodb.mongodbServerPods>,
  serviceMonitors: MetricsReader,
): pulumi.Resource {
  const { ledger } = owner.environment;
  const { namespace } = pods;
  const { secret: name, username } = mongodb.mongodbMetrics;
  const password = new Credential(owner, "mongodb-metrics-password", loggingCredentials.mongodbMetrics);
  // Servers that are kept go on only while the operator finds what they refer to.
  const place = { name, namespace };
  const data = { username, password: password.value };
  const own = secret(owner, "mongodb-metrics-secret", place, data, outlives(owner.environment));
  password.storedIn(own, "password", "mongodb, prometheus");
  owner.object(
    CustomResource,
    "mongodb-monitor",
    { name: mongodb.replicaSet, namespace },
    { apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor", spec: mongodb.mongodbMonitor },
    { dependsOn: [serviceMonitors.ready, own.resource] },
  );
  ledger.edges.push(...metricsEdges(serviceMonitors, pods.peer, [pods.port("metrics")]));
  ledger.accepted.push({
    check: "GP093",
    object: `ServiceMonitor ${namespace}/${mongodb.replicaSet}`,
    reason: "its Service is the operator's",
  });
  return own.resource;
}
