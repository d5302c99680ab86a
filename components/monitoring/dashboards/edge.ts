import type { Panel } from "./dashboard.ts";
import { quantile, rate } from "./panels.ts";

export const kong: readonly Panel[] = [
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

export const traefik: readonly Panel[] = [
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

const ofKeycloak = `container="keycloak"`;
export const keycloak: readonly Panel[] = [
  {
    title: "Responses",
    unit: "reqps",
    queries: { "{{outcome}}": `sum by (outcome) (${rate(`http_server_requests_seconds_count{${ofKeycloak}}`)})` },
  },
  {
    title: "Response time, average",
    unit: "s",
    queries: {
      "{{pod}}": `sum by (pod) (${rate(`http_server_requests_seconds_sum{${ofKeycloak}}`)}) / sum by (pod) (${rate(`http_server_requests_seconds_count{${ofKeycloak}}`)})`,
    },
  },
  {
    title: "Database connections",
    unit: "short",
    queries: {
      "{{pod}} in use": `agroal_active_count{${ofKeycloak}}`,
      "{{pod}} waiting": `agroal_awaiting_count{${ofKeycloak}}`,
    },
  },
  {
    title: "Heap usage",
    unit: "percentunit",
    queries: {
      "{{pod}}": `sum by (pod) (jvm_memory_used_bytes{area="heap",${ofKeycloak}}) / sum by (pod) (jvm_memory_max_bytes{area="heap",${ofKeycloak}})`,
    },
  },
];
