import type { BackupEntry } from "../../components/kit/ledger.ts";
import { compare } from "../../components/kit/stable.ts";
import { InputError } from "../input-error.ts";
import type { Plan } from "../plan.ts";
import { commandLine } from "../../components/kit/command-line.ts";
import { KubectlClaims } from "./claim-cluster.ts";
import { claimSteps, settleSteps } from "./claim-steps.ts";
import type { ClaimCluster, ClaimRestore } from "./claim-steps.ts";
import type { KubectlCluster } from "./cluster.ts";
import { consumersOf } from "./manifest.ts";
import { minute, restoredFiles, snapshotAt, snapshotsOf } from "./snapshots.ts";
import { runSteps, startSteps } from "./steps.ts";
import type { Consumer, Step } from "./steps.ts";

/** What the user asks for. */
interface Options {
  readonly stack: string;
  /** `NAMESPACE/NAME`, or a name that only one claim has. */
  readonly claim: string;
  /** Milliseconds since 1970. Default: now. */
  readonly at?: number;
  readonly confirm: boolean;
  /** Whether only an interrupted restore is ended. */
  readonly start: boolean;
}

/**
 * Restores the files of a claim or of a shared folder, or ends a restore that was interrupted.
 * @param backups the cluster as the CronJobs of the namespace of backups reach it
 * @returns the exit code
 * @throws InputError where there is no such backup
 */
export async function restoreClaim(
  plan: Plan,
  backups: KubectlCluster,
  { at = Date.now(), claim: wanted, confirm, stack, start }: Options,
  { kubeconfig, signal }: { readonly kubeconfig: string | undefined; readonly signal: AbortSignal },
  print: (line: string) => void,
): Promise<number> {
  const { checkJob, claim, data, path } = backupOf(plan, wanted);
  const { claim: name, namespace } = claim;
  const cluster = new KubectlClaims(plan.context, kubeconfig, namespace, signal);
  const isFolder = claim.storage === undefined;
  const consumers = await consumersIn(cluster, claim);
  const again = `--stack ${stack} --claim ${namespace}/${name}`;
  const perform = async (steps: readonly Step<ClaimCluster>[]): Promise<boolean> => {
    for (const [index, { title }] of steps.entries()) print(`  ${index + 1}. ${title}`);
    // Ending an interrupted restore is not interrupted itself.
    const { failures, stopped } = await runSteps(steps, cluster, start ? new AbortController().signal : signal, print);
    for (const { reason, title } of failures) process.stderr.write(`failed: ${title}: ${reason}\n`);
    if (failures.length === 0 && !stopped) return true;
    const end = commandLine("restore", `${again} --start`);
    process.stderr.write(`${data}: where consumers are still stopped, end the restore with ${end}\n`);
    return false;
  };
  const place = { claim: name, isFolder, pod: claim.pod };
  if (start) {
    print(`A restore of ${namespace}/${name} is ended:`);
    // The repository may be away; the notes of the exchange say what it was about.
    const steps = [...settleSteps({ ...place, old: "", target: "" }), ...startSteps(consumers)];
    return (await perform(steps)) ? 0 : 1;
  }
  const snapshot = snapshotAt(snapshotsOf(await backups.script(checkJob, "snapshots.sh", {})), path, at);
  if (snapshot === undefined)
    throw new InputError(`no backup of ${namespace}/${name} before ${minute(new Date(at).toISOString())}`);
  const restore: ClaimRestore = {
    ...{ ...place, consumers, namespace, snapshot: snapshot.id },
    ...restoredFiles(snapshot, name, isFolder, Date.now()),
  };
  print(`The backup of ${minute(snapshot.time)} will be restored:`);
  if (!(await perform(claimSteps(restore, confirm)))) return 1;
  const { old, target } = restore;
  const confirmed = commandLine("restore", `${again} --at ${new Date(at).toISOString()} --confirm`);
  const where = isFolder ? `the folder ${target} of the share` : `the claim ${target}`;
  if (!confirm) {
    print(`${namespace}/${name} still has the old files. To use those in ${where} instead: ${confirmed}`);
    return 0;
  }
  print(`${namespace}/${name} has the files of ${minute(snapshot.time)}.`);
  print(
    `The old files are in ${isFolder ? `the folder ${old} of the share` : `the claim ${old}`}: remove it when nothing needs it.`,
  );
  const isBound = plan.settings.storage.volumes.some(
    (one) => one.claim.namespace === namespace && one.claim.name === name,
  );
  if (isBound)
    print(
      `storage.volumes names the old volume for this claim: before the next up, replace it with what ${commandLine("volumes", `--stack ${stack}`)} writes.`,
    );
  return 0;
}

type ClaimBackup = BackupEntry & Required<Pick<BackupEntry, "checkJob" | "claim">>;

function backupOf({ ledger }: Plan, wanted: string): ClaimBackup {
  const all = ledger.backups.filter((one): one is ClaimBackup => one.claim !== undefined && one.checkJob !== undefined);
  const named = ({ claim }: ClaimBackup) => `${claim.namespace}/${claim.claim}`;
  const found = all.filter((one) => named(one) === wanted || one.claim.claim === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const known = (found.length > 1 ? found : all).map(named).sort(compare).join(", ");
  throw new InputError(
    found.length > 1
      ? `${found.length} claims have the name "${wanted}": give the namespace too, as in ${known}`
      : `no backup of a claim "${wanted}"; ${known === "" ? "the stack has none of any claim" : `there are ${known}`}`,
  );
}

/** The workloads that mount a claim. The label of one pod of a StatefulSet is not in its template. */
async function consumersIn(
  cluster: KubectlCluster,
  { consumer, namespace }: ClaimBackup["claim"],
): Promise<Consumer[]> {
  const labels = Object.fromEntries(
    Object.entries(consumer).filter(([label]) => !label.startsWith("statefulset.kubernetes.io/")),
  );
  return consumersOf(await cluster.workloads(namespace), { kind: "pods", namespace, labels });
}
