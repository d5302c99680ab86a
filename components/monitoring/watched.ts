import { quantile, rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of themselves. */
export function monitoringWatched(namespace: string): Watched {
  return { component: "monitoring", title: "Monitoring", namespace, alerts, panels };
}

/** Alertmanager and Grafana; the chart has the alerts about Prometheus itself. */
const alerts: readonly Alert[] = [
  {
    alert: "AlertmanagerNotificationsFail",
    expr: "sum by (integration) (rate(alertmanager_notifications_failed_total[10m])) / sum by (integration) (rate(alertmanager_notifications_total[10m])) > 0.05",
    for: "10m",
    severity: "critical",
    summary: "{{ $value | humanizePercentage }} of the {{ $labels.integration }} notifications fail.",
  },
  {
    alert: "AlertmanagerConfigurationRefused",
    expr: "alertmanager_config_last_reload_successful == 0",
    for: "10m",
    severity: "critical",
    summary: "{{ $labels.pod }} runs with an old configuration, because it rejects the current one.",
  },
  {
    alert: "AlertmanagerApart",
    expr: "max(alertmanager_cluster_members) < count(alertmanager_cluster_members)",
    for: "15m",
    severity: "warning",
    summary: "Alertmanager's replicas are not connected: every notification is sent twice.",
  },
  {
    alert: "GrafanaErrors",
    expr: `sum(rate(grafana_http_request_duration_seconds_count{status_code=~"5.."}[5m])) / sum(rate(grafana_http_request_duration_seconds_count[5m])) > 0.05`,
    for: "15m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of Grafana's responses are errors.",
  },
  {
    alert: "GrafanaSlow",
    expr: `histogram_quantile(0.95, sum by (le) (rate(grafana_http_request_duration_seconds_bucket{handler!~"/api/live.*"}[10m]))) > 5`,
    for: "30m",
    severity: "warning",
    summary: "The slowest 5 % of Grafana's responses take longer than {{ $value | humanizeDuration }}.",
    runbook: "grafana-errors",
  },
];

const panels: readonly Panel[] = [
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
