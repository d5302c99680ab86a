import type * as pulumi from "@pulumi/pulumi";
import type { Component } from "../kit/component.ts";
import { childName, maxCronJobName, roleIn } from "../kit/names.ts";
import type { SecretKey } from "../kit/secret.ts";
import { cronJob, job } from "../kit/workload.ts";
import { backupLabels } from "./labels.ts";
import { resticPod } from "./pod.ts";
import type { Run } from "./pod.ts";
import { keepOptions, repositoryFolder, resticImage } from "./repository.ts";
import type { Retention } from "./repository.ts";
import { backupScripts } from "./scripts.ts";
import { sizesPod } from "./sizes.ts";
import type { SizeRecords } from "./sizes.ts";
import type { Access } from "./station.ts";

/** A run that takes longer is ended, so that the next one can start. */
export const deadline = 6 * 3600;

/** The account of pods that need no program but restic. */
export const restic = { user: 10001, group: 10001 };

/** When repositories are maintained, and what is kept. */
export interface Maintenance {
  readonly keep: Retention;
  readonly pruneSchedule: string;
  readonly check: { readonly schedule: string; readonly shares: number };
}

/** What the repositories of a stack share. */
export interface Shared extends Maintenance {
  readonly recovery: SecretKey;
  readonly sizes: SizeRecords;
}

/** A repository. */
export interface Repository {
  /** As pods in the namespace of backups open it. */
  readonly access: Access;
  /** What must exist before a pod uses it. */
  readonly ready: readonly pulumi.Resource[];
  /** The CronJob that checks it: its pod also lists the snapshots. */
  readonly checkJob: string;
}

/** A run by a schedule. */
export interface Scheduled extends Run {
  readonly role: string;
  readonly name: string;
  readonly schedule: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A CronJob in the namespace of a repository's access. */
export function scheduled(
  owner: Component,
  { access: { station }, ready }: Pick<Repository, "access" | "ready">,
  { labels, name, role, schedule, ...run }: Scheduled,
): void {
  const { namespace, restic: pods } = station;
  const spec = { name, namespace, labels, schedule, pod: resticPod(pods, run), backoffLimit: 2 };
  cronJob(owner, role, { ...spec, activeDeadlineSeconds: deadline }, { dependsOn: ready });
}

/**
 * Makes a repository: the Job that creates it and sets its password, and the CronJobs that remove old snapshots, check the others and
 * compare their sizes.
 * @param of the namespace whose files it has. Default: it has the dumps
 */
export function repository(
  owner: Component,
  access: Access,
  { check, keep, pruneSchedule, recovery, sizes }: Shared,
  of?: string,
): Repository {
  const { namespace, restic: pods } = access.station;
  const named = (name: string) => (of === undefined ? name : childName(name, of, maxCronJobName));
  const role = roleIn(of);
  const common = { image: resticImage, runAs: restic };
  const pod = resticPod(pods, {
    ...common,
    script: "repository.sh",
    env: { ...access.store, KIND: "repository", RECOVERY_PASSWORD: recovery },
  });
  const { "common.sh": begin = "", "repository.sh": script = "" } = backupScripts();
  const { resource } = job(
    owner,
    role("repository"),
    { name: named("backup-repository"), namespace, pod, backoffLimit: 3 },
    role("repository"),
    [begin, script],
    { dependsOn: [...access.ready, recovery.secret.resource] },
  );
  const made: Repository = { access, ready: [resource], checkJob: named("backup-check") };
  scheduled(owner, made, {
    ...common,
    role: role("prune"),
    name: named("backup-prune"),
    schedule: pruneSchedule,
    script: "prune.sh",
    env: { ...access.store, KIND: "prune", KEEP: keepOptions(keep) },
  });
  cronJob(
    owner,
    role("sizes"),
    {
      name: named("backup-sizes"),
      namespace,
      labels: backupLabels("sizes"),
      schedule: pruneSchedule,
      pod: sizesPod(
        pods,
        { ...common, env: { ...access.store, KIND: "sizes" } },
        sizes,
        repositoryFolder(owner.environment.stack, of),
      ),
      backoffLimit: 2,
      activeDeadlineSeconds: deadline,
    },
    { dependsOn: [resource, ...sizes.ready] },
  );
  scheduled(owner, made, {
    ...common,
    role: role("check"),
    name: made.checkJob,
    schedule: check.schedule,
    script: "check.sh",
    env: { ...access.store, KIND: "check", SHARES: String(check.shares) },
  });
  return made;
}
