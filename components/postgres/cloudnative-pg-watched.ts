import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of CloudNativePG. */
export function cloudNativePgWatched(namespace: string): Watched {
  return { component: "postgresql", title: "PostgreSQL", namespace, alerts, panels };
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
