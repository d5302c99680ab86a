/** A workload that uses a database, and its replicas before it was stopped. */
export interface Consumer {
  readonly kind: "Deployment" | "StatefulSet";
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
}

/** What a restore does to a cluster. */
export interface RestoreCluster {
  /** Runs a script of backups in a pod, with more variables. @throws Error with the script's last line where it fails */
  script(cronJob: string, script: string, env: Readonly<Record<string, string>>): Promise<string>;
  /** Writes down the replicas of a workload in an annotation, scales it to 0 and waits until its pods are gone. */
  stop(consumer: Consumer): Promise<void>;
  /** Scales a workload to the replicas of the annotation, and removes the annotation. */
  start(consumer: Consumer): Promise<void>;
}

/** One step of a restore. */
export interface Step<Cluster = RestoreCluster> {
  readonly title: string;
  /** Whether it also runs if an earlier step failed, or the user stopped the restore. */
  readonly always?: true;
  /** Whether no step may follow where it fails. */
  readonly guards?: true;
  readonly run: (cluster: Cluster) => Promise<string | void>;
}

/** What is restored. */
export interface Restore {
  readonly database: string;
  /** The CronJob of its backups. */
  readonly cronJob: string;
  /** What it is restored from: a snapshot, or the host of a server with the data of an earlier time. */
  readonly from: { readonly snapshot: string } | { readonly recovered: string };
  /** The name of the restored database until the swap. */
  readonly target: string;
  /** The name of the old database after it. */
  readonly old: string;
  /** Tables that must have rows. */
  readonly tables: readonly string[];
  /** In the order in which they are stopped; they are started in reverse order. */
  readonly consumers: readonly Consumer[];
}

/**
 * The steps of a restore. The database is restored beside the old one, which stays in use. With `swap`, its consumers are stopped,
 * the two names are exchanged in one transaction, and the consumers are started in any case: whichever step fails, they find
 * either the old database or the restored one under its name.
 */
export function restoreSteps(restore: Restore, swap: boolean): Step[] {
  const { consumers, cronJob, database, from, old, tables, target } = restore;
  const [what, source] =
    "snapshot" in from
      ? [`restore snapshot ${from.snapshot.slice(0, 8)}`, { SNAPSHOT: from.snapshot }]
      : [`copy ${database} of the recovered server`, { RECOVERED: from.recovered }];
  const beside: Step = {
    title: `${what} into the new database ${target}, and verify it`,
    run: (cluster) => cluster.script(cronJob, "restore.sh", { ...source, TABLES: tables.join(" "), TARGET: target }),
  };
  if (!swap) return [beside];
  return [
    beside,
    ...stopSteps(consumers),
    {
      title: `rename ${database} to ${old}, and ${target} to ${database}, in one transaction`,
      run: (cluster) => cluster.script(cronJob, "swap.sh", { OLD: old, TARGET: target }),
    },
    ...startSteps(consumers),
  ];
}

/** Steps that stop consumers in their order. */
export function stopSteps(consumers: readonly Consumer[]): Step<Pick<RestoreCluster, "stop">>[] {
  return consumers.map((one) => ({ title: `stop ${named(one)}`, run: (cluster) => cluster.stop(one) }));
}

/** Steps that start consumers in reverse order, in any case. */
export function startSteps(consumers: readonly Consumer[]): Step<Pick<RestoreCluster, "start">>[] {
  return consumers.toReversed().map((one) => ({
    title: `start ${named(one)} with ${one.replicas} ${one.replicas === 1 ? "replica" : "replicas"}`,
    always: true,
    run: (cluster) => cluster.start(one),
  }));
}

function named({ kind, name, namespace }: Consumer): string {
  return `${kind} ${namespace}/${name}`;
}

/** The result of steps: the failures by title, in order. */
export interface Outcome {
  readonly failures: readonly { readonly title: string; readonly reason: string }[];
  readonly stopped: boolean;
}

/**
 * Runs steps in order. After a failure, or when the user stops the restore, only steps that always run follow; each of them runs
 * even if another one failed, unless that guards it.
 */
export async function runSteps<Cluster>(
  steps: readonly Step<Cluster>[],
  cluster: Cluster,
  signal: AbortSignal,
  report: (line: string) => void,
): Promise<Outcome> {
  const failures: { title: string; reason: string }[] = [];
  for (const { always, guards, run, title } of steps) {
    if (always === undefined && (failures.length > 0 || signal.aborted)) continue;
    report(title);
    try {
      const output = await run(cluster);
      if (typeof output === "string" && output !== "") report(output);
    } catch (error) {
      failures.push({ title, reason: error instanceof Error ? error.message : String(error) });
      if (guards === true) break;
    }
  }
  return { failures, stopped: signal.aborted };
}
