import type { Dashboard, Panel } from "./dashboard.ts";
import { quantile, rate } from "./panels.ts";

/** The cluster, its nodes and all workloads of the stack. */
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
        title: "Alerts firing",
        kind: "now",
        unit: "short",
        queries: { alerts: `count(ALERTS{alertstate="firing",severity!="info"}) or vector(0)` },
      },
      {
        title: "Node CPU usage",
        unit: "percentunit",
        queries: { "{{instance}}": `1 - avg by (instance) (${rate(`node_cpu_seconds_total{mode="idle"}`)})` },
      },
      {
        title: "Node memory usage",
        unit: "percentunit",
        queries: { "{{instance}}": "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes" },
      },
      {
        title: "Node disk usage",
        unit: "percentunit",
        queries: {
          "{{instance}} {{mountpoint}}": `1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"} / node_filesystem_size_bytes{fstype!~"tmpfs|ramfs"}`,
        },
      },
      {
        title: "Node network traffic",
        unit: "Bps",
        queries: {
          "{{instance}} in": `sum by (instance) (${rate(`node_network_receive_bytes_total{device!~"lo|veth.*"}`)})`,
          "{{instance}} out": `-sum by (instance) (${rate(`node_network_transmit_bytes_total{device!~"lo|veth.*"}`)})`,
        },
      },
      {
        title: "CPU by namespace",
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
        title: "PersistentVolumeClaim usage",
        unit: "percentunit",
        queries: {
          "{{namespace}} {{persistentvolumeclaim}}": `1 - kubelet_volume_stats_available_bytes{${own}} / kubelet_volume_stats_capacity_bytes{${own}}`,
        },
      },
      {
        title: "Missing replicas",
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
    title: "Next certificate expiry",
    kind: "now",
    unit: "s",
    queries: { left: "min(certmanager_certificate_expiration_timestamp_seconds - time())" },
  },
  {
    title: "Certificates not issued",
    kind: "now",
    unit: "short",
    queries: { certificates: `count(certmanager_certificate_ready_status{condition!="True"} == 1) or vector(0)` },
  },
  {
    title: "Time until expiry",
    unit: "s",
    queries: { "{{exported_namespace}} {{name}}": "certmanager_certificate_expiration_timestamp_seconds - time()" },
  },
  {
    title: "cert-manager operations",
    unit: "ops",
    queries: {
      "{{controller}}": `sum by (controller) (${rate("certmanager_controller_sync_call_count")})`,
      "{{controller}} failed": `sum by (controller) (${rate("certmanager_controller_sync_error_count")})`,
    },
  },
];

export const postgresqlHa: readonly Panel[] = [
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

export const cloudNativePg: readonly Panel[] = [
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

export const monitoring: readonly Panel[] = [
  { title: "Active series", kind: "now", unit: "short", queries: { series: "max(prometheus_tsdb_head_series)" } },
  {
    title: "Connected Alertmanager replicas",
    kind: "now",
    unit: "short",
    queries: { members: "min(alertmanager_cluster_members)" },
  },
  {
    title: "Samples ingested",
    unit: "ops",
    queries: { "{{pod}}": rate("prometheus_tsdb_head_samples_appended_total") },
  },
  { title: "Targets", unit: "short", queries: { up: "sum(up)", down: "count(up == 0) or vector(0)" } },
  {
    title: "Rule evaluation failures",
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
    title: "Alerts firing",
    unit: "short",
    queries: { "{{alertname}} {{severity}}": `count by (alertname, severity) (ALERTS{alertstate="firing"})` },
  },
  {
    title: "Grafana responses",
    unit: "reqps",
    queries: { "{{status_code}}": `sum by (status_code) (${rate("grafana_http_request_duration_seconds_count")})` },
  },
  {
    title: "Grafana response time, 95th percentile",
    unit: "s",
    queries: { p95: quantile(0.95, "grafana_http_request_duration_seconds_bucket") },
  },
];

export const thanos: readonly Panel[] = [
  {
    title: "Time since the last upload",
    kind: "now",
    unit: "s",
    queries: { ago: `time() - max(thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"})` },
  },
  { title: "Compactor halted", kind: "now", unit: "short", queries: { halted: "max(thanos_compact_halted)" } },
  {
    title: "Bucket operations",
    unit: "ops",
    queries: { "{{operation}}": `sum by (operation) (${rate("thanos_objstore_bucket_operations_total")})` },
  },
  {
    title: "Failed bucket operations",
    unit: "ops",
    queries: { "{{operation}}": `sum by (operation) (${rate("thanos_objstore_bucket_operation_failures_total")})` },
  },
];
