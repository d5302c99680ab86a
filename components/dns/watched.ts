import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of external-dns (external-dns, docs/monitoring/metrics.md). */
export function dnsWatched(namespace: string): Watched {
  return { component: "dns", title: "DNS records", namespace, alerts, panels };
}

const foreign = "external_dns_registry_skipped_records_owner_mismatch_per_sync";

const alerts: readonly Alert[] = [
  {
    alert: "DnsRecordsNotSynchronized",
    // It synchronizes every minute.
    expr: "time() - external_dns_controller_last_sync_timestamp_seconds > 900",
    for: "5m",
    severity: "warning",
    summary: "The DNS records of the hosts were last synchronized {{ $value | humanizeDuration }} ago.",
    runbook: "dns-records",
  },
  {
    alert: "DnsRecordOfAnotherOwner",
    expr: `sum by (domain, foreign_owner) (${foreign}) > 0`,
    for: "15m",
    severity: "warning",
    summary:
      "Records in {{ $labels.domain }} stay as they are: external-dns did not create them. Their owner: '{{ $labels.foreign_owner }}'.",
    runbook: "dns-records",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Time since the last synchronization",
    kind: "now",
    unit: "s",
    queries: { time: "time() - max(external_dns_controller_last_sync_timestamp_seconds)" },
  },
  {
    title: "Records",
    unit: "short",
    queries: {
      "wanted {{record_type}}": "sum by (record_type) (external_dns_source_records)",
      "present {{record_type}}": "sum by (record_type) (external_dns_controller_verified_records)",
    },
  },
  {
    title: "Errors",
    unit: "ops",
    queries: {
      source: `sum(${rate("external_dns_source_errors_total")})`,
      provider: `sum(${rate("external_dns_registry_errors_total")})`,
    },
  },
  { title: "Records of other owners", unit: "short", queries: { "{{domain}}": `sum by (domain) (${foreign})` } },
];
