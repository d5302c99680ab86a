import type { Consumer, RestoreCluster, Step } from "./steps.ts";
import { startSteps, stopSteps } from "./steps.ts";

/** What is restored: the files of a claim. */
export interface ClaimRestore {
  readonly namespace: string;
  readonly claim: string;
  /** Whether it is a shared folder: it has no volume that could be exchanged. */
  readonly isFolder: boolean;
  /** The CronJob whose pod mounts the claim. */
  readonly pod: string;
  readonly snapshot: string;
  /** The new claim with the restored files, or their folder in the share. */
  readonly target: string;
  /** The claim with the old files after the swap, or their folder in the share. */
  readonly old: string;
  /** In the order in which they are stopped; they are started in reverse order. */
  readonly consumers: readonly Consumer[];
}

/** What a restore of a claim does to a cluster. */
export interface ClaimCluster extends Pick<RestoreCluster, "stop" | "start"> {
  /** Runs a script in the pod of a CronJob, with a claim to write to. @throws Error with the script's last line where it fails */
  script(cronJob: string, script: string, env: Readonly<Record<string, string>>, claim?: string): Promise<string>;
  /** Creates a claim of the same class and size; nothing where it exists. */
  createLike(claim: string, name: string): Promise<void>;
  /** Exchanges the volumes of two claims: the old one is then that of a third claim. It can be repeated. */
  swap(claim: string, target: string, old: string): Promise<string>;
  /** Ends a swap that was interrupted: undoes it, or completes it where the claim has the restored volume. */
  settle(claim: string): Promise<string>;
}

/**
 * The steps of a restore of a claim or of a shared folder. The files are restored beside the old ones, which stay in use. With `swap`,
 * the consumers are stopped, the files are exchanged, and an exchange that failed is undone before the consumers are started. If that
 * fails too, they stay stopped: they would create new, empty files.
 */
export function claimSteps(restore: ClaimRestore, swap: boolean): Step<ClaimCluster>[] {
  const { claim, consumers, isFolder, namespace, old, pod, snapshot, target } = restore;
  const files = { SNAPSHOT: snapshot };
  const short = snapshot.slice(0, 8);
  const beside: Step<ClaimCluster>[] = isFolder
    ? [
        {
          title: `restore snapshot ${short} into the folder ${target} of the share, and verify it`,
          run: (cluster) => cluster.script(pod, "restore-files.sh", { ...files, INTO: target }, claim),
        },
      ]
    : [
        {
          title: `create the claim ${namespace}/${target}, with the class and the size of ${claim}`,
          run: (cluster) => cluster.createLike(claim, target),
        },
        {
          title: `restore snapshot ${short} into it, and verify it`,
          run: (cluster) => cluster.script(pod, "restore-files.sh", files, target),
        },
      ];
  if (!swap) return beside;
  const exchange: Step<ClaimCluster> = isFolder
    ? {
        title: `move the old files of the share to its folder ${old}, and those of ${target} to their place`,
        run: (cluster) => cluster.script(pod, "swap-files.sh", { OLD: old, TARGET: target }, claim),
      }
    : {
        title: `give the volume of ${target} to the claim ${claim}, and the old volume to the claim ${old}`,
        run: (cluster) => cluster.swap(claim, target, old),
      };
  const [settle] = settleSteps(restore);
  return [
    ...(settle === undefined ? [] : [{ title: "end an earlier exchange that was interrupted", run: settle.run }]),
    ...beside,
    ...stopSteps(consumers),
    exchange,
    ...settleSteps(restore),
    ...startSteps(consumers),
  ];
}

/** The steps that end an interrupted restore. */
export function settleSteps({
  claim,
  isFolder,
  old,
  pod,
  target,
}: Pick<ClaimRestore, "claim" | "isFolder" | "old" | "pod" | "target">): Step<ClaimCluster>[] {
  return [
    {
      title: "check that the exchange is complete, and undo it otherwise",
      always: true,
      guards: true,
      run: (cluster) =>
        isFolder
          ? cluster.script(pod, "swap-files.sh", { BACK: "yes", OLD: old, TARGET: target }, claim)
          : cluster.settle(claim),
    },
  ];
}
