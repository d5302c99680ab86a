import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

const ofKeycloak = `container="keycloak"`;

/** What Prometheus and Grafana show of Keycloak. */
export function keycloakWatched(namespace: string): Watched {
  return { component: "keycloak", title: "Keycloak", namespace, alerts, panels };
}

/** Keycloak: metrics of its management interface. */
const alerts: readonly Alert[] = [
  {
    alert: "KeycloakErrors",
    expr: `sum(rate(http_server_requests_seconds_count{outcome="SERVER_ERROR",container="keycloak"}[5m])) / sum(rate(http_server_requests_seconds_count{container="keycloak"}[5m])) > 0.05`,
    for: "10m",
    severity: "critical",
    summary: "{{ $value | humanizePercentage }} of Keycloak's responses are errors.",
  },
  {
    alert: "KeycloakSlow",
    expr: `sum(rate(http_server_requests_seconds_sum{container="keycloak"}[10m])) / sum(rate(http_server_requests_seconds_count{container="keycloak"}[10m])) > 1`,
    for: "15m",
    severity: "warning",
    summary: "Keycloak's responses take {{ $value | humanizeDuration }} on average.",
    runbook: "keycloak-errors",
  },
  {
    alert: "KeycloakWaitsForDatabase",
    expr: `agroal_awaiting_count{container="keycloak"} > 0`,
    for: "10m",
    severity: "warning",
    summary: "{{ $value }} requests in {{ $labels.pod }} wait for a database connection.",
  },
  {
    alert: "KeycloakMemory",
    expr: `sum by (pod) (jvm_memory_used_bytes{area="heap",container="keycloak"}) / sum by (pod) (jvm_memory_max_bytes{area="heap",container="keycloak"}) > 0.95`,
    for: "15m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the heap of {{ $labels.pod }} is in use.",
    runbook: "keycloak-errors",
  },
];

const panels: readonly Panel[] = [
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
