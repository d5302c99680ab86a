import type { AlertGroup } from "./rule.ts";

/** Kong: metrics of its Prometheus plugin. */
export const kongAlerts: AlertGroup = {
  component: "gateway",
  alerts: [
    {
      alert: "GatewayErrors",
      expr: `sum by (exported_service) (rate(kong_http_requests_total{code=~"5.."}[5m])) / sum by (exported_service) (rate(kong_http_requests_total[5m])) > 0.05`,
      for: "10m",
      severity: "warning",
      summary: "{{ $value | humanizePercentage }} of the responses of {{ $labels.exported_service }} are errors.",
    },
    {
      alert: "GatewaySlow",
      expr: "histogram_quantile(0.95, sum by (exported_service, le) (rate(kong_request_latency_ms_bucket[10m]))) > 5000",
      for: "15m",
      severity: "warning",
      summary: "5 % of the responses of {{ $labels.exported_service }} take longer than {{ $value }} ms.",
      runbook: "gateway-errors",
    },
    {
      alert: "GatewayDatabaseUnreachable",
      expr: "kong_datastore_reachable == 0",
      for: "5m",
      severity: "critical",
      summary: "{{ $labels.pod }} cannot connect to its database: changes of hosts wait, and a restart would fail.",
    },
  ],
};

/** Traefik: its own metrics. */
export const traefikAlerts: AlertGroup = {
  component: "gateway",
  alerts: [
    {
      alert: "GatewayErrors",
      expr: `sum by (exported_service) (rate(traefik_service_requests_total{code=~"5.."}[5m])) / sum by (exported_service) (rate(traefik_service_requests_total[5m])) > 0.05`,
      for: "10m",
      severity: "warning",
      summary: "{{ $value | humanizePercentage }} of the responses of {{ $labels.exported_service }} are errors.",
    },
    {
      alert: "GatewaySlow",
      expr: "histogram_quantile(0.95, sum by (exported_service, le) (rate(traefik_service_request_duration_seconds_bucket[10m]))) > 5",
      for: "15m",
      severity: "warning",
      summary:
        "5 % of the responses of {{ $labels.exported_service }} take longer than {{ $value | humanizeDuration }}.",
      runbook: "gateway-errors",
    },
  ],
};
