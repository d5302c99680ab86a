import type { AlertGroup } from "./rule.ts";

/** PostgreSQL with the engine `postgresql-ha`: metrics of the postgres_exporter of each server. */
export const postgresqlHaAlerts: AlertGroup = {
  component: "postgresql",
  alerts: [
    {
      alert: "PostgresqlDown",
      expr: "pg_up == 0",
      for: "2m",
      severity: "critical",
      summary: "The PostgreSQL server in {{ $labels.pod }} does not answer queries.",
    },
    {
      alert: "PostgresqlReplicationLag",
      expr: "pg_replication_lag_seconds > 60 and pg_replication_is_replica == 1",
      for: "10m",
      severity: "warning",
      summary: "The standby in {{ $labels.pod }} is {{ $value | humanizeDuration }} behind its primary.",
    },
    {
      alert: "PostgresqlNoPrimary",
      expr: "count(pg_replication_is_replica) - sum(pg_replication_is_replica) != 1",
      for: "5m",
      severity: "critical",
      summary: "PostgreSQL has no primary, or more than one.",
    },
    {
      alert: "PostgresqlConnectionsNearlyUsed",
      expr: "sum by (pod) (pg_stat_activity_count) / max by (pod) (pg_settings_max_connections) > 0.8",
      for: "10m",
      severity: "warning",
      summary: "{{ $value | humanizePercentage }} of the connections of {{ $labels.pod }} are in use.",
    },
    {
      alert: "PostgresqlRollbacks",
      expr: "sum by (datname) (rate(pg_stat_database_xact_rollback[5m])) / (sum by (datname) (rate(pg_stat_database_xact_rollback[5m])) + sum by (datname) (rate(pg_stat_database_xact_commit[5m]))) > 0.1 and sum by (datname) (rate(pg_stat_database_xact_rollback[5m])) > 1",
      for: "15m",
      severity: "warning",
      summary: "{{ $value | humanizePercentage }} of the transactions in {{ $labels.datname }} are rolled back.",
    },
  ],
};

/** PostgreSQL with the engine `cloudnative-pg`: metrics of its instance managers. */
export const cloudNativePgAlerts: AlertGroup = {
  component: "postgresql",
  alerts: [
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
  ],
};
