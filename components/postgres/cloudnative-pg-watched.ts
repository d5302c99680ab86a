import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/**
 * What Prometheus and Grafana show of CloudNativePG.
 * @param maxBaseAge the age of the last base backup, in seconds, from which on an alert fires. Default: there is no archive
 */
export function cloudNativePgWatched(namespace: string, maxBaseAge?: number): Watched {
  const common = { component: "postgresql", title: "PostgreSQL", namespace };
  if (maxBaseAge === undefined) return { ...common, alerts, panels };
  return { ...common, alerts: [...alerts, ...archiveAlerts(maxBaseAge)], panels: [...panels, ...archivePanels] };
}

/** PostgreSQL with the engine `cloudnative-pg`: metrics of its instance managers. */
const alerts: readonly Alert[] = [
  {
    alert: "PostgresqlDown",
    expr: "cnpg_collector_up == 0",
    for: "2m",
    severity: "critical",
    summary: "The PostgreSQL server in {{ $labels.pod }} does not answer queries.",
  },
  {
    alert: "PostgresqlReplicationLag",
    expr: "cnpg_pg_replication_lag > 60",
    for: "10m",
    severity: "warning",
    summary: "The standby in {{ $labels.pod }} is {{ $value | humanizeDuration }} behind its primary.",
  },
  {
    alert: "PostgresqlConnectionsNearlyUsed",
    expr: `sum by (pod) (cnpg_backends_total) / max by (pod) (cnpg_pg_settings_setting{name="max_connections"}) > 0.8`,
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the connections of {{ $labels.pod }} are in use.",
  },
  {
    alert: "PostgresqlFenced",
    expr: "cnpg_collector_fencing_on == 1",
    for: "30m",
    severity: "warning",
    summary: "The PostgreSQL server in {{ $labels.pod }} is fenced: it was stopped by hand and stays stopped.",
    runbook: "postgresql-down",
  },
];

const panels: readonly Panel[] = [
  { title: "Servers up", kind: "now", unit: "short", queries: { servers: "sum(cnpg_collector_up)" } },
  {
    title: "Connections in use",
    unit: "percentunit",
    queries: {
      "{{pod}}": `sum by (pod) (cnpg_backends_total) / max by (pod) (cnpg_pg_settings_setting{name="max_connections"})`,
    },
  },
  { title: "Replication lag", unit: "s", queries: { "{{pod}}": "cnpg_pg_replication_lag" } },
  {
    title: "Transactions",
    unit: "ops",
    queries: {
      "{{datname}}": `sum by (datname) (${rate("cnpg_pg_stat_database_xact_commit")})`,
      "{{datname}} rolled back": `sum by (datname) (${rate("cnpg_pg_stat_database_xact_rollback")})`,
    },
  },
  {
    title: "Database size",
    unit: "bytes",
    queries: { "{{datname}}": "max by (datname) (cnpg_pg_database_size_bytes)" },
  },
];

/** What barman's plugin adds to the metrics of each instance; 0 where there is no such backup yet. */
const barman = "barman_cloud_cloudnative_pg_io";

/** The last base backup as every instance knows it. */
const lastBase = `max by (namespace) (${barman}_last_available_backup_timestamp)`;

/**
 * The archive of the write-ahead log. CloudNativePG closes a log file after five minutes at the latest, if anything was written
 * (`archive_timeout`).
 */
function archiveAlerts(maxBaseAge: number): Alert[] {
  return [
    {
      alert: "PostgresqlArchiveFails",
      expr: "cnpg_pg_stat_archiver_last_failed_time > cnpg_pg_stat_archiver_last_archived_time",
      for: "10m",
      severity: "critical",
      summary:
        "{{ $labels.pod }} cannot write its log to the archive: later changes cannot be recovered, and the log fills its volume.",
      runbook: "postgresql-archive",
    },
    {
      alert: "PostgresqlArchiveBehind",
      expr: 'cnpg_collector_pg_wal_archive_status{value="ready"} > 0 and on (namespace, pod) cnpg_pg_stat_archiver_seconds_since_last_archival > 900',
      for: "5m",
      severity: "critical",
      summary: "{{ $value }} log files of {{ $labels.pod }} wait for the archive, which got none for 15 minutes.",
      runbook: "postgresql-archive",
    },
    {
      alert: "PostgresqlBaseBackupTooOld",
      expr: `(time() - (${lastBase} > 0) > ${maxBaseAge}) or (${lastBase} == 0)`,
      for: "2h",
      severity: "critical",
      summary:
        "PostgreSQL in {{ $labels.namespace }} has no new base backup: a recovery takes longer, or is impossible.",
      runbook: "postgresql-archive",
    },
    {
      alert: "PostgresqlBaseBackupFailed",
      expr: `max by (namespace) (${barman}_last_failed_backup_timestamp) > ${lastBase}`,
      for: "5m",
      severity: "warning",
      summary: "The last base backup of PostgreSQL in {{ $labels.namespace }} failed.",
      runbook: "postgresql-archive",
    },
  ];
}

const archivePanels: readonly Panel[] = [
  {
    title: "Age of the last base backup",
    kind: "now",
    unit: "s",
    queries: { age: `time() - (${lastBase} > 0)` },
  },
  {
    title: "How far back a time can be recovered",
    kind: "now",
    unit: "s",
    queries: { age: `time() - (max by (namespace) (${barman}_first_recoverability_point) > 0)` },
  },
  {
    title: "Log files that wait for the archive",
    unit: "short",
    queries: { "{{pod}}": 'cnpg_collector_pg_wal_archive_status{value="ready"}' },
  },
];
