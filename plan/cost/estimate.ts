import { createRequire } from "node:module";
import { inAws } from "../../stacks/platform/in-aws.ts";
import type { SavedPlan } from "../compare/schema.ts";
import type { Plan } from "../plan.ts";
import type * as awsModule from "./aws.ts";
import { cents } from "./money.ts";
import { pricedPlan, pricedSaved } from "./priced.ts";
import type { Priced } from "./priced.ts";
import { costOfRequests } from "./requests.ts";
import type { RequestCost } from "./requests.ts";

/** What a stack costs by the month: by the requests of its pods, or by what it creates in AWS. */
export type Cost = (RequestCost | awsModule.AwsCost) & {
  /** Hundredths of the currency; undefined where there is no bound. */
  readonly budget?: number;
  readonly overBudget: boolean;
};

// The price sheet is loaded by stacks that are in AWS, and by no other.
const require = createRequire(import.meta.url);
const aws = () => require("./aws.ts") as typeof awsModule;

/** The estimate for a plan. */
export function ofPlan(plan: Plan): Cost | undefined {
  return estimate(pricedPlan(plan));
}

/** The estimate for a saved plan, with the settings of another. */
export function ofSaved(saved: SavedPlan, settings: Plan["settings"]): Cost | undefined {
  return estimate(pricedSaved(saved, settings));
}

/** The estimate for a plan of a stack in AWS, whatever prices the settings have. */
export function ofPlanInAws(plan: Plan): awsModule.AwsCost {
  return aws().costInAws(pricedPlan(plan));
}

function estimate(priced: Priced): Cost | undefined {
  const { budget } = priced.settings;
  const cost = byPrices(priced);
  if (cost === undefined) return undefined;
  const bound = budget === undefined ? undefined : cents(budget);
  return { ...cost, budget: bound, overBudget: bound !== undefined && cost.total.total > bound };
}

function byPrices(priced: Priced) {
  const { prices } = priced.settings;
  if (prices !== undefined) return priced.knowsPods ? costOfRequests(priced, prices) : undefined;
  return inAws(priced.settings) ? aws().costInAws(priced) : undefined;
}
