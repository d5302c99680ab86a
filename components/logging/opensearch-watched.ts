import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

const heap = (state: string) => `elasticsearch_jvm_memory_${state}_bytes{area="heap"}`;
const free = "elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes";

const latestSnapshot = "elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds";

/**
 * What Prometheus and Grafana show of OpenSearch, from elasticsearch_exporter.
 * @param snapshots whether snapshots are taken
 */
export function opensearchWatched(namespace: string, snapshots: boolean): Watched {
  return {
    component: "opensearch",
    title: "OpenSearch",
    namespace,
    alerts: [...(snapshots ? snapshotAlerts : []), ...alerts],
    panels: [...(snapshots ? snapshotPanels : []), ...panels],
  };
}

const snapshotAlerts: readonly Alert[] = [
  {
    alert: "OpensearchSnapshotTooOld",
    // The default schedule takes one snapshot a day. With a less frequent schedule, this alert fires.
    expr: `time() - max by (repository) (${latestSnapshot} > 0) > ${48 * 3600}`,
    for: "30m",
    severity: "warning",
    summary: "The last snapshot of the search cluster is {{ $value | humanizeDuration }} old.",
    runbook: "opensearch-snapshots",
  },
  {
    alert: "OpensearchSnapshotMissing",
    expr: `max by (repository) (${latestSnapshot}) == 0`,
    for: "26h",
    severity: "warning",
    summary: "The search cluster has no snapshot.",
    runbook: "opensearch-snapshots",
  },
];

const alerts: readonly Alert[] = [
  {
    alert: "OpensearchUnreachable",
    expr: "absent(elasticsearch_cluster_health_number_of_nodes)",
    for: "10m",
    severity: "critical",
    summary: "The search cluster reports no health metrics.",
    runbook: "opensearch-cluster",
  },
  {
    alert: "OpensearchRed",
    expr: `elasticsearch_cluster_health_status{color="red"} == 1`,
    for: "5m",
    severity: "critical",
    summary: "The search cluster is red: at least one primary shard is missing.",
    runbook: "opensearch-cluster",
  },
  {
    alert: "OpensearchYellow",
    expr: `elasticsearch_cluster_health_status{color="yellow"} == 1`,
    for: "30m",
    severity: "warning",
    summary: "The search cluster is yellow: at least one replica shard is missing.",
    runbook: "opensearch-cluster",
  },
  {
    alert: "OpensearchShardsUnassigned",
    expr: "elasticsearch_cluster_health_unassigned_shards > 0 and elasticsearch_cluster_health_initializing_shards == 0",
    for: "1h",
    severity: "warning",
    summary: "{{ $value }} shards are unassigned, and none is initializing.",
    runbook: "opensearch-cluster",
  },
  {
    alert: "OpensearchNodesMissing",
    expr: `max(elasticsearch_cluster_health_number_of_nodes) < max(kube_statefulset_replicas{statefulset="opensearch"})`,
    for: "15m",
    severity: "warning",
    summary: "Nodes are missing: the search cluster has only {{ $value }}.",
    runbook: "opensearch-cluster",
  },
  {
    alert: "OpensearchHeap",
    expr: `${heap("used")} / ${heap("max")} > 0.9`,
    for: "15m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the heap of {{ $labels.name }} is in use.",
    runbook: "opensearch-load",
  },
  {
    alert: "OpensearchRejects",
    expr: `sum by (name, type) (increase(elasticsearch_thread_pool_rejected_count{type=~"search|write"}[10m])) > 0`,
    for: "10m",
    severity: "warning",
    summary: "{{ $labels.name }} rejects {{ $labels.type }} requests: its queue is full.",
    runbook: "opensearch-load",
  },
  {
    alert: "OpensearchDiskFillingUp",
    // Above 85 % usage a node gets no new shards, above 90 % shards move away, above 95 % indices become read-only.
    expr: `${free} < 0.15`,
    for: "15m",
    severity: "warning",
    summary:
      "Only {{ $value | humanizePercentage }} of the disk of {{ $labels.name }} is free: the node gets no new shards.",
    runbook: "opensearch-disk",
  },
  {
    alert: "OpensearchDiskFull",
    expr: `${free} < 0.07`,
    for: "1m",
    severity: "critical",
    summary:
      "Only {{ $value | humanizePercentage }} of the disk of {{ $labels.name }} is free: its indices are about to become read-only.",
    runbook: "opensearch-disk",
  },
];

const snapshotPanels: readonly Panel[] = [
  {
    title: "Time since the last snapshot",
    kind: "now",
    unit: "s",
    queries: { ago: "time() - max(elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds > 0)" },
  },
];

const panels: readonly Panel[] = [
  {
    title: "Nodes",
    kind: "now",
    unit: "short",
    queries: { nodes: "max(elasticsearch_cluster_health_number_of_nodes)" },
  },
  {
    title: "Unassigned shards",
    kind: "now",
    unit: "short",
    queries: { shards: "max(elasticsearch_cluster_health_unassigned_shards)" },
  },
  {
    title: "Cluster status",
    unit: "short",
    queries: { "{{color}}": "max by (color) (elasticsearch_cluster_health_status)" },
  },
  {
    title: "Shards",
    unit: "short",
    queries: {
      active: "max(elasticsearch_cluster_health_active_shards)",
      initializing: "max(elasticsearch_cluster_health_initializing_shards)",
      relocating: "max(elasticsearch_cluster_health_relocating_shards)",
      unassigned: "max(elasticsearch_cluster_health_unassigned_shards)",
    },
  },
  {
    title: "Heap usage",
    unit: "percentunit",
    queries: {
      "{{name}}": `elasticsearch_jvm_memory_used_bytes{area="heap"} / elasticsearch_jvm_memory_max_bytes{area="heap"}`,
    },
  },
  {
    title: "Time in garbage collection",
    unit: "percentunit",
    queries: { "{{name}}": `sum by (name) (${rate("elasticsearch_jvm_gc_collection_seconds_sum")})` },
  },
  {
    title: "Disk usage",
    unit: "percentunit",
    queries: {
      "{{name}}": "1 - elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes",
    },
  },
  { title: "Size of indices", unit: "bytes", queries: { "{{name}}": "elasticsearch_indices_store_size_bytes" } },
  { title: "Documents", unit: "short", queries: { documents: "sum(elasticsearch_indices_docs)" } },
  {
    title: "Requests",
    unit: "ops",
    queries: {
      "{{name}} indexed": `sum by (name) (${rate("elasticsearch_indices_indexing_index_total")})`,
      "{{name}} searched": `sum by (name) (${rate("elasticsearch_indices_search_query_total")})`,
    },
  },
  {
    title: "Rejected requests",
    unit: "ops",
    queries: {
      "{{name}} {{type}}": `sum by (name, type) (${rate("elasticsearch_thread_pool_rejected_count")}) > 0`,
    },
  },
];
