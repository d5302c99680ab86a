import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** From which ages on alerts fire, in seconds. */
export interface Ages {
  readonly maxAge: number;
  /** Undefined: the stack has no drills. */
  readonly drillMaxAge?: number;
}

const succeeded = "kube_cronjob_status_last_successful_time";

/** What Prometheus and Grafana show of backups, from the API server's CronJobs. */
export function backupWatched(namespace: string, { drillMaxAge, maxAge }: Ages): Watched {
  const own = (name: string) => `namespace="${namespace}",cronjob=~"${name}"`;
  const dumps = own("dump-.+|backup-(roles.*|mongodb)");
  const drills = own("drill-.+");
  const age = (matcher: string) => `time() - max by (cronjob) (${succeeded}{${matcher}})`;
  /** A CronJob that has existed for some time, and has never succeeded. */
  const never = (matcher: string, seconds: number) =>
    `time() - max by (cronjob) (kube_cronjob_created{${matcher}}) > ${seconds} unless max by (cronjob) (${succeeded}{${matcher}})`;
  /** The last run that was started has ended, and not with success. */
  const failed = (matcher: string) =>
    `max by (cronjob) (kube_cronjob_status_last_schedule_time{${matcher}}) > (max by (cronjob) (${succeeded}{${matcher}}) or 0 * max by (cronjob) (kube_cronjob_created{${matcher}})) and max by (cronjob) (kube_cronjob_status_active{${matcher}}) == 0`;
  const alerts: Alert[] = [
    {
      alert: "BackupTooOld",
      expr: `(${age(dumps)} > ${maxAge}) or (${never(dumps, maxAge)})`,
      for: "10m",
      severity: "critical",
      summary: "{{ $labels.cronjob }} has not succeeded for {{ $value | humanizeDuration }}.",
      runbook: "backup",
    },
    {
      alert: "BackupFailed",
      expr: failed(dumps),
      for: "15m",
      severity: "warning",
      summary: "The last run of {{ $labels.cronjob }} failed.",
      runbook: "backup",
    },
    {
      alert: "BackupCheckFailed",
      expr: failed(own("backup-(check|prune)")),
      for: "15m",
      severity: "critical",
      summary: "The last run of {{ $labels.cronjob }} failed: backups may be damaged, or old ones are not deleted.",
      runbook: "backup",
    },
    ...(drillMaxAge === undefined
      ? []
      : [
          {
            alert: "BackupDrillTooOld",
            expr: `(${age(drills)} > ${drillMaxAge}) or (${never(drills, drillMaxAge)})`,
            for: "10m",
            severity: "warning",
            summary: "No restore by {{ $labels.cronjob }} has succeeded for {{ $value | humanizeDuration }}.",
            runbook: "backup-drill",
          } as const,
        ]),
  ];
  const panels: Panel[] = [
    { title: "Oldest last backup", kind: "now", unit: "s", queries: { age: `max(${age(dumps)})` } },
    {
      title: "Time since the last check",
      kind: "now",
      unit: "s",
      queries: { age: `max(${age(own("backup-check"))})` },
    },
    ...(drillMaxAge === undefined
      ? []
      : [
          {
            title: "Oldest proven restore",
            kind: "now",
            unit: "s",
            queries: { age: `max(${age(drills)})` },
          } as const,
          { title: "Time since the last proven restore", unit: "s", queries: { "{{cronjob}}": age(drills) } } as const,
        ]),
    { title: "Time since the last success", unit: "s", queries: { "{{cronjob}}": age(own(".+")) } },
    {
      title: "Failed runs",
      unit: "short",
      queries: {
        "{{job_name}}": `max by (job_name) (kube_job_status_failed{namespace="${namespace}"}) > 0`,
      },
    },
  ];
  return { component: "backup", title: "Backups", namespace, alerts, panels };
}
