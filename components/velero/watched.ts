import type { Alert, Panel, Watched } from "../kit/watched.ts";

const own = '{schedule!=""}';
const age = `time() - max by (schedule) (velero_backup_last_successful_timestamp${own})`;

/**
 * What Prometheus and Grafana show of Velero (velero, pkg/metrics/metrics.go).
 * @param maxAge seconds after which a backup is too old
 */
export function veleroWatched(namespace: string, maxAge: number): Watched {
  const alerts: Alert[] = [
    {
      alert: "VeleroBackupTooOld",
      expr: `${age} > ${maxAge}`,
      for: "10m",
      severity: "critical",
      summary:
        "The last backup of the namespace {{ $labels.schedule }} by Velero is {{ $value | humanizeDuration }} old.",
      runbook: "velero",
    },
    {
      alert: "VeleroBackupMissing",
      // A namespace that was just added has none before its first run. After a restart, Velero reads the times of its backups again.
      expr: `max by (schedule) (velero_backup_attempt_total${own}) unless max by (schedule) (velero_backup_last_successful_timestamp${own})`,
      for: `${Math.ceil(maxAge / 60)}m`,
      severity: "critical",
      summary: "Velero has no backup of the namespace {{ $labels.schedule }}.",
      runbook: "velero",
    },
    {
      alert: "VeleroBackupFailed",
      expr: `max by (schedule) (velero_backup_last_status${own}) == 0`,
      for: "15m",
      severity: "warning",
      summary: "The last backup of the namespace {{ $labels.schedule }} by Velero failed, or lacks a part.",
      runbook: "velero",
    },
  ];
  const panels: Panel[] = [
    { title: "Oldest last backup of a namespace", kind: "now", unit: "s", queries: { age: `max(${age})` } },
    { title: "Time since the last backup", unit: "s", queries: { "{{schedule}}": age } },
    {
      title: "Size of the objects",
      unit: "bytes",
      queries: { "{{schedule}}": `max by (schedule) (velero_backup_tarball_size_bytes${own})` },
    },
    {
      title: "Errors in the last backup",
      unit: "short",
      queries: { "{{schedule}}": `max by (schedule) (velero_backup_items_errors${own})` },
    },
  ];
  return { component: "velero", title: "Velero", namespace, alerts, panels };
}
