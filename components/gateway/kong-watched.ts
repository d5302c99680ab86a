import { quantile, rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of Kong, from its plugin `prometheus`. */
export function kongWatched(namespace: string): Watched {
  return { component: "gateway", title: "Gateway", namespace, alerts, panels };
}

const alerts: readonly Alert[] = [
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
    summary: "The slowest 5 % of the responses of {{ $labels.exported_service }} take longer than {{ $value }} ms.",
    runbook: "gateway-errors",
  },
  {
    alert: "GatewayDatabaseUnreachable",
    expr: "kong_datastore_reachable == 0",
    for: "5m",
    severity: "critical",
    summary: "{{ $labels.pod }} cannot connect to its database: changes of hosts wait, and a restart would fail.",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Responses",
    unit: "reqps",
    queries: {
      "{{exported_service}} {{code}}": `sum by (exported_service, code) (${rate("kong_http_requests_total")})`,
    },
  },
  {
    title: "Server errors",
    unit: "percentunit",
    queries: {
      "{{exported_service}}": `sum by (exported_service) (${rate(`kong_http_requests_total{code=~"5.."}`)}) / sum by (exported_service) (${rate("kong_http_requests_total")})`,
    },
  },
  {
    title: "Response time, 95th percentile",
    unit: "ms",
    queries: { "{{exported_service}}": quantile(0.95, "kong_request_latency_ms_bucket", ["exported_service"]) },
  },
  {
    title: "Response time of the applications, 95th percentile",
    unit: "ms",
    queries: { "{{exported_service}}": quantile(0.95, "kong_upstream_latency_ms_bucket", ["exported_service"]) },
  },
  {
    title: "Open connections",
    unit: "short",
    queries: { "{{pod}} {{state}}": `sum by (pod, state) (kong_nginx_connections_total)` },
  },
  { title: "Database reachable", unit: "short", queries: { "{{pod}}": "kong_datastore_reachable" } },
];
