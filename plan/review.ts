import { readFileSync } from "node:fs";
import { runChecks } from "./checks/checks.ts";
import type { CheckReport } from "./checks/checks.ts";
import { comparePlans } from "./compare/comparison.ts";
import type { Comparison } from "./compare/comparison.ts";
import { dataLoss } from "./compare/losses.ts";
import type { Loss } from "./compare/loss.ts";
import { parity } from "./compare/parity.ts";
import type { Parity } from "./compare/parity.ts";
import { readPlan } from "./compare/read.ts";
import type { SavedPlan } from "./compare/schema.ts";
import { costDifference, costOf, costOfSaved } from "./cost/cost.ts";
import type { CostDifference } from "./cost/cost.ts";
import type { Cost } from "./cost/estimate.ts";
import { savedPlan } from "./files.ts";
import type { Plan } from "./plan.ts";
import { InputError } from "./input-error.ts";

/** What a plan is compared with: at most one of a git revision, a file, and another stack's plan. */
export interface Against {
  /** Its name in reports. */
  readonly name: string;
  readonly plan: SavedPlan;
  /** What the plan makes of it: see `sidesOf`. Default: the plan as it is saved. */
  readonly head?: SavedPlan;
  /** Another stack is told apart by parity: nothing of it would be replaced or lost. */
  readonly otherStack: boolean;
  readonly note?: string;
}

/** A plan with everything that is held against it. */
export interface Review {
  readonly plan: Plan;
  readonly checks: CheckReport;
  readonly cost?: Cost;
  /** Against the base; undefined where nothing is compared, or the two cannot be. */
  readonly costDifference?: CostDifference;
  readonly against?: Against;
  readonly comparison?: Comparison;
  readonly losses: readonly Loss[];
  readonly parity?: Parity;
}

/** A plan with as much of its review as there is. */
export type Reviewed = Pick<Review, "plan"> & Partial<Review>;

/** What a plan is held to: data that would be lost, changes and checks that fail, a budget. Empty where it may go on. */
export interface Refusal {
  readonly exitCode: 3 | 4;
  readonly message: string;
}

/** Holds a plan against the checks, its budget and what it is compared with. @param today as `2026-11-21` */
export function review(plan: Plan, today: string, against?: Against): Review {
  const checks = runChecks(plan, today);
  const cost = costOf(plan);
  const base = { plan, checks, losses: [], cost, against };
  if (against === undefined) return base;
  const head = against.head ?? savedPlan(plan);
  if (against.otherStack) return { ...base, parity: parity(against.plan, head, plan.settings.expectedDifferences) };
  const comparison = comparePlans(against.plan, head);
  return {
    ...base,
    comparison,
    losses: dataLoss(comparison, against.plan, head, plan.settings.allowDataLoss),
    costDifference: costDifference(cost, costOfSaved(against.plan, plan.settings)),
  };
}

/** What a comparison with a stack's state does not show. */
export function noteOfExport({ resources }: SavedPlan): string {
  const secrets = resources.filter(
    ({ type, inputs }) =>
      type === "kubernetes:core/v1:Secret" && (inputs["data"] ?? inputs["stringData"]) !== undefined,
  );
  return (
    `Not compared: the encrypted content of ${counted(secrets.length, "Secret")}. A setting that changes only such content, such as ` +
    "a region or your own password, shows no change; a generated value that is replaced does. Settings and the cluster's version " +
    "are not in a state."
  );
}

/** Reads what `--against` names: a saved plan, or what `pulumi stack export` prints. @throws InputError */
export function planOfFile(path: string): SavedPlan {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError(
      `--against ${path}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message}`,
    );
  }
  return readPlan(text, path);
}

/** Why a plan must not go on, data first. */
export function refusals({ losses, comparison, checks, cost, against }: Review): Refusal[] {
  const refused = losses.filter(({ status }) => status === "refused");
  const failing = comparison?.consequences.failures ?? [];
  const failed = checks.totals.error;
  const unseen = comparison === undefined || against === undefined ? [] : unseenReleases(comparison, against.plan);
  return [
    ...(refused.length === 0
      ? []
      : [
          {
            exitCode: 3,
            message: `refused: ${counted(refused.length, "loss", "losses")} of data; what is meant goes into allowDataLoss: ${JSON.stringify(refused.map(({ name }) => name))}`,
          } as const,
        ]),
    ...(failing.length === 0
      ? []
      : [
          {
            exitCode: 4,
            message: `refused: ${counted(failing.length, "change")} would fail at up: ${failing.map(({ label }) => label).join(", ")}`,
          } as const,
        ]),
    ...(unseen.length === 0
      ? []
      : [
          {
            exitCode: 4,
            message: `refused: the objects of ${counted(unseen.length, "changed release")} cannot be compared: ${unseen.map(({ release, reason }) => `${release} (${reason})`).join("; ")}`,
          } as const,
        ]),
    ...(failed === 0
      ? []
      : [
          { exitCode: 4, message: `refused: ${counted(failed, "finding")} of checks with the severity error` } as const,
        ]),
    ...(cost?.overBudget === true
      ? [{ exitCode: 4, message: "refused: the estimate is above the budget" } as const]
      : []),
  ];
}

/** Releases that a stack's state has and a change touches, but not their objects: a state says nothing of claims, unlike a plan. */
function unseenReleases({ unknown }: Comparison, base: SavedPlan): Comparison["unknown"] {
  if (base.origin !== "export") return [];
  const deployed = new Set(base.releases.map(({ namespace, name }) => `${namespace}/${name}`));
  return unknown.filter(({ release }) => deployed.has(release));
}

function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
