/** Exporters: their metrics, and the source of the list. */
export interface Exporter {
  readonly source: string;
  readonly metrics: readonly string[];
}

/** Every metric that alerts and dashboards use, by exporter. */
export const exporters = {
  prometheus: {
    source: 'prometheus.io/docs, "Jobs and instances" and "Alerting rules"; Prometheus 3, /metrics',
    metrics: [
      "ALERTS",
      "prometheus_rule_evaluation_failures_total",
      "prometheus_tsdb_head_samples_appended_total",
      "prometheus_tsdb_head_series",
      "up",
    ],
  },
  kubelet: {
    source: 'kubernetes.io/docs, "Kubernetes Metrics Reference"; cAdvisor, docs/storage/prometheus.md',
    metrics: [
      "container_cpu_usage_seconds_total",
      "container_memory_working_set_bytes",
      "kubelet_volume_stats_available_bytes",
      "kubelet_volume_stats_capacity_bytes",
    ],
  },
  "kube-state-metrics": {
    source: "kube-state-metrics 2.20, docs/metrics/{workload,storage,cluster}",
    metrics: [
      "kube_cronjob_created",
      "kube_cronjob_status_active",
      "kube_cronjob_status_last_schedule_time",
      "kube_cronjob_status_last_successful_time",
      "kube_daemonset_status_desired_number_scheduled",
      "kube_daemonset_status_number_ready",
      "kube_deployment_spec_replicas",
      "kube_deployment_status_replicas_available",
      "kube_job_status_failed",
      "kube_node_status_condition",
      "kube_persistentvolumeclaim_status_phase",
      "kube_pod_container_status_restarts_total",
      "kube_pod_status_phase",
      "kube_resourcequota",
      "kube_statefulset_replicas",
      "kube_statefulset_status_replicas_ready",
    ],
  },
  "node-exporter": {
    source: "node_exporter 1.12, collectors cpu, filesystem, meminfo and netdev",
    metrics: [
      "node_cpu_seconds_total",
      "node_filesystem_avail_bytes",
      "node_filesystem_size_bytes",
      "node_memory_MemAvailable_bytes",
      "node_memory_MemTotal_bytes",
      "node_network_receive_bytes_total",
      "node_network_transmit_bytes_total",
    ],
  },
  alertmanager: {
    source: "Alertmanager 0.34, notify/notify.go, config/coordinator.go and cluster/cluster.go",
    metrics: [
      "alertmanager_cluster_members",
      "alertmanager_config_last_reload_successful",
      "alertmanager_notifications_failed_total",
      "alertmanager_notifications_total",
    ],
  },
  grafana: {
    source: "Grafana 13, pkg/middleware/request_metrics.go",
    metrics: ["grafana_http_request_duration_seconds_bucket", "grafana_http_request_duration_seconds_count"],
  },
  "external-dns": {
    source: "external-dns 0.21, docs/monitoring/metrics.md",
    metrics: [
      "external_dns_controller_last_sync_timestamp_seconds",
      "external_dns_controller_verified_records",
      "external_dns_registry_errors_total",
      "external_dns_registry_skipped_records_owner_mismatch_per_sync",
      "external_dns_source_errors_total",
      "external_dns_source_records",
    ],
  },
  "cert-manager": {
    source: 'cert-manager.io/docs, "Prometheus Metrics"',
    metrics: [
      "certmanager_certificate_expiration_timestamp_seconds",
      "certmanager_certificate_ready_status",
      "certmanager_controller_sync_call_count",
      "certmanager_controller_sync_error_count",
    ],
  },
  "backup-sizes": {
    source: "the rules that components/backup/programs/sizes.ts writes",
    metrics: ["groundplan_backup_size_bytes"],
  },
  velero: {
    source: "Velero 1.18, pkg/metrics/metrics.go",
    metrics: [
      "velero_backup_attempt_total",
      "velero_backup_items_errors",
      "velero_backup_last_status",
      "velero_backup_last_successful_timestamp",
      "velero_backup_tarball_size_bytes",
    ],
  },
  "postgresql-ha": {
    source:
      "postgres_exporter 0.17, collectors database, replication and stat_database; pg_settings_* and pg_stat_activity_* of its queries",
    metrics: [
      "pg_database_size_bytes",
      "pg_replication_is_replica",
      "pg_replication_lag_seconds",
      "pg_settings_max_connections",
      "pg_stat_activity_count",
      "pg_stat_database_blks_hit",
      "pg_stat_database_blks_read",
      "pg_stat_database_deadlocks",
      "pg_stat_database_xact_commit",
      "pg_stat_database_xact_rollback",
      "pg_up",
    ],
  },
  "cloudnative-pg": {
    source:
      'cloudnative-pg.io/docs, "Monitoring", predefined metrics and default queries; plugin-barman-cloud 0.13, "Observability"',
    metrics: [
      "barman_cloud_cloudnative_pg_io_first_recoverability_point",
      "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp",
      "barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp",
      "cnpg_backends_total",
      "cnpg_collector_fencing_on",
      "cnpg_collector_pg_wal_archive_status",
      "cnpg_collector_up",
      "cnpg_pg_database_size_bytes",
      "cnpg_pg_replication_lag",
      "cnpg_pg_settings_setting",
      "cnpg_pg_stat_archiver_last_archived_time",
      "cnpg_pg_stat_archiver_last_failed_time",
      "cnpg_pg_stat_archiver_seconds_since_last_archival",
      "cnpg_pg_stat_database_xact_commit",
      "cnpg_pg_stat_database_xact_rollback",
    ],
  },
  kong: {
    source: 'developer.konghq.com, plugin "Prometheus", available metrics',
    metrics: [
      "kong_datastore_reachable",
      "kong_http_requests_total",
      "kong_nginx_connections_total",
      "kong_request_latency_ms_bucket",
      "kong_upstream_latency_ms_bucket",
    ],
  },
  traefik: {
    source: 'doc.traefik.io, "Metrics", Prometheus',
    metrics: [
      "traefik_open_connections",
      "traefik_service_request_duration_seconds_bucket",
      "traefik_service_requests_total",
    ],
  },
  "argo-workflows": {
    source: 'Argo Workflows 4.0, docs/metrics.md, "Default Controller Metrics"',
    metrics: [
      "argo_workflows_error_count",
      "argo_workflows_gauge",
      "argo_workflows_pods_gauge",
      "argo_workflows_queue_depth_gauge",
      "argo_workflows_total_count",
    ],
  },
  keycloak: {
    source: 'keycloak.org, "Metrics for troubleshooting": HTTP, database connection pools, JVM',
    metrics: [
      "agroal_active_count",
      "agroal_awaiting_count",
      "http_server_requests_seconds_count",
      "http_server_requests_seconds_sum",
      "jvm_memory_max_bytes",
      "jvm_memory_used_bytes",
    ],
  },
  thanos: {
    source: "Thanos 0.42, pkg/compact and cmd/thanos/compact.go; thanos-io/objstore, objstore.go",
    metrics: [
      "thanos_compact_halted",
      "thanos_objstore_bucket_last_successful_upload_time",
      "thanos_objstore_bucket_operation_failures_total",
      "thanos_objstore_bucket_operations_total",
    ],
  },
  graylog: {
    source:
      "graylog2-server 7.1, resources/prometheus-exporter.yml with the prefix gl_; simpleclient_dropwizard 0.16, DropwizardExports.java (meters end in _total); simpleclient_hotspot 0.16, MemoryPoolsExports.java",
    metrics: [
      "gl_buffer_size",
      "gl_buffer_usage",
      "gl_elasticsearch_output_failures_total",
      "gl_elasticsearch_output_writes_total",
      "gl_input_throughput",
      "gl_journal_entries_uncommitted",
      "gl_journal_size",
      "gl_journal_utilization_ratio",
      "gl_output_throughput",
      "jvm_memory_bytes_max",
      "jvm_memory_bytes_used",
    ],
  },
  "fluent-bit": {
    source:
      "Fluent Bit 5.1, src/flb_input.c, src/flb_output.c and src/flb_storage.c, as /api/v2/metrics/prometheus has them",
    metrics: [
      "fluentbit_input_records_total",
      "fluentbit_output_chunk_available_capacity_percent",
      "fluentbit_output_dropped_records_total",
      "fluentbit_output_proc_records_total",
      "fluentbit_output_retries_total",
      "fluentbit_storage_fs_chunks",
    ],
  },
  opensearch: {
    source:
      "elasticsearch_exporter 1.11, metrics.md; collector/cluster_health.go, collector/nodes.go and collector/snapshots.go",
    metrics: [
      "elasticsearch_cluster_health_active_shards",
      "elasticsearch_cluster_health_initializing_shards",
      "elasticsearch_cluster_health_number_of_nodes",
      "elasticsearch_cluster_health_relocating_shards",
      "elasticsearch_cluster_health_status",
      "elasticsearch_cluster_health_unassigned_shards",
      "elasticsearch_filesystem_data_available_bytes",
      "elasticsearch_filesystem_data_size_bytes",
      "elasticsearch_indices_docs",
      "elasticsearch_indices_indexing_index_total",
      "elasticsearch_indices_search_query_total",
      "elasticsearch_indices_store_size_bytes",
      "elasticsearch_jvm_gc_collection_seconds_sum",
      "elasticsearch_jvm_memory_max_bytes",
      "elasticsearch_jvm_memory_used_bytes",
      "elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds",
      "elasticsearch_thread_pool_rejected_count",
    ],
  },
  mongodb: {
    source:
      'mongodb.com/docs, Ops Manager, "Integrate with Prometheus": the fields of serverStatus and replSetGetStatus, joined by "_"',
    metrics: [
      "mongodb_connections_available",
      "mongodb_connections_current",
      "mongodb_mem_resident",
      "mongodb_members_health",
      "mongodb_members_state",
      "mongodb_network_bytesIn",
      "mongodb_network_bytesOut",
      "mongodb_opcounters_delete",
      "mongodb_opcounters_insert",
      "mongodb_opcounters_query",
      "mongodb_opcounters_update",
    ],
  },
} as const satisfies Record<string, Exporter>;

/** An exporter of metrics. */
export type ExporterName = keyof typeof exporters;
