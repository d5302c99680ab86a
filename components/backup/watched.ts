import { lastRunFailed, neverSucceeded, sinceSuccess } from "../kit/cron-jobs.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** From which ages on alerts fire, in seconds. */
export interface Ages {
  readonly maxAge: number;
  /** Undefined: the stack has no drills. */
  readonly drillMaxAge?: number;
}

/** What Prometheus and Grafana show of backups, from the API server's CronJobs. */
export function backupWatched(namespace: string, { drillMaxAge, maxAge }: Ages): Watched {
  const own = (name: string) => `namespace="${namespace}",cronjob=~"${name}"`;
  // Those of files are in the namespaces of their claims.
  const backups = [own("dump-.+|backup-(roles.*|mongodb)"), 'cronjob=~"backup-files-.+"'];
  const every = (of: (matcher: string) => string) => backups.map((matcher) => `(${of(matcher)})`).join(" or ");
  const drills = own("drill-.+");
  const alerts: Alert[] = [
    {
      alert: "BackupTooOld",
      expr: `${every((one) => `${sinceSuccess(one)} > ${maxAge}`)} or ${every((one) => neverSucceeded(one, maxAge))}`,
      for: "10m",
      severity: "critical",
      summary:
        "{{ $labels.cronjob }} in {{ $labels.namespace }} has not succeeded for {{ $value | humanizeDuration }}.",
      runbook: "backup",
    },
    {
      alert: "BackupFailed",
      expr: every(lastRunFailed),
      for: "15m",
      severity: "warning",
      summary: "The last run of {{ $labels.cronjob }} in {{ $labels.namespace }} failed.",
      runbook: "backup",
    },
    {
      alert: "BackupCheckFailed",
      expr: lastRunFailed(own("backup-(check|prune)(-.+)?")),
      for: "15m",
      severity: "critical",
      summary: "The last run of {{ $labels.cronjob }} failed: backups may be damaged, or old ones are not deleted.",
      runbook: "backup",
    },
    {
      alert: "BackupShrank",
      expr: lastRunFailed(own("backup-sizes(-.+)?")),
      for: "15m",
      severity: "warning",
      summary:
        "The last run of {{ $labels.cronjob }} failed: a backup has less than half of the bytes of an earlier one, or the sizes could not be read or recorded.",
      runbook: "backup",
    },
    ...(drillMaxAge === undefined
      ? []
      : [
          {
            alert: "BackupDrillTooOld",
            expr: `(${sinceSuccess(drills)} > ${drillMaxAge}) or (${neverSucceeded(drills, drillMaxAge)})`,
            for: "10m",
            severity: "warning",
            summary: "No restore by {{ $labels.cronjob }} has succeeded for {{ $value | humanizeDuration }}.",
            runbook: "backup-drill",
          } as const,
        ]),
  ];
  const panels: Panel[] = [
    { title: "Oldest last backup", kind: "now", unit: "s", queries: { age: `max(${every(sinceSuccess)})` } },
    {
      title: "Time since the last check",
      kind: "now",
      unit: "s",
      queries: { age: `max(${sinceSuccess(own("backup-check(-.+)?"))})` },
    },
    ...(drillMaxAge === undefined
      ? []
      : [
          {
            title: "Oldest proven restore",
            kind: "now",
            unit: "s",
            queries: { age: `max(${sinceSuccess(drills)})` },
          } as const,
          {
            title: "Time since the last proven restore",
            unit: "s",
            queries: { "{{cronjob}}": sinceSuccess(drills) },
          } as const,
        ]),
    {
      title: "Time since the last success",
      unit: "s",
      queries: {
        "{{namespace}}/{{cronjob}}": `${sinceSuccess(own(".+"))} or ${sinceSuccess('cronjob=~"backup-files-.+"')}`,
      },
    },
    {
      title: "Size of the last backup",
      unit: "bytes",
      queries: { "{{repository}} {{path}}": "groundplan_backup_size_bytes" },
    },
    {
      title: "Failed runs",
      unit: "short",
      queries: {
        "{{namespace}}/{{job_name}}": `max by (namespace, job_name) (kube_job_status_failed{namespace="${namespace}"} or kube_job_status_failed{job_name=~"(backup|copy)-files-.+"}) > 0`,
      },
    },
  ];
  return { component: "backup", title: "Backups", namespace, alerts, panels };
}
