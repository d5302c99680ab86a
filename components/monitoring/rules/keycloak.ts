import type { AlertGroup } from "./rule.ts";

/** Keycloak: metrics of its management interface. */
export const keycloakAlerts: AlertGroup = {
  component: "keycloak",
  alerts: [
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
  ],
};
