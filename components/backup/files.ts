import { join } from "node:path";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import type { ClaimFiles, Edge } from "../kit/ledger.ts";
import { childName, maxCronJobName } from "../kit/names.ts";
import type { Pod, Task, Volume } from "../kit/pod.ts";
import { accountFolder, nodeAccount, nodeImage, programFiles } from "../kit/program.ts";
import { grant } from "../kit/rights.ts";
import { configMap } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { cronJob } from "../kit/workload.ts";
import { claimPath } from "./file-scripts.ts";
import { backupLabels } from "./labels.ts";
import { resticPod } from "./pod.ts";
import { resticImage } from "./repository.ts";
import type { Access } from "./station.ts";

/** How the files of a claim are read. */
interface Reading {
  /** In words, for plans. */
  readonly method: string;
  /** The VolumeSnapshotClass. Default: the volume itself is read. */
  readonly snapshotClass?: string;
}

/** How the files of a claim are read: the class of its volume and its pods decide. */
export function readingOf({ shared, stops, storage }: ClaimFiles, snapshotClass: string | undefined): Reading {
  const stopped = stops === undefined ? undefined : `${stops.kind} ${stops.name} is stopped`;
  if (snapshotClass !== undefined && storage !== undefined)
    return {
      method: `restic, from a volume snapshot${stopped === undefined ? "" : `, for which ${stopped}`}`,
      snapshotClass,
    };
  if (stopped !== undefined) return { method: `restic, while ${stopped}` };
  return { method: shared === true ? "restic" : "restic, on the node of the pods that use it" };
}

/** When a backup runs, and after what. */
interface Run {
  readonly schedule: string;
  /** Seconds after which it is ended. */
  readonly deadline: number;
  readonly ready: readonly pulumi.Resource[];
}

/**
 * The CronJob of the backups of a claim, in the claim's namespace.
 *
 * A claim that pods of one node use is mounted by a pod on that node: such a volume cannot be attached to two. For a snapshot of the
 * volume, and for a workload that must be stopped, the CronJob runs a program that starts the Job of a second, suspended CronJob.
 * @returns the names of the CronJob and of the one whose pod mounts the claim, and the method in words
 */
export function fileBackup(
  owner: Component,
  { ready: opened, station, store }: Access,
  claim: ClaimFiles,
  program: VolumeProgram,
  { deadline, ready, schedule }: Run,
): { readonly cronJob: string; readonly pod: string; readonly method: string } {
  const { claim: name, consumer, namespace, shared, stops, storage } = claim;
  const { method, snapshotClass } = readingOf(claim, storage && owner.environment.snapshotClass(storage.role));
  const isPrepared = snapshotClass !== undefined || stops !== undefined;
  const scheduled = childName("backup-files", name, maxCronJobName);
  const copying = isPrepared ? childName("copy-files", name, maxCronJobName) : scheduled;
  const role = `files-${namespace}-${name}`;
  const volume: Volume =
    snapshotClass === undefined || storage === undefined
      ? { claim: name }
      : { ephemeral: { size: storage.size, role: storage.role, snapshot: copying } };
  const pod = resticPod(station.restic, {
    script: "files.sh",
    image: resticImage,
    runAs: claim.account,
    env: { ...store, FILES: claimPath(claim), KIND: "files" },
    files: { path: claimPath(claim), volume },
  });
  const term = { labelSelector: { matchLabels: { ...consumer } }, topologyKey: "kubernetes.io/hostname" };
  const beside = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const own = { namespace, schedule, labels: backupLabels("files"), pod, backoffLimit: 2 };
  const dependsOn = [...ready, ...opened];
  if (!isPrepared) {
    const affinity = shared === true ? undefined : beside;
    const spec = { ...own, name: scheduled, affinity, activeDeadlineSeconds: deadline };
    cronJob(owner, role, spec, { dependsOn });
    return { cronJob: scheduled, pod: scheduled, method };
  }
  // It ends before the one that waits for it.
  const waited = {
    ...own,
    name: copying,
    suspend: true,
    backoffLimit: 0,
    activeDeadlineSeconds: deadline - 600,
  } as const;
  cronJob(owner, `${role}-copy`, waited, { dependsOn });
  const right = rights(owner, role, claim, { account: scheduled, copying, snapshots: snapshotClass !== undefined });
  const held = program.held();
  const prepared = programPod(held, claim, { account: scheduled, copying, snapshotClass });
  cronJob(
    owner,
    role,
    {
      name: scheduled,
      namespace,
      schedule,
      labels: backupLabels("volumes"),
      pod: prepared,
      backoffLimit: 2,
      activeDeadlineSeconds: deadline,
    },
    { dependsOn: [...dependsOn, ...right, held.resource] },
  );
  return { cronJob: scheduled, pod: copying, method };
}

