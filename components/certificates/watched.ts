import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

const days = (number: number) => number * 24 * 3600;
const left = "certmanager_certificate_expiration_timestamp_seconds - time()";

/** What Prometheus and Grafana show of cert-manager. */
export function certificatesWatched(namespace: string): Watched {
  return { component: "certificates", title: "Certificates", namespace, alerts, panels };
}

/** Certificates: cert-manager renews after two thirds of the lifetime, so less than a third left means that renewal fails. */
const alerts: readonly Alert[] = [
  {
    alert: "CertificateNearExpiry",
    expr: `${left} < ${days(21)}`,
    for: "1h",
    severity: "warning",
    summary:
      "The certificate {{ $labels.name }} in {{ $labels.exported_namespace }} expires in {{ $value | humanizeDuration }}.",
  },
  {
    alert: "CertificateExpires",
    expr: `${left} < ${days(7)}`,
    for: "10m",
    severity: "critical",
    summary:
      "The certificate {{ $labels.name }} in {{ $labels.exported_namespace }} expires in {{ $value | humanizeDuration }}.",
    runbook: "certificate-near-expiry",
  },
  {
    alert: "CertificateNotReady",
    expr: `certmanager_certificate_ready_status{condition!="True"} == 1`,
    for: "30m",
    severity: "warning",
    summary: "The certificate {{ $labels.name }} in {{ $labels.exported_namespace }} is not issued.",
    runbook: "certificate-near-expiry",
  },
  {
    alert: "CertManagerErrors",
    expr: "sum by (controller) (rate(certmanager_controller_sync_error_count[15m])) / sum by (controller) (rate(certmanager_controller_sync_call_count[15m])) > 0.2",
    for: "1h",
    severity: "warning",
    summary:
      "{{ $value | humanizePercentage }} of the operations of cert-manager's {{ $labels.controller }} controller fail.",
    runbook: "certificate-near-expiry",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Next certificate expiry",
    kind: "now",
    unit: "s",
    queries: { left: "min(certmanager_certificate_expiration_timestamp_seconds - time())" },
  },
  {
    title: "Certificates not issued",
    kind: "now",
    unit: "short",
    queries: { certificates: `count(certmanager_certificate_ready_status{condition!="True"} == 1) or vector(0)` },
  },
  {
    title: "Time until expiry",
    unit: "s",
    queries: { "{{exported_namespace}} {{name}}": "certmanager_certificate_expiration_timestamp_seconds - time()" },
  },
  {
    title: "cert-manager operations",
    unit: "ops",
    queries: {
      "{{controller}}": `sum by (controller) (${rate("certmanager_controller_sync_call_count")})`,
      "{{controller}} failed": `sum by (controller) (${rate("certmanager_controller_sync_error_count")})`,
    },
  },
];
