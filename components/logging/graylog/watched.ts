import { rate } from "../../kit/watched.ts";
import type { Alert, Panel, Watched } from "../../kit/watched.ts";

const heap = (what: "used" | "max") => `jvm_memory_bytes_${what}{area="heap",container="graylog-server"}`;
const failures = "sum(rate(gl_elasticsearch_output_failures_total[10m]))";

/** What Prometheus and Grafana show of Graylog. */
export function graylogWatched(namespace: string): Watched {
  return { component: "graylog", title: "Graylog", namespace, alerts, panels };
}

/** Graylog: messages that are delayed or lost on the way to the search cluster. */
const alerts: readonly Alert[] = [
  {
    alert: "GraylogSilent",
    expr: "sum(max_over_time(gl_input_throughput[15m])) == 0",
    for: "10m",
    severity: "critical",
    summary: "Graylog has received no message for 15 minutes: logs are not collected, or do not arrive.",
  },
  {
    alert: "GraylogJournalGrowing",
    expr: "gl_journal_entries_uncommitted > 100000 and deriv(gl_journal_entries_uncommitted[30m]) > 0",
    for: "30m",
    severity: "warning",
    summary: "{{ $value }} messages wait in the journal of {{ $labels.pod }}, and the number grows.",
    runbook: "graylog-journal",
  },
  {
    alert: "GraylogJournalFillingUp",
    expr: "gl_journal_utilization_ratio > 0.6",
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the journal of {{ $labels.pod }} is in use.",
    runbook: "graylog-journal",
  },
  {
    alert: "GraylogJournalFull",
    expr: "gl_journal_utilization_ratio > 0.95",
    for: "2m",
    severity: "critical",
    summary: "The journal of {{ $labels.pod }} is full: its oldest messages are deleted.",
    runbook: "graylog-journal",
  },
  {
    alert: "GraylogIndexingFails",
    expr: `${failures} / (${failures} + sum(rate(gl_elasticsearch_output_writes_total[10m]))) > 0.01`,
    for: "15m",
    severity: "warning",
    summary: "The search cluster rejects {{ $value | humanizePercentage }} of the messages.",
  },
  {
    alert: "GraylogBuffersFull",
    expr: "gl_buffer_usage / gl_buffer_size > 0.95",
    for: "15m",
    severity: "warning",
    summary: "The {{ $labels.type }} buffer of {{ $labels.pod }} is full: the next stage is too slow.",
    runbook: "graylog-journal",
  },
  {
    alert: "GraylogHeap",
    expr: `${heap("used")} / ${heap("max")} > 0.95`,
    for: "15m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the heap of {{ $labels.pod }} is in use.",
    runbook: "graylog-journal",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Messages received",
    kind: "now",
    unit: "ops",
    queries: { in: "sum(gl_input_throughput)" },
  },
  { title: "Messages written", kind: "now", unit: "ops", queries: { out: "sum(gl_output_throughput)" } },
  {
    title: "Messages waiting in the journal",
    kind: "now",
    unit: "short",
    queries: { messages: "sum(gl_journal_entries_uncommitted)" },
  },
  {
    title: "Messages",
    unit: "ops",
    queries: { "{{pod}} in": "gl_input_throughput", "{{pod}} out": "gl_output_throughput" },
  },
  { title: "Journal usage", unit: "percentunit", queries: { "{{pod}}": "gl_journal_utilization_ratio" } },
  { title: "Journal size", unit: "bytes", queries: { "{{pod}}": "gl_journal_size" } },
  {
    title: "Buffer usage",
    unit: "percentunit",
    queries: { "{{pod}} {{type}}": "gl_buffer_usage / gl_buffer_size" },
  },
  {
    title: "Heap usage",
    unit: "percentunit",
    queries: {
      "{{pod}}": `jvm_memory_bytes_used{area="heap",container="graylog-server"} / jvm_memory_bytes_max{area="heap",container="graylog-server"}`,
    },
  },
  {
    title: "Messages indexed by the search cluster",
    unit: "ops",
    queries: {
      "{{pod}}": `sum by (pod) (${rate("gl_elasticsearch_output_writes_total")})`,
      "{{pod}} rejected": `sum by (pod) (${rate("gl_elasticsearch_output_failures_total")})`,
    },
  },
];
