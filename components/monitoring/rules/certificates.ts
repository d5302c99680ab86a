import type { AlertGroup } from "./rule.ts";

const days = (number: number) => number * 24 * 3600;
const left = "certmanager_certificate_expiration_timestamp_seconds - time()";

/** Certificates: cert-manager renews after two thirds of the lifetime, so less than a third left means that renewal fails. */
export const certificateAlerts: AlertGroup = {
  component: "certificates",
  alerts: [
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
  ],
};
