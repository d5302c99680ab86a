// Series with which each alert fires, and others with which it does not.
import { backupCases } from "./backup-cases.ts";
import { grows, loggingCases, many } from "./logging-cases.ts";
import type { Case, Series } from "./logging-cases.ts";

const gi = 2 ** 30;
const claim = '{namespace="a",persistentvolumeclaim="data-0"}';
const size = { [`kubelet_volume_stats_capacity_bytes${claim}`]: many(100 * gi) };
const free = (values: string): Series => ({ ...size, [`kubelet_volume_stats_available_bytes${claim}`]: values });
const certificate = (daysLeft: number): Series => ({
  'certmanager_certificate_expiration_timestamp_seconds{name="wiki",exported_namespace="a"}': many(daysLeft * 86400),
});
const ratio =
  (bad: string, good: string) =>
  (badStep: number, goodStep: number): Series => ({
    [bad]: grows(badStep),
    [good]: grows(goodStep),
  });
/** A histogram with this share of a minute's 100 requests below 1 (or 1,000 ms) and the rest between 1 and 10. */
const histogram = (name: string, labels: string, fast: number, unit = 1): Series => ({
  [`${name}{${labels}le="${unit}"}`]: grows(fast),
  [`${name}{${labels}le="${10 * unit}"}`]: grows(100),
  [`${name}{${labels}le="+Inf"}`]: grows(100),
});
const deployment = (available: number, wanted = 2): Series => ({
  'kube_deployment_status_replicas_available{namespace="a",deployment="web"}': many(available),
  'kube_deployment_spec_replicas{namespace="a",deployment="web"}': many(wanted),
});
const daemonSet = (ready: number): Series => ({
  'kube_daemonset_status_number_ready{namespace="b",daemonset="fluent-bit"}': many(ready),
  'kube_daemonset_status_desired_number_scheduled{namespace="b",daemonset="fluent-bit"}': many(3),
});
const replicas = (...isReplica: number[]): Series =>
  Object.fromEntries(isReplica.map((value, index) => [`pg_replication_is_replica{pod="pg-${index}"}`, many(value)]));

const kong = ratio(
  'kong_http_requests_total{exported_service="wiki",code="502"}',
  'kong_http_requests_total{exported_service="wiki",code="200"}',
);
const traefik = ratio(
  'traefik_service_requests_total{exported_service="wiki",code="502"}',
  'traefik_service_requests_total{exported_service="wiki",code="200"}',
);
const keycloak = ratio(
  'http_server_requests_seconds_count{container="keycloak",outcome="SERVER_ERROR"}',
  'http_server_requests_seconds_count{container="keycloak",outcome="SUCCESS"}',
);
const keycloakTime = ratio(
  'http_server_requests_seconds_sum{container="keycloak"}',
  'http_server_requests_seconds_count{container="keycloak"}',
);
const failures = (values: string): Series => ({
  'argo_workflows_total_count{exported_namespace="argo",phase="Failed"}': values,
});
const workflows = (bad: number, good: number): Series => ({
  ...failures(grows(bad)),
  'argo_workflows_total_count{exported_namespace="argo",phase="Succeeded"}': grows(good),
});
const grafana = ratio(
  'grafana_http_request_duration_seconds_count{status_code="500"}',
  'grafana_http_request_duration_seconds_count{status_code="200"}',
);

