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

/** By `component/alert`. */
export const backupCases: Readonly<Record<string, readonly Case[]>> = {
  "backup/BackupTooOld": [
    ...old("dump-wiki", "drill-wiki", "37h"),
    ...old("backup-roles", "backup-check", "37h"),
    ...old("backup-files-home", "copy-files-home", "37h"),
  ],
  "backup/BackupFailed": [...failed("dump-wiki"), ...failed("backup-mongodb"), ...failed("backup-files-home")],
  "backup/BackupCheckFailed": ["backup-check", "backup-prune", "backup-check-chat"].flatMap((name) => failed(name)),
  "backup/BackupDrillTooOld": old("drill-wiki", "dump-wiki", "193h"),
  "registry/RegistryLoginNotRenewed": old("ecr-login", "backup-check", "6h"),
  "registry/RegistryLoginExpires": old("ecr-login", "backup-check", "10h"),
};
