// Series with which each alert about CronJobs fires, and others with which it does not.
import { many } from "./logging-cases.ts";
import type { Case, Series } from "./logging-cases.ts";

/** Seconds since the start of the test as each CronJob shows them: when it was created, started and succeeded; -1: it shows none. */
const cronJob = (name: string, { created = 0, started = "0x15000", succeeded = "", active = 0 }): Series => {
  const namespace = name === "ecr-login" ? "registry-login" : name.startsWith("backup-files-") ? "wiki" : "backup";
  const labels = `{namespace="${namespace}",cronjob="${name}"}`;
  return {
    [`kube_cronjob_created${labels}`]: `${created}x15000`,
    [`kube_cronjob_status_last_schedule_time${labels}`]: started,
    [`kube_cronjob_status_active${labels}`]: `${active}x15000`,
    ...(succeeded === "" ? {} : { [`kube_cronjob_status_last_successful_time${labels}`]: succeeded }),
  };
};
/** One series is sampled each minute, so that this grows like the clock. */
const now = "0+60x15000";
const once = "60x15000";
const failed = (name: string): Case[] => [
  {
    fires: cronJob(name, { started: many(1000), succeeded: many(500) }),
    quiet: cronJob(name, { started: many(1000), succeeded: many(1100) }),
  },
  // A run that never succeeded, and one that is still running.
  {
    fires: cronJob(name, { started: many(1000) }),
    quiet: cronJob(name, { started: many(1000), succeeded: many(500), active: 1 }),
  },
];
const old = (name: string, other: string, at: string): Case[] => [
  { fires: cronJob(name, { succeeded: once }), quiet: cronJob(name, { succeeded: now }), at, every: "10m" },
  { fires: cronJob(name, {}), quiet: cronJob(other, {}), at, every: "10m" },
];

/** What Velero shows of a schedule: the time of its last good backup, and whether the last one was good. */
const velero = ({ last = "", schedule = "wiki", status = 1 }): Series => ({
  [`velero_backup_attempt_total{schedule="${schedule}"}`]: "3x15000",
  [`velero_backup_last_status{schedule="${schedule}"}`]: `${status}x15000`,
  ...(last === "" ? {} : { [`velero_backup_last_successful_timestamp{schedule="${schedule}"}`]: last }),
});

/** By `component/alert`. */
export const backupCases: Readonly<Record<string, readonly Case[]>> = {
  "backup/BackupTooOld": [
    ...old("dump-wiki", "drill-wiki", "37h"),
    ...old("backup-roles", "backup-check", "37h"),
    ...old("backup-files-home", "copy-files-home", "37h"),
  ],
  "backup/BackupFailed": [...failed("dump-wiki"), ...failed("backup-mongodb"), ...failed("backup-files-home")],
  "backup/BackupCheckFailed": ["backup-check", "backup-prune", "backup-check-chat"].flatMap((name) => failed(name)),
  "backup/BackupShrank": ["backup-sizes", "backup-sizes-chat"].flatMap((name) => failed(name)),
  "backup/BackupDrillTooOld": old("drill-wiki", "dump-wiki", "193h"),
  "velero/VeleroBackupTooOld": [
    { fires: velero({ last: once }), quiet: velero({ last: now }), at: "37h", every: "10m" },
  ],
  "velero/VeleroBackupMissing": [{ fires: velero({}), quiet: velero({ last: once }), at: "37h", every: "10m" }],
  "velero/VeleroBackupFailed": [
    { fires: velero({ status: 0, last: now }), quiet: velero({ status: 1, last: now }) },
    // A backup that was made by hand belongs to no schedule.
    { fires: velero({ status: 0 }), quiet: velero({ status: 0, schedule: "" }) },
  ],
  "registry/RegistryLoginNotRenewed": old("ecr-login", "backup-check", "6h"),
  "registry/RegistryLoginExpires": old("ecr-login", "backup-check", "10h"),
};