/** By `component/alert`; the two engines and gateways share names, and each has its own series. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  "platform/TargetDown": [
    {
      fires: { 'up{namespace="a",job="web",pod="0"}': many(0), 'up{namespace="a",job="web",pod="1"}': many(1) },
      quiet: { 'up{namespace="a",job="web",pod="0"}': many(1), 'up{namespace="elsewhere",job="x"}': many(0) },
    },
  ],
  "platform/WorkloadDown": [
    { fires: deployment(0), quiet: deployment(1) },
    {
      fires: {
        'kube_statefulset_status_replicas_ready{namespace="b",statefulset="db"}': many(0),
        'kube_statefulset_replicas{namespace="b",statefulset="db"}': many(3),
      },
      // Somebody scaled it to nothing.
      quiet: {
        'kube_statefulset_status_replicas_ready{namespace="b",statefulset="db"}': many(0),
        'kube_statefulset_replicas{namespace="b",statefulset="db"}': many(0),
      },
    },
  ],
  "platform/WorkloadNotReady": [
    { fires: deployment(1), quiet: deployment(2) },
    { fires: daemonSet(2), quiet: daemonSet(3) },
  ],
  "platform/ClaimFull": [{ fires: free(many(2 * gi)), quiet: free(many(4 * gi)) }],
  "platform/ClaimFillingUp": [
    // Ten mebibytes a minute from nineteen gibibytes on: empty in a day and a half.
    { fires: free(grows(-10 * 2 ** 20, 19 * gi)), quiet: free(many(10 * gi)), at: "8h" },
    // As fast, with half of it left.
    { fires: free(grows(-5 * 2 ** 20, 15 * gi)), quiet: free(grows(-5 * 2 ** 20, 60 * gi)), at: "8h" },
  ],
  "platform/ClaimPending": [
    {
      fires: { 'kube_persistentvolumeclaim_status_phase{namespace="a",phase="Pending"}': many(1) },
      quiet: { 'kube_persistentvolumeclaim_status_phase{namespace="a",phase="Pending"}': many(0) },
    },
  ],
  "dns/DnsRecordsNotSynchronized": [
    {
      fires: { external_dns_controller_last_sync_timestamp_seconds: many(0) },
      quiet: { external_dns_controller_last_sync_timestamp_seconds: "0+60x15000" },
      at: "30m",
    },
  ],
  "dns/DnsRecordOfAnotherOwner": [
    {
      fires: {
        'external_dns_registry_skipped_records_owner_mismatch_per_sync{domain="example.org",foreign_owner=""}': many(1),
      },
      quiet: {
        'external_dns_registry_skipped_records_owner_mismatch_per_sync{domain="example.org",foreign_owner=""}': many(0),
      },
    },
  ],
  "workflows/WorkflowControllerErrors": [
    {
      fires: { 'argo_workflows_error_count{cause="CronWorkflowSubmissionError"}': grows(1) },
      quiet: { 'argo_workflows_error_count{cause="CronWorkflowSubmissionError"}': many(7) },
    },
  ],
  "workflows/WorkflowsFail": [
    // Most of many, and a few of many.
    { fires: workflows(6, 4), quiet: workflows(4, 6), at: "90m" },
    // All of several, and all of few: less than five in an hour.
    { fires: workflows(1, 0), quiet: { ...workflows(0, 0), ...failures("0+1x15 15x15000") }, at: "150m" },
  ],
  "certificates/CertificateNearExpiry": [{ fires: certificate(20), quiet: certificate(30), at: "90m" }],
  "certificates/CertificateExpires": [{ fires: certificate(6), quiet: certificate(20) }],
  "certificates/CertificateNotReady": [
    {
      fires: { 'certmanager_certificate_ready_status{name="wiki",condition="False"}': many(1) },
      quiet: {
        'certmanager_certificate_ready_status{name="wiki",condition="False"}': many(0),
        'certmanager_certificate_ready_status{name="wiki",condition="True"}': many(1),
      },
    },
  ],
  "certificates/CertManagerErrors": [
    {
      fires: {
        'certmanager_controller_sync_error_count{controller="orders"}': grows(30),
        'certmanager_controller_sync_call_count{controller="orders"}': grows(100),
      },
      quiet: {
        'certmanager_controller_sync_error_count{controller="orders"}': grows(1),
        'certmanager_controller_sync_call_count{controller="orders"}': grows(100),
      },
      at: "2h",
    },
  ],
  "postgresql/PostgresqlDown": [
    { fires: { 'pg_up{pod="pg-0"}': many(0) }, quiet: { 'pg_up{pod="pg-0"}': many(1) } },
    { fires: { 'cnpg_collector_up{pod="pg-1"}': many(0) }, quiet: { 'cnpg_collector_up{pod="pg-1"}': many(1) } },
  ],
  "postgresql/PostgresqlReplicationLag": [
    {
      fires: { 'pg_replication_lag_seconds{pod="pg-1"}': many(120), ...replicas(0, 1) },
      // A primary's own number says nothing.
      quiet: { 'pg_replication_lag_seconds{pod="pg-0"}': many(120), ...replicas(0, 1) },
    },
    {
      fires: { 'cnpg_pg_replication_lag{pod="pg-2"}': many(120) },
      quiet: { 'cnpg_pg_replication_lag{pod="pg-2"}': many(5) },
    },
  ],
  "postgresql/PostgresqlNoPrimary": [
    { fires: replicas(1, 1, 1), quiet: replicas(0, 1, 1) },
    { fires: replicas(0, 0, 1), quiet: replicas(1, 0, 1) },
  ],
  "postgresql/PostgresqlConnectionsNearlyUsed": [
    {
      fires: {
        'pg_stat_activity_count{pod="pg-0",state="idle"}': many(90),
        'pg_settings_max_connections{pod="pg-0"}': many(100),
      },
      quiet: {
        'pg_stat_activity_count{pod="pg-0",state="idle"}': many(50),
        'pg_settings_max_connections{pod="pg-0"}': many(100),
      },
    },
    {
      fires: {
        'cnpg_backends_total{pod="pg-1",datname="x"}': many(90),
        'cnpg_pg_settings_setting{pod="pg-1",name="max_connections"}': many(100),
      },
      quiet: {
        'cnpg_backends_total{pod="pg-1",datname="x"}': many(9),
        'cnpg_pg_settings_setting{pod="pg-1",name="max_connections"}': many(100),
      },
    },
  ],
  "postgresql/PostgresqlRollbacks": [
    {
      fires: {
        'pg_stat_database_xact_rollback{datname="x"}': grows(300),
        'pg_stat_database_xact_commit{datname="x"}': grows(1000),
      },
      // Few, although they are most.
      quiet: {
        'pg_stat_database_xact_rollback{datname="x"}': grows(6),
        'pg_stat_database_xact_commit{datname="x"}': grows(3),
      },
    },
  ],
  "postgresql/PostgresqlFenced": [
    {
      fires: { 'cnpg_collector_fencing_on{pod="pg-1"}': many(1) },
      quiet: { 'cnpg_collector_fencing_on{pod="pg-1"}': many(0) },
    },
  ],
  "postgresql/PostgresqlArchiveFails": [
    {
      fires: {
        'cnpg_pg_stat_archiver_last_failed_time{namespace="a",pod="pg-1"}': many(2000),
        'cnpg_pg_stat_archiver_last_archived_time{namespace="a",pod="pg-1"}': many(1000),
      },
      // It never failed.
      quiet: {
        'cnpg_pg_stat_archiver_last_failed_time{namespace="a",pod="pg-1"}': many(-1),
        'cnpg_pg_stat_archiver_last_archived_time{namespace="a",pod="pg-1"}': many(-1),
      },
    },
  ],
  "postgresql/PostgresqlArchiveBehind": [
    {
      fires: {
        'cnpg_collector_pg_wal_archive_status{namespace="a",pod="pg-1",value="ready"}': many(3),
        'cnpg_pg_stat_archiver_seconds_since_last_archival{namespace="a",pod="pg-1"}': many(1000),
      },
      // Nothing was written; and a standby, which archives nothing, has no such statistics.
      quiet: {
        'cnpg_collector_pg_wal_archive_status{namespace="a",pod="pg-1",value="ready"}': many(0),
        'cnpg_pg_stat_archiver_seconds_since_last_archival{namespace="a",pod="pg-1"}': many(9000),
        'cnpg_collector_pg_wal_archive_status{namespace="a",pod="pg-2",value="ready"}': many(9),
      },
    },
  ],
  "postgresql/PostgresqlBaseBackupTooOld": [
    {
      fires: { 'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="a",pod="pg-1"}': many(1) },
      quiet: {
        'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="a",pod="pg-1"}': many(13_000),
      },
      at: "4h",
    },
    {
      // There is none at all.
      fires: { 'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="a",pod="pg-1"}': many(0) },
      quiet: {
        'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="a",pod="pg-1"}': many(12_000),
      },
      at: "4h",
    },
  ],
  "postgresql/PostgresqlBaseBackupFailed": [
    {
      fires: {
        'barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp{namespace="a",pod="pg-1"}': many(2000),
        'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="a",pod="pg-1"}': many(1000),
      },
      quiet: {
        'barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp{namespace="a",pod="pg-1"}': many(1000),
        'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="a",pod="pg-1"}': many(2000),
      },
    },
  ],
  "monitoring/AlertmanagerNotificationsFail": [
    {
      fires: {
        'alertmanager_notifications_failed_total{integration="email",pod="0"}': grows(5),
        'alertmanager_notifications_total{integration="email",pod="0"}': grows(10),
      },
      quiet: {
        'alertmanager_notifications_failed_total{integration="email",pod="0"}': many(3),
        'alertmanager_notifications_total{integration="email",pod="0"}': grows(10),
      },
    },
  ],
  "monitoring/AlertmanagerConfigurationRefused": [
    {
      fires: { 'alertmanager_config_last_reload_successful{pod="0"}': many(0) },
      quiet: { 'alertmanager_config_last_reload_successful{pod="0"}': many(1) },
    },
  ],
  "monitoring/AlertmanagerApart": [
    {
      fires: { 'alertmanager_cluster_members{pod="0"}': many(1), 'alertmanager_cluster_members{pod="1"}': many(1) },
      quiet: { 'alertmanager_cluster_members{pod="0"}': many(2), 'alertmanager_cluster_members{pod="1"}': many(2) },
    },
  ],
  "monitoring/GrafanaErrors": [{ fires: grafana(10, 90), quiet: grafana(1, 90) }],
  "monitoring/GrafanaSlow": [
    {
      fires: histogram("grafana_http_request_duration_seconds_bucket", 'handler="/api/ds",', 50),
      quiet: histogram("grafana_http_request_duration_seconds_bucket", 'handler="/api/ds",', 99),
    },
  ],
  "gateway/GatewayErrors": [
    { fires: kong(10, 90), quiet: kong(1, 90) },
    { fires: traefik(10, 90), quiet: traefik(1, 90) },
  ],
  "gateway/GatewaySlow": [
    {
      fires: histogram("kong_request_latency_ms_bucket", 'exported_service="wiki",', 50, 1000),
      quiet: histogram("kong_request_latency_ms_bucket", 'exported_service="wiki",', 99, 1000),
    },
    {
      fires: histogram("traefik_service_request_duration_seconds_bucket", 'exported_service="wiki",', 50),
      quiet: histogram("traefik_service_request_duration_seconds_bucket", 'exported_service="wiki",', 99),
    },
  ],
  "gateway/GatewayDatabaseUnreachable": [
    {
      fires: { 'kong_datastore_reachable{pod="0"}': many(0) },
      quiet: { 'kong_datastore_reachable{pod="0"}': many(1) },
    },
  ],
  "thanos/ThanosCompactorHalted": [
    { fires: { thanos_compact_halted: many(1) }, quiet: { thanos_compact_halted: many(0) } },
  ],
  "thanos/ThanosBucketErrors": [
    {
      fires: {
        'thanos_objstore_bucket_operation_failures_total{job="store",operation="get"}': grows(10),
        'thanos_objstore_bucket_operations_total{job="store",operation="get"}': grows(100),
      },
      quiet: {
        'thanos_objstore_bucket_operation_failures_total{job="store",operation="get"}': grows(1),
        'thanos_objstore_bucket_operations_total{job="store",operation="get"}': grows(100),
      },
    },
  ],
  "thanos/ThanosUploadTooOld": [
    {
      // The clock of these tests starts at nought: the last upload was a minute after it, and no other came.
      fires: { 'thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"}': many(60) },
      // Before the first block is closed there is nothing to upload.
      quiet: { 'thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"}': many(0) },
      at: "6h",
    },
    {
      fires: { 'thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"}': many(60) },
      quiet: { 'thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"}': grows(60, 60) },
      at: "6h",
    },
  ],
  ...loggingCases,
  ...backupCases,
  "keycloak/KeycloakErrors": [{ fires: keycloak(10, 90), quiet: keycloak(1, 90) }],
  "keycloak/KeycloakSlow": [{ fires: keycloakTime(300, 100), quiet: keycloakTime(10, 100) }],
  "keycloak/KeycloakWaitsForDatabase": [
    {
      fires: { 'agroal_awaiting_count{container="keycloak",pod="0"}': many(3) },
      quiet: { 'agroal_awaiting_count{container="keycloak",pod="0"}': many(0) },
    },
  ],
  "keycloak/KeycloakMemory": [
    {
      fires: {
        'jvm_memory_used_bytes{area="heap",container="keycloak",pod="0"}': many(97),
        'jvm_memory_max_bytes{area="heap",container="keycloak",pod="0"}': many(100),
      },
      quiet: {
        'jvm_memory_used_bytes{area="heap",container="keycloak",pod="0"}': many(60),
        'jvm_memory_max_bytes{area="heap",container="keycloak",pod="0"}': many(100),
      },
    },
  ],
};
