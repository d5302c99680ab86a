import { claimData } from "../../components/kit/ledger.ts";
import type { DataEntry } from "../../components/kit/ledger.ts";
import { at, list, text, texts } from "../../components/kit/unknown.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** Checks of backups. They apply to stacks with the profile `prod`. */
export const backupChecks: readonly Check[] = [
  {
    id: "GP110",
    title: "Every database has a backup in prod",
    severity: "error",
    reason:
      "A replica copies every mistake at once, and a volume can be lost: without a backup, the data cannot be restored.",
    fix: "Set `buckets.kind` or `backup.folder`, with which backups are on in prod, and remove the database from `backup.except`. To accept a database without a backup, add an exemption with the reason.",
    examine: (plan) => uncovered(plan, ({ files }) => files !== true),
  },
  {
    id: "GP116",
    title: "Files have a backup in prod",
    severity: "warning",
    reason: "Files of claims and shared folders, such as Matrix' messages and uploads, are lost with their volume.",
    fix: "Set `buckets.kind` or `backup.folder`, with which backups are on in prod. Where files need no backup, or the storage system backs them up, name the claim with the reason in `backup.files.except`.",
    examine: (plan) => uncovered(plan, ({ files }) => files === true),
  },
  {
    id: "GP163",
    title: "Backups know every claim in prod",
    severity: "warning",
    reason:
      "Backups read the claims that components name. A claim that none of them names, such as one of a program of your own, is lost with its volume, and no list of backups shows it.",
    fix: "In a program of your own, name the claim with `platform.files`. Where it needs no backup, add an exemption with the reason.",
    examine: unknownClaims,
  },
  {
    id: "GP167",
    title: "Velero copies no Secrets in prod",
    severity: "warning",
    reason:
      "Velero does not encrypt objects: everyone who can read the bucket can read the Secrets in it, also old ones that have been replaced since.",
    fix: "Set `backup.velero.secrets: false`: Secrets of the stack are also in Pulumi's state. Where Secrets of others must be copied, let the bucket encrypt with a key of its own, and add an exemption with the reason.",
    examine: copiedSecrets,
  },
  {
    id: "GP169",
    title: "Pods that back up files cannot delete backups in prod, where the store can refuse it",
    severity: "warning",
    reason:
      "A pod can mount claims of its own namespace alone, so the key of the bucket is there: who takes over the application's namespace can delete the backups of everything.",
    fix: "Set `backup.files.accessKeyId`, or `backup.files.roleArn` with roles, to an identity with the policy in docs/backup.md. Where the store keeps deleted objects, add an exemption with the reason.",
    examine: deletingPods,
  },
];

/** Data without a backup. */
function uncovered(plan: Plan, isMeant: (entry: DataEntry) => boolean): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  const covered = new Set(plan.ledger.backups.map(({ data }) => data));
  for (const { data } of plan.ledger.data.filter(isMeant)) {
    examination.look(data);
    if (!covered.has(data)) examination.find(data, "has no backup");
  }
  return examination;
}

/** Claims of the program's own objects that are neither data nor spare. Those of charts belong to databases, indices and caches. */
function unknownClaims({ ledger, objects, settings }: Plan): Examination {
  const examination = new Examination();
  if (settings.profile !== "prod") return examination;
  // A shared folder has the name of its export, and its claim another one.
  const known = new Set([
    ...ledger.data.flatMap(({ claim, data }) => (claim === undefined ? [data] : [data, claimData(claim)])),
    ...ledger.spareClaims.map(claimData),
  ]);
  for (const { kind, manifest, name, namespace = "", release } of objects) {
    // A claim that belongs to a Job is deleted with it.
    if (release !== undefined || list(at(manifest, "metadata", "ownerReferences")).length > 0) continue;
    const claims =
      kind === "PersistentVolumeClaim"
        ? [name]
        : kind === "StatefulSet"
          ? list(at(manifest, "spec", "volumeClaimTemplates")).map(
              (one) => `${text(at(one, "metadata", "name"))}-${name}-0`,
            )
          : [];
    for (const object of claims.map((claim) => claimData({ namespace, claim }))) {
      examination.look(object);
      if (!known.has(object)) examination.find(object, "is in no list of backups");
    }
  }
  return examination;
}

/** Schedules of Velero that do not leave Secrets out, by either of the two kinds of filters that it has. */
function copiedSecrets(plan: Plan): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  const schedules = inventoryOf(plan)
    .ofKind("Schedule")
    .filter(({ apiVersion }) => apiVersion.startsWith("velero.io/"));
  for (const schedule of schedules) {
    const object = objectName(schedule);
    const template = at(schedule.manifest, "spec", "template");
    const named = (...keys: string[]) => keys.flatMap((key) => texts(at(template, key)));
    const included = named("includedResources", "includedNamespaceScopedResources");
    const excluded = named("excludedResources", "excludedNamespaceScopedResources");
    examination.look(object);
    if (excluded.some((one) => one === "secrets" || one === "*")) continue;
    if (included.length > 0 && !included.some((one) => one === "secrets" || one === "*")) continue;
    examination.find(object, "copies Secrets to the bucket, where they are not encrypted");
  }
  return examination;
}

/** Namespaces of claims whose pods come to an existing service with the key or role of all buckets. */
function deletingPods({ ledger, settings }: Plan): Examination {
  const examination = new Examination();
  const { backup, buckets, profile } = settings;
  if (profile !== "prod" || buckets.kind !== "s3" || backup.folder !== undefined) return examination;
  const isOwn = backup.files.accessKeyId !== undefined || backup.files.roleArn !== undefined;
  const namespaces = new Set(ledger.backups.flatMap(({ claim }) => (claim === undefined ? [] : [claim.namespace])));
  for (const namespace of namespaces) {
    const object = `Namespace ${namespace}`;
    examination.look(object);
    if (!isOwn) examination.find(object, "has a key or role that can delete every backup");
  }
  return examination;
}
