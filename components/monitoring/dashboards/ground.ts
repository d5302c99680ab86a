import type { Dashboard, Panel } from "./dashboard.ts";
import { quantile, rate } from "./panels.ts";

/** The cluster and whatever runs on it. */
export function platform(namespaces: readonly string[]): Dashboard {
  const own = `namespace=~"${[...namespaces].sort().join("|")}"`;
  return {
    component: "platform",
    title: "Platform",
    panels: [
      {
        title: "Nodes ready",
        kind: "now",
        unit: "short",
        queries: { nodes: `sum(kube_node_status_condition{condition="Ready",status="true"})` },
      },
      {
        title: "Pods running",
        kind: "now",
        unit: "short",
        queries: { pods: `sum(kube_pod_status_phase{${own},phase="Running"})` },
      },
      {
        title: "Pods pending",
        kind: "now",
        unit: "short",
        queries: { pods: `sum(kube_pod_status_phase{${own},phase="Pending"})` },
      },
      {
        title: "Targets down",
        kind: "now",
        unit: "short",
        queries: { targets: `count(up{${own}} == 0) or vector(0)` },
      },
      {
        title: "Alerts",
        kind: "now",
        unit: "short",
        queries: { alerts: `count(ALERTS{alertstate="firing",severity!="info"}) or vector(0)` },
      },
      {
        title: "Processor of nodes",
        unit: "percentunit",
        queries: { "{{instance}}": `1 - avg by (instance) (${rate(`node_cpu_seconds_total{mode="idle"}`)})` },
      },
      {
        title: "Memory of nodes",
        unit: "percentunit",
        queries: { "{{instance}}": "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes" },
      },
      {
        title: "Disks of nodes, in use",
        unit: "percentunit",
        queries: {
          "{{instance}} {{mountpoint}}": `1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"} / node_filesystem_size_bytes{fstype!~"tmpfs|ramfs"}`,
        },
      },
      {
        title: "Network of nodes",
        unit: "Bps",
        queries: {
          "{{instance}} in": `sum by (instance) (${rate(`node_network_receive_bytes_total{device!~"lo|veth.*"}`)})`,
          "{{instance}} out": `-sum by (instance) (${rate(`node_network_transmit_bytes_total{device!~"lo|veth.*"}`)})`,
        },
      },
      {
        title: "Processor by namespace",
        unit: "cores",
        queries: {
          "{{namespace}}": `sum by (namespace) (${rate(`container_cpu_usage_seconds_total{${own},container!=""}`)})`,
        },
      },
      {
        title: "Memory by namespace",
        unit: "bytes",
        queries: { "{{namespace}}": `sum by (namespace) (container_memory_working_set_bytes{${own},container!=""})` },
      },
      {
        title: "Claims, in use",
        unit: "percentunit",
        queries: {
          "{{namespace}} {{persistentvolumeclaim}}": `1 - kubelet_volume_stats_available_bytes{${own}} / kubelet_volume_stats_capacity_bytes{${own}}`,
        },
      },
      {
        title: "Replicas that are missing",
        unit: "short",
        queries: {
          "{{namespace}} {{deployment}}": `kube_deployment_spec_replicas{${own}} - kube_deployment_status_replicas_available{${own}} > 0`,
          "{{namespace}} {{statefulset}}": `kube_statefulset_replicas{${own}} - kube_statefulset_status_replicas_ready{${own}} > 0`,
        },
      },
    ],
  };
}

export const certificates: readonly Panel[] = [
  {
    title: "Next end of a certificate",
    kind: "now",
    unit: "s",
    queries: { left: "min(certmanager_certificate_expiration_timestamp_seconds - time())" },
  },
  {
    title: "Not issued",
    kind: "now",
    unit: "short",
    queries: { certificates: `count(certmanager_certificate_ready_status{condition!="True"} == 1) or vector(0)` },
  },
  {
    title: "Time left",
    unit: "s",
    queries: { "{{exported_namespace}} {{name}}": "certmanager_certificate_expiration_timestamp_seconds - time()" },
  },
  {
    title: "What cert-manager does",
    unit: "ops",
    queries: {
      "{{controller}}": `sum by (controller) (${rate("certmanager_controller_sync_call_count")})`,
      "{{controller}} failed": `sum by (controller) (${rate("certmanager_controller_sync_error_count")})`,
    },
  },
];

