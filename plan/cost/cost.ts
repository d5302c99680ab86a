import { createRequire } from "node:module";
import { compare } from "../../components/kit/stable.ts";
import { inAws } from "../../stacks/platform/in-aws.ts";
import type { SavedPlan } from "../compare/schema.ts";
import type { Plan } from "../plan.ts";
import type { AwsCost } from "./aws.ts";
import type * as estimateModule from "./estimate.ts";
import type { Cost } from "./estimate.ts";

/** What changes against a base: hundredths of the currency, negative where it becomes cheaper. */
export interface CostDifference {
  readonly before: number;
  readonly total: number;
  /** Components, or items of AWS, whose cost differs, by name. */
  readonly components: readonly { readonly component: string; readonly total: number }[];
  /** Whether volumes are left out, because a stack's state does not tell them. */
  readonly withoutVolumes: boolean;
}

// Most stacks have no estimate, and none of its files is loaded then.
const require = createRequire(import.meta.url);
const estimates = () => require("./estimate.ts") as typeof estimateModule;

/**
 * What a stack costs by the month: with the prices of the settings what its pods ask for, else what it creates in AWS.
 * @returns undefined if the settings have no prices and the stack is not in AWS
 */
export function costOf(plan: Plan): Cost | undefined {
  return hasEstimate(plan.settings) ? estimates().ofPlan(plan) : undefined;
}

/** What a stack in AWS costs at list prices, whatever prices the settings have; undefined for one elsewhere. */
export function awsCostOf(plan: Plan): AwsCost | undefined {
  return inAws(plan.settings) ? estimates().ofPlanInAws(plan) : undefined;
}

/**
 * What a saved plan costs at the prices of another, so that only what it asks for makes a difference.
 * @returns undefined without prices, and by requests where the saved plan is a stack's state, which does not tell what its pods ask for
 */
export function costOfSaved(saved: SavedPlan, settings: Plan["settings"]): Cost | undefined {
  return hasEstimate(settings) ? estimates().ofSaved(saved, settings) : undefined;
}

function hasEstimate(settings: Plan["settings"]): boolean {
  return settings.prices !== undefined || inAws(settings);
}

/**
 * What a change costs.
 * @returns undefined where the two cannot be compared: one has no prices, or their currencies differ
 */
export function costDifference(cost: Cost | undefined, base: Cost | undefined): CostDifference | undefined {
  if (cost === undefined || base === undefined) return undefined;
  if (cost.basis !== base.basis || cost.currency !== base.currency) return undefined;
  const withoutVolumes = base.basis === "aws" && !base.withVolumes;
  const [before, after] = [rows(base, withoutVolumes), rows(cost, withoutVolumes)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compare);
  return {
    before: sum(before),
    total: sum(after) - sum(before),
    components: names
      .map((component) => ({ component, total: (after.get(component) ?? 0) - (before.get(component) ?? 0) }))
      .filter(({ total }) => total !== 0),
    withoutVolumes,
  };
}

function rows(cost: Cost, withoutVolumes: boolean): Map<string, number> {
  return cost.basis === "aws"
    ? new Map(cost.items.filter(({ ofPods }) => !(ofPods && withoutVolumes)).map(({ name, total }) => [name, total]))
    : new Map(cost.components.map(({ component, total }) => [component, total]));
}

function sum(amounts: ReadonlyMap<string, number>): number {
  return [...amounts.values()].reduce((all, amount) => all + amount, 0);
}
