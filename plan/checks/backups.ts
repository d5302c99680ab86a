import type { DataEntry } from "../../components/kit/ledger.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";

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
    reason:
      "The stack does not back up files of claims and shared folders: Matrix' messages, uploads and indices are lost with their volume.",
    fix: "Back them up with the storage system, such as by snapshots of volumes or of the NFS server. Then add an exemption that says how.",
    examine: (plan) => uncovered(plan, ({ files }) => files === true),
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