export const postgresqlHa: readonly Panel[] = [
  { title: "Servers", kind: "now", unit: "short", queries: { servers: "sum(pg_up)" } },
  {
    title: "Primaries",
    kind: "now",
    unit: "short",
    queries: { primaries: "count(pg_replication_is_replica == 0) or vector(0)" },
  },
  {
    title: "Connections",
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
    title: "Size of databases",
    unit: "bytes",
    queries: { "{{datname}}": "max by (datname) (pg_database_size_bytes)" },
  },
  {
    title: "Pages found in memory",
    unit: "percentunit",
    queries: {
      "{{datname}}": `sum by (datname) (${rate("pg_stat_database_blks_hit")}) / (sum by (datname) (${rate("pg_stat_database_blks_hit")}) + sum by (datname) (${rate("pg_stat_database_blks_read")}))`,
    },
  },
  {
    title: "Deadlocks",
    unit: "short",
    queries: { "{{datname}}": "sum by (datname) (increase(pg_stat_database_deadlocks[1h]))" },
  },
];

export const cloudNativePg: readonly Panel[] = [
  { title: "Servers", kind: "now", unit: "short", queries: { servers: "sum(cnpg_collector_up)" } },
  {
    title: "Connections",
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
    title: "Size of databases",
    unit: "bytes",
    queries: { "{{datname}}": "max by (datname) (cnpg_pg_database_size_bytes)" },
  },
];

export const monitoring: readonly Panel[] = [
  { title: "Series", kind: "now", unit: "short", queries: { series: "max(prometheus_tsdb_head_series)" } },
  {
    title: "Alertmanagers that see each other",
    kind: "now",
    unit: "short",
    queries: { members: "min(alertmanager_cluster_members)" },
  },
  {
    title: "Samples taken in",
    unit: "ops",
    queries: { "{{pod}}": rate("prometheus_tsdb_head_samples_appended_total") },
  },
  { title: "Targets that answer", unit: "short", queries: { up: "sum(up)", down: "count(up == 0) or vector(0)" } },
  {
    title: "Rules that fail",
    unit: "ops",
    queries: { "{{rule_group}}": `sum by (rule_group) (${rate("prometheus_rule_evaluation_failures_total")})` },
  },
  {
    title: "Notifications",
    unit: "ops",
    queries: {
      "{{integration}}": `sum by (integration) (${rate("alertmanager_notifications_total")})`,
      "{{integration}} failed": `sum by (integration) (${rate("alertmanager_notifications_failed_total")})`,
    },
  },
  {
    title: "Alerts",
    unit: "short",
    queries: { "{{alertname}} {{severity}}": `count by (alertname, severity) (ALERTS{alertstate="firing"})` },
  },
  {
    title: "Grafana's answers",
    unit: "reqps",
    queries: { "{{status_code}}": `sum by (status_code) (${rate("grafana_http_request_duration_seconds_count")})` },
  },
  {
    title: "Grafana's time to answer",
    unit: "s",
    queries: { "95 of 100": quantile(0.95, "grafana_http_request_duration_seconds_bucket") },
  },
];

export const thanos: readonly Panel[] = [
  {
    title: "Last upload",
    kind: "now",
    unit: "s",
    queries: { ago: `time() - max(thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"})` },
  },
  { title: "Compactor halted", kind: "now", unit: "short", queries: { halted: "max(thanos_compact_halted)" } },
  {
    title: "What is asked of the bucket",
    unit: "ops",
    queries: { "{{operation}}": `sum by (operation) (${rate("thanos_objstore_bucket_operations_total")})` },
  },
  {
    title: "What of it fails",
    unit: "ops",
    queries: { "{{operation}}": `sum by (operation) (${rate("thanos_objstore_bucket_operation_failures_total")})` },
  },
];
