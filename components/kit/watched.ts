/** How soon an operator must act: immediately, on the next working day, or not at all. */
export type Severity = "critical" | "warning" | "info";

/** An alert: a pure description, from which a Prometheus rule is generated. */
export interface Alert {
  /** Its name, in Prometheus' style; its runbook in docs/runbooks is named after it (see {@link runbookPage}). */
  readonly alert: string;
  /** PromQL: the alert fires for every series in the result. */
  readonly expr: string;
  /** How long the expression must hold before the alert fires. Default: immediately. */
  readonly for?: `${number}${"m" | "h"}`;
  readonly severity: Severity;
  /** One sentence for the notification; `{{ $labels.NAME }}` and `{{ $value }}` are replaced with the series' values. */
  readonly summary: string;
  /** The runbook, if several alerts share one. Default: the name of the alert (see {@link runbookPage}). */
  readonly runbook?: string;
  /** The address of a runbook that is not in this project; it replaces `runbook`. */
  readonly runbookUrl?: string;
}

/** The unit of a panel's values, by Grafana's identifiers (grafana.com/docs, "Standard options", "Unit"). */
export type Unit =
  "short" | "percentunit" | "bytes" | "s" | "ms" | "reqps" | "ops" | "Bps" | "cores" | "dateTimeFromNow";

/** One panel of a dashboard. */
export interface Panel {
  readonly title: string;
  /** `now` shows only the last value. Default: a graph over time. */
  readonly kind?: "now";
  readonly unit: Unit;
  /** PromQL expressions by legend; `{{label}}` in the legend is replaced with the label's value. */
  readonly queries: Readonly<Record<string, string>>;
}

/** What Prometheus and Grafana show of a component: its alerts, and its dashboard. */
export interface Watched {
  /** The value of its alerts' label `component`; part of its dashboard's permanent URL `/d/groundplan-COMPONENT`. */
  readonly component: string;
  /** The title of its dashboard. */
  readonly title: string;
  /** The namespace of its pods, whose resource usage ends the dashboard. */
  readonly namespace: string;
  /** Where others share the namespace: a regular expression of its own pods' names, and its claims. Default: all of the namespace. */
  readonly own?: { readonly pods: string; readonly claims: readonly string[] };
  readonly alerts: readonly Alert[];
  readonly panels: readonly Panel[];
}

/** A rate over an interval that fits the step of the graph (grafana.com/docs, "Prometheus template variables"). */
export const rate = (selector: string) => `rate(${selector}[$__rate_interval])`;

/** The quantile of a classic histogram's buckets, by additional labels. */
export function quantile(share: number, buckets: string, by: readonly string[] = []): string {
  return `histogram_quantile(${share}, sum by (${[...by, "le"].join(", ")}) (${rate(buckets)}))`;
}
