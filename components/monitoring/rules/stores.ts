import type { AlertGroup } from "./rule.ts";

const heap = (state: string) => `elasticsearch_jvm_memory_${state}_bytes{area="heap"}`;
const free = "elasticsearch_filesystem_data_available_bytes / elasticsearch_filesystem_data_size_bytes";

const latestSnapshot = "elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds";

const snapshotAlerts: AlertGroup["alerts"] = [
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

/**
 * OpenSearch: metrics of elasticsearch_exporter.
 * @param snapshots whether snapshots are taken
 */
export const opensearchAlerts = (snapshots: boolean): AlertGroup => ({
  component: "opensearch",
  alerts: [
    ...(snapshots ? snapshotAlerts : []),
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
  ],
});

/** MongoDB: metrics of the operator's agent next to each server. */
export const mongodbAlerts: AlertGroup = {
  component: "mongodb",
  alerts: [
    {
      alert: "MongodbNoPrimary",
      // State 1 of a member is PRIMARY.
      expr: "max(mongodb_members_state == bool 1) == 0",
      for: "3m",
      severity: "critical",
      summary: "The MongoDB replica set has no primary: Graylog cannot write to it.",
      runbook: "mongodb",
    },
    {
      alert: "MongodbMemberDown",
      expr: "count(mongodb_members_health == 0) > 0",
      for: "10m",
      severity: "warning",
      summary: "At least one member of the MongoDB replica set is unreachable.",
      runbook: "mongodb",
    },
    {
      alert: "MongodbConnectionsNearlyUsed",
      expr: "mongodb_connections_current / (mongodb_connections_current + mongodb_connections_available) > 0.8",
      for: "10m",
      severity: "warning",
      summary: "{{ $value | humanizePercentage }} of the connections of {{ $labels.pod }} are in use.",
      runbook: "mongodb",
    },
  ],
};
