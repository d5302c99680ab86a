import { quantile, rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of Traefik. */
export function traefikWatched(namespace: string): Watched {
  return { component: "gateway", title: "Gateway", namespace, alerts, panels };
}

const alerts: readonly Alert[] = [
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
      "The slowest 5 % of the responses of {{ $labels.exported_service }} take longer than {{ $value | humanizeDuration }}.",
    runbook: "gateway-errors",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Responses",
    unit: "reqps",
    queries: {
      "{{exported_service}} {{code}}": `sum by (exported_service, code) (${rate("traefik_service_requests_total")})`,
    },
  },
  {
    title: "Server errors",
    unit: "percentunit",
    queries: {
      "{{exported_service}}": `sum by (exported_service) (${rate(`traefik_service_requests_total{code=~"5.."}`)}) / sum by (exported_service) (${rate("traefik_service_requests_total")})`,
    },
  },
  {
    title: "Response time, 95th percentile",
    unit: "s",
    queries: {
      "{{exported_service}}": quantile(0.95, "traefik_service_request_duration_seconds_bucket", ["exported_service"]),
    },
  },
  {
    title: "Open connections",
    unit: "short",
    queries: { "{{entrypoint}}": "sum by (entrypoint) (traefik_open_connections)" },
  },
];
