import type { AlertGroup } from "./rule.ts";

const heap = (what: "used" | "max") => `jvm_memory_bytes_${what}{area="heap",container="graylog-server"}`;
const failures = "sum(rate(gl_elasticsearch_output_failures_total[10m]))";

/** Graylog: messages that are delayed or lost on the way to the search cluster. */
export const graylogAlerts: AlertGroup = {
  component: "graylog",
  alerts: [
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
  ],
};

/** Fluent Bit: logs that wait on nodes, or are lost there. */
export const collectorAlerts: AlertGroup = {
  component: "collector",
  alerts: [
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
  ],
};
