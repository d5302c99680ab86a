import type { AlertGroup } from "./rule.ts";

/** Alertmanager and Grafana; the chart has the alerts about Prometheus itself. */
export const monitoringAlerts: AlertGroup = {
  component: "monitoring",
  alerts: [
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
      summary: "5 % of Grafana's responses take longer than {{ $value | humanizeDuration }}.",
      runbook: "grafana-errors",
    },
  ],
};
