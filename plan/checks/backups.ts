import { claimData } from "../../components/kit/ledger.ts";
import type { DataEntry } from "../../components/kit/ledger.ts";
import { at, list, record, text, texts } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { podTemplate } from "../pods.ts";
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

/** Namespaces of claims whose pods come to the store as the pods that delete old backups do. */
function deletingPods(plan: Plan): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  const jobs = inventoryOf(plan).ofKind("CronJob");
  const deleting = new Set(
    jobs.filter((one) => variable(one, "KIND")?.value === "prune").map((one) => identity(plan, one)),
  );
  for (const { claim } of plan.ledger.backups) {
    const job = jobs.find(({ name, namespace }) => namespace === claim?.namespace && name === claim?.pod);
    // In a shared folder, and by the agent of a cloud, pods have neither a key nor a role that the plan shows.
    const own = job && identity(plan, job);
    if (claim === undefined || own === undefined) continue;
    const object = `Namespace ${claim.namespace}`;
    examination.look(object);
    if (deleting.has(own)) examination.find(object, `has a ${own}, which can delete every backup`);
  }
  return examination;
}

/** How the pods of a CronJob come to the store: by the key of a Secret, or by the role of their account. Undefined: by neither. */
function identity(plan: Plan, job: PlannedObject): string | undefined {
  const key = text(at(variable(job, "AWS_ACCESS_KEY_ID"), "valueFrom", "secretKeyRef", "name"));
  if (key !== undefined) return `key, as in the Secret ${key}`;
  const account = text(at(podTemplate(job.manifest)?.spec, "serviceAccountName")) ?? "default";
  const found = inventoryOf(plan).get("ServiceAccount", job.namespace, account);
  const role = text(at(found?.manifest, "metadata", "annotations", "eks.amazonaws.com/role-arn"));
  return role === undefined ? undefined : `role, ${role}`;
}

/** A variable of the first container of a CronJob. */
function variable({ manifest }: PlannedObject, name: string): Readonly<Record<string, unknown>> | undefined {
  const [container] = list(at(podTemplate(manifest)?.spec, "containers"));
  return list(at(container, "env"))
    .map(record)
    .find((one) => one["name"] === name);
}
