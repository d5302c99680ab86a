// Lets the Job of a suspended CronJob read the files of a claim: while the workload that writes them is stopped, from a snapshot of
// the volume, or both: the workload is then stopped only until the snapshot exists. Whatever fails, the workload is started again.
import { setTimeout as sleep } from "node:timers/promises";
import { api, at, Failure, run } from "./api.ts";

/** The annotations with the replicas of a stopped workload: that of backups, and that of a restore (plan/restore/manifest.ts). */
const stoppedAnnotation = "groundplan/backup-replicas";
const restoreAnnotation = "groundplan/restore-replicas";

let isStopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => (isStopping = true));

const { CLAIM = "", NAME = "", NAMESPACE = "", SNAPSHOT_CLASS = "", STOPS = "" } = process.env;
const { POLL_SECONDS = "2" } = process.env;
const paths = {
  cronJob: `/apis/batch/v1/namespaces/${NAMESPACE}/cronjobs/${NAME}`,
  jobs: `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`,
  snapshots: `/apis/snapshot.storage.k8s.io/v1/namespaces/${NAMESPACE}/volumesnapshots`,
  workload: `/apis/apps/v1/namespaces/${NAMESPACE}/${STOPS}`,
};

/** Repeats a look until it gives something, or the pod is told to stop. A failed look is repeated for five minutes. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  let failedSince: number | undefined;
  for (;;) {
    if (isStopping) throw new Failure("stopped before the end");
    try {
      const found = await look();
      if (found !== undefined) return found;
      failedSince = undefined;
    } catch (error) {
      failedSince ??= Date.now();
      if (!(error instanceof Failure) || Date.now() - failedSince > 300_000) throw error;
    }
    await sleep(Number(POLL_SECONDS) * 1000);
  }
}

/** Scales the workload to 0. A workload that was stopped before stays stopped. */
async function stop(): Promise<void> {
  const workload = await api("GET", paths.workload);
  if (workload === undefined) throw new Failure(`no ${STOPS} in ${NAMESPACE}`);
  const kept = at(workload, "metadata", "annotations", stoppedAnnotation);
  const replicas = Number(kept ?? at(workload, "spec", "replicas") ?? 1);
  if (replicas === 0) return;
  const annotations = { [stoppedAnnotation]: String(replicas) };
  await api("PATCH", paths.workload, { metadata: { annotations }, spec: { replicas: 0 } });
  console.log(`stopped: ${STOPS} with ${replicas} replicas`);
  await until(async () =>
    Number(at(await api("GET", paths.workload), "status", "replicas") ?? 0) === 0 ? true : undefined,
  );
}

/** Starts the workload if this program has stopped it, and no restore has stopped it too. */
async function start(): Promise<void> {
  const annotations = at(await api("GET", paths.workload), "metadata", "annotations");
  const kept = at(annotations, stoppedAnnotation);
  if (kept === undefined) return;
  const isRestoring = at(annotations, restoreAnnotation) !== undefined;
  await api("PATCH", paths.workload, {
    metadata: { annotations: { [stoppedAnnotation]: null } },
    ...(isRestoring ? {} : { spec: { replicas: Number(kept) } }),
  });
  console.log(isRestoring ? `${STOPS} stays stopped: a restore is in progress` : `started: ${STOPS}`);
}

/** Takes a snapshot of the volume. @param taken runs as soon as later changes are not in it */
async function snapshot(taken: () => Promise<void>): Promise<void> {
  const spec = { volumeSnapshotClassName: SNAPSHOT_CLASS, source: { persistentVolumeClaimName: CLAIM } };
  const kind = { apiVersion: "snapshot.storage.k8s.io/v1", kind: "VolumeSnapshot" };
  await api("POST", paths.snapshots, { ...kind, metadata: { name: NAME }, spec });
  let hasEnded = false;
  await until(async () => {
    const status = at(await api("GET", `${paths.snapshots}/${NAME}`), "status");
    const isReady = at(status, "readyToUse") === true;
    // The driver repeats what has failed: only the deadline of the Job ends it.
    if (!hasEnded && (isReady || at(status, "creationTime") !== undefined)) {
      hasEnded = true;
      await taken();
    }
    return isReady ? true : undefined;
  });
  console.log(`snapshot: of the claim ${CLAIM}`);
}

/** Runs the Job of the CronJob to its end. */
async function copy(): Promise<void> {
  const template = at(await api("GET", paths.cronJob), "spec", "jobTemplate");
  if (template === undefined) throw new Failure(`no CronJob ${NAME} in ${NAMESPACE}`);
  const labels = at(template, "spec", "template", "metadata", "labels");
  const spec = { ...(at(template, "spec") as object), ttlSecondsAfterFinished: 86_400 };
  await api("POST", paths.jobs, { apiVersion: "batch/v1", kind: "Job", metadata: { name: NAME, labels }, spec });
  await until(async () => {
    const job = await api("GET", `${paths.jobs}/${NAME}`);
    if (job === undefined) throw new TypeError(`the Job ${NAME} was deleted`);
    const conditions = (at(job, "status", "conditions") ?? []) as readonly unknown[];
    if (conditions.some((one) => at(one, "type") === "Failed" && at(one, "status") === "True"))
      throw new TypeError(
        `the Job ${NAME} failed: kubectl -n ${NAMESPACE} logs -l batch.kubernetes.io/job-name=${NAME}`,
      );
    return Number(at(job, "status", "succeeded") ?? 0) > 0 ? true : undefined;
  });
}

/** Removes the Job and the snapshot, of this run or of one that was killed, and waits until they are gone. */
async function clean(): Promise<void> {
  const made = [`${paths.jobs}/${NAME}`, ...(SNAPSHOT_CLASS === "" ? [] : [`${paths.snapshots}/${NAME}`])];
  for (const path of made) await api("DELETE", path, { propagationPolicy: "Foreground" });
  const end = Date.now() + 60_000;
  for (const path of made) while ((await api("GET", path)) !== undefined && Date.now() < end) await sleep(500);
}

async function main(): Promise<void> {
  await clean();
  const failures: unknown[] = [];
  const attempt = (step: () => Promise<void>) => step().catch((error: unknown) => void failures.push(error));
  await attempt(async () => {
    if (STOPS !== "") await stop();
    if (SNAPSHOT_CLASS !== "") await snapshot(STOPS === "" ? () => Promise.resolve() : start);
    await copy();
  });
  if (STOPS !== "") await attempt(start);
  await attempt(clean);
  const messages = failures.map((error) => (error instanceof Error ? error.message : String(error)));
  if (messages.length > 0) throw new Failure(messages.join("; "));
}

await run(main);
