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
    fix: "Set `buckets.kind`, with which backups are on in prod, and remove the database from `backup.except`. To accept a database without a backup, add an exemption with the reason.",
    examine: databases,
  },
];

function databases(plan: Plan): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  const covered = new Set(plan.ledger.backups.map(({ data }) => data));
  for (const { data } of plan.ledger.data) {
    examination.look(data);
    if (!covered.has(data)) examination.find(data, "has no backup");
  }
  return examination;
}
