import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import { chartRelease } from "../kit/chart-release.ts";
import { keepsData } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost, unusualDomain } from "../kit/environment.ts";
import type { Edge } from "../kit/ledger.ts";
import { monitorKinds } from "../kit/metrics.ts";
import { disruptionBudget } from "../kit/workload.ts";
import { archiveOf, baseBackups, recoveredServer } from "./archive.ts";
import * as cnpg from "./cloudnative-pg.ts";
import { serverCredentials } from "./credentials.ts";
import { archiverContainers } from "./point-in-time.ts";
import { credentialSecret, metrics, port, shapeOf } from "./server.ts";
import type { PostgresArgs, Server } from "./server.ts";

/**
 * Servers of the CloudNativePG operator behind PgBouncer.
 * @param poolSize PgBouncer's connections for each database, which are known when every database has been requested
 */
export function cloudNativePgServer(owner: Component, args: PostgresArgs, poolSize: pulumi.Output<number>): Server {
  const { name, namespace } = args;
  const shape = shapeOf(args, owner.environment);
  const password = new Credential(owner, "superuser", serverCredentials["cloudnative-pg"].superuser);
  const own = credentialSecret(
    owner,
    args.namespace,
    "superuser-secret",
    `${name}-postgres`,
    { password },
    { username: "postgres" },
    cnpg.superuserSecret,
  );
  const operator = chartRelease(
    owner,
    "operator",
    {
      chart: "cloudnative-pg",
      name: cnpg.operatorName,
      namespace,
      values: cnpg.operatorValues(shape, unusualDomain(owner.environment)),
      pods: cnpg.cloudNativePgPods(shape, archiverContainers(args)),
    },
    { dependsOn: monitorKinds(args.serviceMonitors) },
  );
  const resource = (
    role: string,
    kind: string,
    objectName: string,
    spec: object,
    dependsOn: pulumi.Resource[],
    stateful: boolean,
  ) =>
    owner.object(
      CustomResource,
      role,
      { name: objectName, namespace },
      { apiVersion: "postgresql.cnpg.io/v1", kind, spec },
      { ...(stateful ? keepsData(owner.environment) : {}), dependsOn },
    );
  const { made, operators, poolers, servers } = cnpg.clusterPods(args);
  const { pointInTime } = args;
  const archive = pointInTime && archiveOf(owner, shape, pointInTime, { release: operator, pods: operators });
  const cluster = resource(
    "cluster",
    "Cluster",
    name,
    { ...cnpg.clusterSpec(shape, owner.environment, own.name), ...archive?.spec },
    [operator, own.resource, ...(archive?.ready ?? [])],
    true,
  );
  if (pointInTime) baseBackups(owner, shape, pointInTime, cluster);
  const recovered = pointInTime && archive && recoveredServer(owner, shape, pointInTime, own, archive);
  const pooler = resource(
    "pooler",
    "Pooler",
    cnpg.poolerName(name),
    cnpg.poolerSpec(shape, owner.environment, poolSize),
    [cluster],
    false,
  );
  const pooling = { name: cnpg.poolerName(name), namespace, replicas: shape.pooler.replicas };
  disruptionBudget(owner, "pooler", { ...pooling, selector: poolers.labels });
  const toApi = { to: { kind: "apiServer" }, ports: owner.environment.cluster.apiServerPorts } as const;
  const toServers = { to: servers.peer, ports: [servers.port("postgresql")] };
  const status = servers.port("status");
  owner.environment.ledger.edges.push(
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
    ...metrics(args.serviceMonitors, operators, servers, poolers),
    ...(recovered ? recoveredEdges(recovered, toApi) : []),
  );
  const host = (service: string) => serviceHost(owner.environment, service, namespace);
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
    recoveredPeer: recovered?.servers.peer,
    superuser: password,
  };
}

/** The connections of a recovered server: its pods to the API server, and the operator to them. */
function recoveredEdges(
  { made, operators, servers }: ReturnType<typeof cnpg.clusterPods>,
  toApi: Pick<Edge, "ports" | "to">,
): Edge[] {
  return [
    { from: made.peer, ...toApi, purpose: "recovers a server, and watches its Cluster" },
    {
      from: operators.peer,
      to: servers.peer,
      ports: [servers.port("postgresql"), servers.port("status")],
      purpose: "the operator watches the recovered server",
    },
  ];
}
