import { rate } from "../../kit/watched.ts";
import type { Alert, Panel, Watched } from "../../kit/watched.ts";

/** What Prometheus and Grafana show of Fluent Bit. */
export function collectorWatched(namespace: string): Watched {
  return { component: "collector", title: "Fluent Bit", namespace, alerts, panels };
}

/** Fluent Bit: logs that wait on nodes, or are lost there. */
const alerts: readonly Alert[] = [
  {
    alert: "CollectorRetries",
    expr: "sum by (pod, name) (increase(fluentbit_output_retries_total[10m])) > 0 and sum by (pod, name) (increase(fluentbit_output_proc_records_total[10m])) == 0",
    for: "10m",
    severity: "warning",
    summary: "Logs wait on the node of {{ $labels.pod }}: its output {{ $labels.name }} cannot send.",
    runbook: "collector",
  },
  {
    alert: "CollectorBufferFillingUp",
    expr: "fluentbit_output_chunk_available_capacity_percent < 20",
    for: "5m",
    severity: "warning",
    summary:
      "Only {{ $value }} % of the buffer of {{ $labels.name }} in {{ $labels.pod }} is free: logs wait on the node.",
    runbook: "collector",
  },
  {
    alert: "CollectorDrops",
    expr: "sum by (pod, name) (increase(fluentbit_output_dropped_records_total[15m])) > 0",
    severity: "critical",
    summary: "{{ $labels.pod }} dropped {{ $value }} records of its output {{ $labels.name }}: they are lost.",
    runbook: "collector",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Records read",
    unit: "ops",
    queries: { "{{name}}": `sum by (name) (${rate("fluentbit_input_records_total")})` },
  },
  {
    title: "Records sent",
    unit: "ops",
    queries: {
      "{{name}}": `sum by (name) (${rate("fluentbit_output_proc_records_total")})`,
      "{{name}} dropped": `sum by (name) (${rate("fluentbit_output_dropped_records_total")})`,
    },
  },
  {
    title: "Retries",
    unit: "ops",
    queries: { "{{pod}}": `sum by (pod) (${rate("fluentbit_output_retries_total")})` },
  },
  {
    title: "Chunks waiting on disk",
    unit: "short",
    queries: { "{{pod}}": "sum by (pod) (fluentbit_storage_fs_chunks)" },
  },
  {
    title: "Free buffer capacity (percent)",
    unit: "short",
    queries: { "{{pod}}": "min by (pod) (fluentbit_output_chunk_available_capacity_percent)" },
  },
];
