import type { Alert, Watched } from "../kit/watched.ts";
import { platformWatched } from "./platform-watched.ts";

/** A PrometheusRule's group (monitoring.coreos.com/v1, `spec.groups[]`). */
interface RuleGroup {
  readonly name: string;
  readonly rules: readonly object[];
}

/** The name of an alert's runbook without its extension: `CertificateNearExpiry` is `certificate-near-expiry`. */
export function runbookPage({ alert, runbook }: Pick<Alert, "alert" | "runbook">): string {
  return runbook ?? alert.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

/**
 * The rules of a stack: a group for the platform, and one for each component that has alerts.
 * @param runbooks URL of the folder with the runbooks. Default: their path in the project
 */
export function ruleGroups(
  namespaces: readonly string[],
  watched: readonly Watched[],
  runbooks?: string,
): { component: string; group: RuleGroup }[] {
  return [platformWatched(namespaces), ...watched]
    .filter(({ alerts }) => alerts.length > 0)
    .map((one) => ({ component: one.component, group: ruleGroup(one, runbooks) }));
}

/**
 * The rules of a group, in Prometheus' format.
 * @param runbooks URL of the folder with the runbooks. Default: their path in the project
 */
export function ruleGroup(
  { component, alerts }: Pick<Watched, "component" | "alerts">,
  runbooks = "docs/runbooks",
): RuleGroup {
  return {
    name: `groundplan-${component}`,
    rules: alerts.map((one) => ({
      alert: one.alert,
      expr: one.expr,
      for: one.for,
      labels: { component, severity: one.severity },
      annotations: { summary: one.summary, runbook_url: one.runbookUrl ?? `${runbooks}/${runbookPage(one)}.md` },
    })),
  };
}
