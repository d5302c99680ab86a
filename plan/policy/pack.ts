import { createHash } from "node:crypto";
import { isRecord } from "../../components/kit/unknown.ts";
import { makePlan, planOf } from "../plan.ts";
import type { Plan } from "../plan.ts";
import { projectAbove } from "../project.ts";
import { projectName, projectProgram } from "../project-program.ts";
import type { Config, Recorded } from "../recorder.ts";
import { adapted } from "./adapter.ts";
import type { EngineResource } from "./adapter.ts";
import { violationsOf } from "./validate.ts";
import type { Program, Violation } from "./validate.ts";

/** How a policy is enforced: `mandatory` ends the preview and the update, `advisory` is only shown. */
type Level = Violation["enforcementLevel"];

let last: { readonly key: string; readonly violations: Promise<readonly Violation[]> } | undefined;

/**
 * Holds the resources of the engine against the checks, in the process of a policy pack.
 * @param level the violations to report: the engine asks for each level, with the same resources
 */
export async function validateStack(
  resources: readonly EngineResource[],
  level: Level,
  report: (message: string, urn?: string) => void,
): Promise<void> {
  const key = createHash("sha256")
    .update(JSON.stringify(adapted(resources, []).map(({ urn, inputs, protect }) => [urn, inputs, protect])))
    .digest("hex");
  if (last?.key !== key) last = { key, violations: allViolations(resources) };
  for (const { enforcementLevel, message, urn } of await last.violations)
    if (enforcementLevel === level) report(message, urn);
}

async function allViolations(resources: readonly EngineResource[]): Promise<readonly Violation[]> {
  const stack = process.env["PULUMI_NODEJS_STACK"] ?? process.env["PULUMI_STACK"];
  const known = await programOf(stack, process.env["PULUMI_CONFIG"], process.cwd());
  return violationsOf(resources, known, planOfResources, new Date().toISOString().slice(0, 10));
}

/** The plan of the engine's resources, with the settings and the ledger of the program. */
function planOfResources(resources: readonly Recorded[], { ledger, settings, stack }: Plan): Promise<Plan> {
  return planOf(stack, { resources, result: { ledger, settings } });
}

/**
 * What the project's program says without an engine, with the configuration that the engine gives to a policy pack.
 * @param config the settings as JSON: text by key, secrets included
 * @param folder a folder of the project
 */
async function programOf(stack: string | undefined, config: string | undefined, folder: string): Promise<Program> {
  const root = projectAbove(folder);
  if (stack === undefined || config === undefined) return { unknown: "the engine gave no configuration" };
  if (root === undefined) return { unknown: `no folder above ${folder} has a Pulumi.yaml` };
  const before = process.cwd();
  try {
    // Relative paths of settings are relative to the project.
    process.chdir(root);
    return { plan: await makePlan(stack, configOf(config, projectName(root)), await projectProgram(root)) };
  } catch (error) {
    return { unknown: `the program failed: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    process.chdir(before);
  }
}

/** The configuration: which keys are secret is not told, and only those of secrets may be. */
function configOf(json: string, project: string): Config {
  const all: unknown = JSON.parse(json);
  const values = Object.fromEntries(
    Object.entries(isRecord(all) ? all : {}).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  return { values, secretKeys: Object.keys(values).filter((key) => key.startsWith("secrets:")), project };
}
