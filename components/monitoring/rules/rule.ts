/** How soon somebody must look: at once, on the next working day, or never by itself. */
export type Severity = "critical" | "warning" | "info";

/** An alert: a pure description, from which Prometheus' rule is made. */
export interface Alert {
  /** Its name, in Prometheus' own style; its page in docs/runbooks is named after it (see {@link runbookPage}). */
  readonly alert: string;
  /** PromQL: what it gives, fires. */
  readonly expr: string;
  /** How long it must hold before anybody is told; left out: at once. */
  readonly for?: `${number}${"m" | "h"}`;
  readonly severity: Severity;
  /** One sentence that a person reads first; `{{ $labels.NAME }}` and `{{ $value }}` stand for what was found. */
  readonly summary: string;
  /** The page, where several alerts have one. */
  readonly runbook?: string;
}

/** The alerts of one component. */
export interface AlertGroup {
  /** The component, as the label `component` of its alerts says it. */
  readonly component: string;
  readonly alerts: readonly Alert[];
}

/** A PrometheusRule's group (monitoring.coreos.com/v1, `spec.groups[]`). */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly object[];
}

/** The name of an alert's page without its ending: `CertificateNearExpiry` is `certificate-near-expiry`. */
export function runbookPage({ alert, runbook }: Pick<Alert, "alert" | "runbook">): string {
  return runbook ?? alert.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

/**
 * The rules of a group as Prometheus reads them.
 * @param runbooks address below which the pages stand; default their place in the project
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
