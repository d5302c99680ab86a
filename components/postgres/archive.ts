import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import { recoveredFrom } from "../kit/annotations.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { serviceHost } from "../kit/environment.ts";
import { recoveredService } from "../kit/ledger.ts";
import type { Pods } from "../kit/pods.ts";
import { secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { clusterPods, clusterSpec, serverPods } from "./cloudnative-pg.ts";
import * as archive from "./point-in-time.ts";
import type { PointInTime } from "./point-in-time.ts";
import { port } from "./server.ts";
import type { ServerShape } from "./postgresql-ha.ts";

/** What a Cluster needs of its archive. */
export interface Archive {
  /** The fields of the Cluster's spec. */
  readonly spec: object;
  /** What must exist before the Cluster: the operator does nothing for a Cluster whose plugin it does not know. */
  readonly ready: readonly pulumi.Resource[];
  readonly store: string;
}

/**
 * Barman's plugin for the operator, and the store of the archive.
 * @param operator the operator's release
 * @param ready what the plugin and the store wait for: cert-manager, which issues the certificates of the plugin
 */
export function archiveOf(
  owner: Component,
  { name, namespace }: Pick<ServerShape, "name" | "namespace">,
  args: PointInTime & { readonly ready: readonly pulumi.Resource[] },
  operator: { readonly release: pulumi.Resource; readonly pods: Pods },
): Archive {
  const { environment } = owner;
  const release = chartRelease(
    owner,
    "archive-plugin",
    {
      chart: "plugin-barman-cloud",
      name: archive.pluginRelease,
      namespace,
      values: archive.pluginValues(),
      pods: archive.pluginChartPods(),
    },
    { dependsOn: [operator.release, ...args.ready] },
  );
  const pods = archive.pluginPods(namespace);
  environment.ledger.edges.push(
    {
      from: operator.pods.peer,
      to: pods.peer,
      ports: [pods.port("plugin")],
      purpose: "the operator calls its plugin",
    },
    {
      from: pods.peer,
      to: { kind: "apiServer" },
      ports: environment.cluster.apiServerPorts,
      purpose: "watches ObjectStores",
    },
  );
  const store = `${name}-archive`;
  const authority =
    args.authorities === undefined
      ? undefined
      : secret(
          owner,
          "archive-authorities",
          { name: `${store}-ca`, namespace },
          { [archive.authorityKey]: args.authorities },
          outlives(environment),
        );
  const objectStore = owner.object(
    CustomResource,
    "archive-store",
    { name: store, namespace },
    {
      apiVersion: "barmancloud.cnpg.io/v1",
      kind: "ObjectStore",
      spec: archive.objectStoreSpec(args, environment.stack, authority?.name),
    },
    { ...outlives(environment), dependsOn: [release, ...(authority ? [authority.resource] : [])] },
  );
  environment.ledger.backups.push({
    data: `PostgreSQL ${name}, at any time`,
    path: `/${archive.archiveFolder(environment.stack)}/${args.archive}`,
    method: "barman-cloud, with the write-ahead log",
    schedule: args.schedule,
    keep: args.keep,
  });
  return { store, spec: archive.archiverSpec(args, store), ready: [objectStore, args.bucket.ready] };
}

/** The base backups of a Cluster. */
export function baseBackups(
  owner: Component,
  { name, namespace }: Pick<ServerShape, "name" | "namespace">,
  args: PointInTime,
  cluster: pulumi.Resource,
): void {
  owner.object(
    CustomResource,
    "base-backups",
    { name: `${name}-base`, namespace },
    { apiVersion: "postgresql.cnpg.io/v1", kind: "ScheduledBackup", spec: archive.baseBackupSpec(args, name) },
    { dependsOn: [cluster] },
  );
}

/**
 * A second server with the data of a time, beside the first one, which stays in use. It is a copy, so nothing protects it.
 * @param superuser the administrator's Secret of the first server
 * @returns its pods
 */
export function recoveredServer(
  owner: Component,
  shape: ServerShape,
  { bucket, recovery }: Pick<PointInTime, "bucket" | "recovery">,
  superuser: Keyed,
  { ready, store }: Archive,
): ReturnType<typeof clusterPods> | undefined {
  if (recovery === undefined) return undefined;
  const { environment } = owner;
  const { namespace } = shape;
  const name = archive.recoveredName(shape.name, recovery);
  const copy: ServerShape = { ...shape, name, replicas: 1, serviceMonitor: false };
  owner.object(
    CustomResource,
    // The time as it is in the name.
    name.slice(shape.name.length + 1),
    { name, namespace, annotations: { [recoveredFrom]: recovery.archive } },
    {
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "Cluster",
      spec: {
        ...clusterSpec(copy, environment, superuser.name),
        ...archive.recoverySpec(recovery, bucket, store),
      },
    },
    { dependsOn: [...ready, superuser.resource] },
  );
  environment.ledger.podGroups.push({ component: owner.label, namespace, ...serverPods(copy) });
  for (const check of ["GP050", "GP061"])
    environment.ledger.accepted.push({
      check,
      object: `Cluster ${namespace}/${name}`,
      reason: "it is a copy of data in the archive, and is deleted when nothing needs it",
    });
  environment.ledger.services.push({
    name: recoveredService,
    address: `${serviceHost(environment, `${name}-rw`, namespace)}:${port}`,
    purpose: `PostgreSQL with the data of ${recovery.at}`,
  });
  return clusterPods(copy);
}
