import type { Panel } from "./dashboard.ts";
import { rate } from "./panels.ts";

export const graylog: readonly Panel[] = [
  {
    title: "Messages received",
    kind: "now",
    unit: "ops",
    queries: { in: "sum(gl_input_throughput)" },
  },
  { title: "Messages written", kind: "now", unit: "ops", queries: { out: "sum(gl_output_throughput)" } },
  {
    title: "Messages waiting in the journal",
    kind: "now",
    unit: "short",
    queries: { messages: "sum(gl_journal_entries_uncommitted)" },
  },
  {
    title: "Messages",
    unit: "ops",
    queries: { "{{pod}} in": "gl_input_throughput", "{{pod}} out": "gl_output_throughput" },
  },
  { title: "Journal usage", unit: "percentunit", queries: { "{{pod}}": "gl_journal_utilization_ratio" } },
  { title: "Journal size", unit: "bytes", queries: { "{{pod}}": "gl_journal_size" } },
  {
    title: "Buffer usage",
    unit: "percentunit",
    queries: { "{{pod}} {{type}}": "gl_buffer_usage / gl_buffer_size" },
  },
  {
    title: "Heap usage",
    unit: "percentunit",
    queries: {
      "{{pod}}": `jvm_memory_bytes_used{area="heap",container="graylog-server"} / jvm_memory_bytes_max{area="heap",container="graylog-server"}`,
    },
  },
  {
    title: "Messages indexed by the search cluster",
    unit: "ops",
    queries: {
      "{{pod}}": `sum by (pod) (${rate("gl_elasticsearch_output_writes_total")})`,
      "{{pod}} rejected": `sum by (pod) (${rate("gl_elasticsearch_output_failures_total")})`,
    },
  },
];

export const collector: readonly Panel[] = [
  {
    title: "Records read",
    unit: "ops",
    queries: { "{{name}}": `sum by (name) (${rate("fluentbit_input_records_total")})` },
  },
  {
    title: "Records sent",
    unit: "ops",
    queries: {
      "{{name}}": `sum by (name) (${rate("fluentbit_output_proc_records_total")})`,
      "{{name}} dropped": `sum by (name) (${rate("fluentbit_output_dropped_records_total")})`,
    },
  },
  {
    title: "Retries",
    unit: "ops",
    queries: { "{{pod}}": `sum by (pod) (${rate("fluentbit_output_retries_total")})` },
  },
  {
    title: "Chunks waiting on disk",
    unit: "short",
    queries: { "{{pod}}": "sum by (pod) (fluentbit_storage_fs_chunks)" },
  },
  {
    title: "Free buffer capacity (percent)",
    unit: "short",
    queries: { "{{pod}}": "min by (pod) (fluentbit_output_chunk_available_capacity_percent)" },
  },
];

/** Additional panels for a search cluster with snapshots. */
export const snapshots: readonly Panel[] = [
  {
    title: "Time since the last snapshot",
    kind: "now",
    unit: "s",
    queries: { ago: "time() - max(elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds > 0)" },
  },
];

export const opensearch: readonly Panel[] = [
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

export const mongodb: readonly Panel[] = [
  {
    title: "Primaries",
    kind: "now",
    unit: "short",
    queries: { primaries: "max(count by (pod) (mongodb_members_state == 1)) or vector(0)" },
  },
  {
    title: "Unreachable members",
    kind: "now",
    unit: "short",
    queries: { members: "count(mongodb_members_health == 0) or vector(0)" },
  },
  {
    title: "Connections in use",
    unit: "percentunit",
    queries: {
      "{{pod}}": "mongodb_connections_current / (mongodb_connections_current + mongodb_connections_available)",
    },
  },
  {
    title: "Operations",
    unit: "ops",
    queries: Object.fromEntries(
      ["delete", "insert", "query", "update"].map((kind) => [
        `{{pod}} ${kind}`,
        `sum by (pod) (${rate(`mongodb_opcounters_${kind}`)})`,
      ]),
    ),
  },
  {
    // The servers report units of 2^20 bytes (MongoDB, "serverStatus", mem.resident).
    title: "Server memory",
    unit: "bytes",
    queries: { "{{pod}}": "mongodb_mem_resident * 1048576" },
  },
  {
    title: "Network",
    unit: "Bps",
    queries: {
      "{{pod}} in": `sum by (pod) (${rate("mongodb_network_bytesIn")})`,
      "{{pod}} out": `-sum by (pod) (${rate("mongodb_network_bytesOut")})`,
    },
  },
];
