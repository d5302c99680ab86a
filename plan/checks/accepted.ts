import type { Plan } from "../plan.ts";
import type { Finding } from "./check.ts";

import { inventoryOf, objectName } from "./inventory.ts";

/** A finding about a chart's template, which no chart value can change. */
interface ChartAcceptance {
  readonly chart: string;
  readonly check: string;
  /** The container with the finding. Default: every finding of the check in the chart. */
  readonly container?: string;
  readonly reason: string;
}

/** Findings in charts of the catalogue that are accepted, and why. */
export const chartAcceptances: readonly ChartAcceptance[] = [
  {
    chart: "argo-workflows",
    check: "GP012",
    container: "controller",
    reason: "it has no callers: it only serves metrics, and the chart has no readiness probe for it",
  },
  {
    chart: "cert-manager",
    check: "GP012",
    container: "cert-manager-controller",
    reason: "it only serves metrics, and the chart has no readiness probe for it",
  },
  {
    chart: "cert-manager",
    check: "GP012",
    container: "cert-manager-cainjector",
    reason: "it only serves metrics, and the chart has no probes for it",
  },
  {
    chart: "cluster-autoscaler",
    check: "GP012",
    container: "aws-cluster-autoscaler",
    reason: "it has no callers: it only serves metrics, and the chart has no readiness probe for it",
  },
  {
    chart: "kong",
    check: "GP106",
    reason: "its Jobs migrate the database once, and the chart has no value for their priority",
  },
  {
    chart: "mongodb-kubernetes",
    check: "GP106",
    reason: "servers keep running without their operator, and the chart has no value for its priority",
  },
  {
    chart: "velero",
    check: "GP012",
    container: "node-agent",
    reason: "it has no callers, and the chart has no probes for it",
  },
  {
    chart: "cloudnative-pg",
    check: "GP050",
    reason: "servers and poolers keep running without their operator, and a second replica would only be a standby",
  },
  {
    chart: "plugin-barman-cloud",
    check: "GP050",
    reason: "what archives runs beside each server; the operator only asks this pod how to make one",
  },
];

/** Why a finding is accepted without an exemption in the settings. */
export interface Acceptance {
  readonly by: "chart" | "component";
  readonly reason: string;
}

/** The findings that charts and components accept in a plan: a function from a check and a finding to the reason, if accepted. */
export function acceptancesOf(plan: Plan): (check: string, finding: Finding) => Acceptance | undefined {
  const charts = new Map(plan.releases.map(({ namespace, name, chart }) => [`${namespace}/${name}`, chart]));
  const chartOf = new Map(
    inventoryOf(plan).objects.flatMap((object) =>
      object.release === undefined ? [] : [[objectName(object), charts.get(object.release)] as const],
    ),
  );
  const declared = plan.ledger.accepted;
  return (check, { object, container, accepted }) => {
    if (accepted !== undefined) return { by: "component", reason: accepted };
    const own = declared.find((one) => one.check === check && names(one.object, object));
    if (own !== undefined) return { by: "component", reason: own.reason };
    const chart = chartOf.get(object);
    const known = chartAcceptances.find(
      (one) =>
        one.chart === chart && one.check === check && (one.container === undefined || one.container === container),
    );
    return known === undefined ? undefined : { by: "chart", reason: known.reason };
  };
}

/** Whether an exemption's object matches an object's name; `*` at the end matches any suffix. */
export function names(pattern: string, object: string): boolean {
  return pattern.endsWith("*") ? object.startsWith(pattern.slice(0, -1)) : pattern === object;
}
