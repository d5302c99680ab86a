import type { Plan } from "../plan.ts";
import type { Finding } from "./check.ts";

import { inventoryOf, objectName } from "./inventory.ts";

/** A finding about how a chart is written, which no value of it changes. */
interface ChartAcceptance {
  readonly chart: string;
  readonly check: string;
  /** The container that it is about; left out for every finding of the check in the chart. */
  readonly container?: string;
  readonly reason: string;
}

/** What charts of the catalogue do that a check would refuse, and why it stays. */
export const chartAcceptances: readonly ChartAcceptance[] = [
  {
    chart: "cert-manager",
    check: "GP012",
    container: "cert-manager-controller",
    reason: "it serves metrics only, and the chart has no readiness probe for it",
  },
  {
    chart: "cert-manager",
    check: "GP012",
    container: "cert-manager-cainjector",
    reason: "it serves metrics only, and the chart has no probes for it",
  },
  {
    chart: "cloudnative-pg",
    check: "GP050",
    reason: "servers and poolers run on without their operator, and a second one would only wait",
  },
];

/** Why a finding stays without an exemption in the settings. */
export interface Acceptance {
  readonly by: "chart" | "component";
  readonly reason: string;
}

/** What charts and components accept in a plan: a function from a check and a finding to the reason, if there is one. */
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

/** Whether an exemption's object is an object's name; `*` at the end stands for any rest. */
export function names(pattern: string, object: string): boolean {
  return pattern.endsWith("*") ? object.startsWith(pattern.slice(0, -1)) : pattern === object;
}
