import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of `postgresql-ha`. */
export function postgresqlHaWatched(namespace: string): Watched {
  return { component: "postgresql", title: "PostgreSQL", namespace, alerts, panels };
}

/** PostgreSQL with the engine `postgresql-ha`: metrics of the postgres_exporter of each server. */
const alerts: readonly Alert[] = [
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
];

const panels: readonly Panel[] = [
  { title: "Servers up", kind: "now", unit: "short", queries: { servers: "sum(pg_up)" } },
  {
    title: "Primaries",
    kind: "now",
    unit: "short",
    queries: { primaries: "count(pg_replication_is_replica == 0) or vector(0)" },
  },
  {
    title: "Connections in use",
    unit: "percentunit",
    queries: { "{{pod}}": "sum by (pod) (pg_stat_activity_count) / max by (pod) (pg_settings_max_connections)" },
  },
  {
    title: "Replication lag",
    unit: "s",
    queries: { "{{pod}}": "pg_replication_lag_seconds and pg_replication_is_replica == 1" },
  },
  {
    title: "Transactions",
    unit: "ops",
    queries: {
      "{{datname}}": `sum by (datname) (${rate("pg_stat_database_xact_commit")})`,
      "{{datname}} rolled back": `sum by (datname) (${rate("pg_stat_database_xact_rollback")})`,
    },
  },
  {
    title: "Database size",
    unit: "bytes",
    queries: { "{{datname}}": "max by (datname) (pg_database_size_bytes)" },
  },
  {
    title: "Buffer cache hit ratio",
    unit: "percentunit",
    queries: {
      "{{datname}}": `sum by (datname) (${rate("pg_stat_database_blks_hit")}) / (sum by (datname) (${rate("pg_stat_database_blks_hit")}) + sum by (datname) (${rate("pg_stat_database_blks_read")}))`,
    },
  },
  {
    title: "Deadlocks per hour",
    unit: "short",
    queries: { "{{datname}}": "sum by (datname) (increase(pg_stat_database_deadlocks[1h]))" },
  },
];
