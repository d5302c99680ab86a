import { renderReleases } from "../plan/charts.ts";
import type { Rendered } from "../plan/charts.ts";
import type { PlannedRelease } from "../plan/objects.ts";
import { planOf } from "../plan/plan.ts";
import type { Plan } from "../plan/plan.ts";
import { once, recordAnew, recordStack, stackKey } from "./stacks.ts";
import type { TestStack } from "./stacks.ts";

let rendering = false;

/** From here on plans of tests hold the objects of their charts, where Helm and the charts are at hand. */
export function renderCharts(): void {
  rendering = true;
}

/** Whether plans of tests hold the objects of their charts: in `npm run test:charts`, not in `npm test`. */
export function chartsAreRendered(): boolean {
  return rendering;
}

const plans = new Map<string, Promise<Plan>>();

/** The plan of a stack, made once for all tests of this process. */
export function planStack(stack: TestStack): Promise<Plan> {
  return once(plans, stackKey(stack), async () => planOf(stack.name, await recordStack(stack), renderer()));
}

/** The plan of a stack, made again from the start. */
export async function planAnew(stack: TestStack): Promise<Plan> {
  return planOf(stack.name, await recordAnew(stack), renderer());
}

function renderer(): typeof renderReleases {
  return rendering ? renderReleases : leftOut;
}

function leftOut(releases: readonly PlannedRelease[]): Promise<Rendered> {
  const missing = releases.map(({ namespace, name }) => ({
    release: `${namespace}/${name}`,
    reason: "npm run test:charts renders charts",
  }));
  return Promise.resolve({ objects: [], missing });
}
