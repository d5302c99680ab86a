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
}

/** The alerts of one component. */
export interface AlertGroup {
  /** The component: the value of its alerts' label `component`. */
  readonly component: string;
  readonly alerts: readonly Alert[];
}

/** A PrometheusRule's group (monitoring.coreos.com/v1, `spec.groups[]`). */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly object[];
}

/** The name of an alert's runbook without its extension: `CertificateNearExpiry` is `certificate-near-expiry`. */
export function runbookPage({ alert, runbook }: Pick<Alert, "alert" | "runbook">): string {
  return runbook ?? alert.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

/**
 * The rules of a group, in Prometheus' format.
 * @param runbooks URL of the folder with the runbooks. Default: their path in the project
 */
export function ruleGroup({ component, alerts }: AlertGroup, runbooks = "docs/runbooks"): RuleGroup {
  return {
    name: `groundplan-${component}`,
    rules: alerts.map((one) => ({
      alert: one.alert,
      expr: one.expr,
      ...(one.for === undefined ? {} : { for: one.for }),
      labels: { component, severity: one.severity },
      annotations: { summary: one.summary, runbook_url: `${runbooks}/${runbookPage(one)}.md` },
    })),
  };
}