/** The connection of the programs in a namespace, which start the Jobs that copy. */
export function programEdge({ cluster }: Environment, namespace: string): Edge {
  return {
    from: { kind: "pods", namespace, labels: backupLabels("volumes") },
    to: { kind: "apiServer" },
    ports: cluster.apiServerPorts,
    purpose: "backups of volumes: snapshots, Jobs, workloads that are stopped",
  };
}

/** What the program does to objects of its own names in the namespace, and nothing else; a right to create cannot be limited to names. */
function rights(
  owner: Component,
  role: string,
  { namespace, stops }: ClaimFiles,
  {
    account: name,
    copying,
    snapshots,
  }: { readonly account: string; readonly copying: string; readonly snapshots: boolean },
): pulumi.Resource[] {
  const metadata = { name, namespace };
  const batch = { apiGroups: ["batch"] };
  const volumes = { apiGroups: ["snapshot.storage.k8s.io"], resources: ["volumesnapshots"] };
  const named = { resourceNames: [copying] };
  const account = owner.object(ServiceAccount, `${role}-account`, metadata, { automountServiceAccountToken: false });
  const granted = grant(owner, role, metadata, metadata, [
    { ...batch, resources: ["cronjobs"], ...named, verbs: ["get"] },
    { ...batch, resources: ["jobs"], ...named, verbs: ["get", "delete"] },
    { ...batch, resources: ["jobs"], verbs: ["create"] },
    ...(snapshots
      ? [
          { ...volumes, ...named, verbs: ["get", "delete"] },
          { ...volumes, verbs: ["create"] },
        ]
      : []),
    ...(stops === undefined
      ? []
      : [
          {
            apiGroups: ["apps"],
            resources: [`${stops.kind.toLowerCase()}s`],
            resourceNames: [stops.name],
            verbs: ["get", "patch"],
          },
        ]),
  ]);
  return [account, granted];
}

/** The ConfigMap with the program, in the namespace of the claims. */
export interface VolumeProgram {
  /** Makes it, where it has not been made yet. */
  held(): Keyed;
  readonly isUsed: () => boolean;
}

/** One ConfigMap for all claims of a namespace, if one of them needs the program. */
export function volumeProgram(owner: Component, namespace: string): VolumeProgram {
  let made: Keyed | undefined;
  return {
    held: () => {
      made ??= configMap(
        owner,
        `${namespace}-program`,
        { name: "backup-program", namespace },
        programFiles(join(import.meta.dirname, "programs"), ["api.ts", "volumes.ts"]),
      );
      return made;
    },
    isUsed: () => made !== undefined,
  };
}

function programPod(
  program: Keyed,
  { claim, namespace, stops }: ClaimFiles,
  {
    account,
    copying,
    snapshotClass,
  }: { readonly account: string; readonly copying: string; readonly snapshotClass?: string },
): Pod<Task> {
  return {
    runAs: nodeAccount,
    serviceAccount: account,
    // Time to start the workload again.
    terminationGracePeriodSeconds: 120,
    volumes: { program: { from: program } },
    containers: [
      {
        name: "volumes",
        image: nodeImage,
        command: ["node", "/program/volumes.ts"],
        env: {
          ACCOUNT: accountFolder,
          CLAIM: claim,
          NAME: copying,
          NAMESPACE: namespace,
          NODE_EXTRA_CA_CERTS: `${accountFolder}/ca.crt`,
          ...(snapshotClass !== undefined && { SNAPSHOT_CLASS: snapshotClass }),
          ...(stops && { STOPS: `${stops.kind.toLowerCase()}s/${stops.name}` }),
        },
        mounts: { "/program": { volume: "program", readOnly: true } },
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
      },
    ],
  };
}
