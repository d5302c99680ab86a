import "../stacks/older-node.ts";
import "../plan/unused-sdk.ts";
import { runChecks } from "../plan/checks/checks.ts";
import type { Plan } from "../plan/plan.ts";
import { planProject } from "../plan/project-program.ts";
import { projectFolder } from "../plan/project.ts";
import { chosenStack } from "../plan/stacks.ts";

export type { Check, Finding, Severity } from "../plan/checks/check.ts";
export { checks, runChecks } from "../plan/checks/checks.ts";
export type { CheckReport, CheckResult } from "../plan/checks/checks.ts";
export type { PlannedObject, PlannedRelease } from "../plan/objects.ts";
export { makePlan } from "../plan/plan.ts";
export type { Plan } from "../plan/plan.ts";
export { record, Secret, sentinel } from "../plan/recorder.ts";
export type { Config, Outcomes, Recorded, Recording } from "../plan/recorder.ts";
export { InputError } from "../plan/input-error.ts";
export { readStackFile } from "../plan/stack-file.ts";
export { SettingsError } from "../stacks/settings/load.ts";

/**
 * Plans a stack of this project with the project's own program: no cluster, account or passphrase is needed, and generated secrets have
 * placeholders. Plans must not overlap: await one before the next.
 *
 * @param stack the stack of `Pulumi.STACK.yaml`
 * @param options settings that differ, as `key=value`, such as `postgresql.replicas=5`; the project's folder, default: the nearest one
 * with a `Pulumi.yaml` at or above the working directory
 * @throws InputError, SettingsError if the project, its stack or its settings are invalid
 */
export async function planStack(
  stack: string,
  { folder = projectFolder(), set = [] }: { readonly folder?: string; readonly set?: readonly string[] } = {},
): Promise<Plan> {
  const { file } = chosenStack(folder, { stack });
  // Relative paths in settings are relative to the project, as with `pulumi up`.
  if (process.cwd() !== folder) process.chdir(folder);
  return planProject(folder, { stack, file, set });
}

/**
 * The findings that stop a change: those of checks with the severity error that no exemption accepts, one line each.
 * @param today the date for end-of-life dates and exemptions, such as `2026-11-21`. Default: the current date
 */
export function errorsOf(plan: Plan, today = new Date().toISOString().slice(0, 10)): string[] {
  return runChecks(plan, today).results.flatMap(({ findings, id, severity }) =>
    severity === "error" ? findings.map(({ message, object }) => `${id} ${object}: ${message}`) : [],
  );
}
