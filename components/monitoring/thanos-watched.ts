import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of Thanos. */
export function thanosWatched(namespace: string): Watched {
  return { component: "thanos", title: "Thanos", namespace, alerts, panels };
}

/** Thanos: failures of uploads to the bucket, and of compaction there. */
const alerts: readonly Alert[] = [
  {
    alert: "ThanosCompactorHalted",
    expr: "thanos_compact_halted == 1",
    for: "5m",
    severity: "warning",
    summary: "The compactor has stopped: no block in the bucket is compacted, downsampled or deleted.",
    runbook: "thanos-bucket",
  },
  {
    alert: "ThanosBucketErrors",
    expr: "sum by (job, operation) (rate(thanos_objstore_bucket_operation_failures_total[15m])) / sum by (job, operation) (rate(thanos_objstore_bucket_operations_total[15m])) > 0.05",
    for: "15m",
    severity: "warning",
    summary:
      "{{ $value | humanizePercentage }} of the {{ $labels.operation }} operations of {{ $labels.job }} on the bucket fail.",
    runbook: "thanos-bucket",
  },
  {
    alert: "ThanosUploadTooOld",
    // A block is closed every two hours.
    expr: `time() - max(thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"} > 0) > ${5 * 3600}`,
    for: "15m",
    severity: "critical",
    summary:
      "The last block was uploaded {{ $value | humanizeDuration }} ago: blocks that Prometheus deletes now are lost.",
    runbook: "thanos-bucket",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Time since the last upload",
    kind: "now",
    unit: "s",
    queries: { ago: `time() - max(thanos_objstore_bucket_last_successful_upload_time{container="thanos-sidecar"})` },
  },
  { title: "Compactor halted", kind: "now", unit: "short", queries: { halted: "max(thanos_compact_halted)" } },
  {
    title: "Bucket operations",
    unit: "ops",
    queries: { "{{operation}}": `sum by (operation) (${rate("thanos_objstore_bucket_operations_total")})` },
  },
  {
    title: "Failed bucket operations",
    unit: "ops",
    queries: { "{{operation}}": `sum by (operation) (${rate("thanos_objstore_bucket_operation_failures_total")})` },
  },
];
