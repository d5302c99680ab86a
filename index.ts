import * as pulumi from "@pulumi/pulumi";
import { bootstrap, isBootstrap, notPlanned } from "./stacks/bootstrap.ts";
import type { Extension } from "./stacks/extension.ts";
import { stackOutputs } from "./stacks/outputs.ts";
import { Platform } from "./stacks/platform.ts";
import { loadSettings, readConfig } from "./stacks/settings/load.ts";
import { describeProblem } from "./stacks/settings/problems.ts";

/**
 * The program that `pulumi up` and the plan run. Returns the stack's outputs, and the ledger and settings for the plan.
 * @param extension a program of the user's own, which adds to the platform; default: none
 */
export function program(extension?: Extension) {
  const config = readConfig();
  if (isBootstrap(config)) throw notPlanned(pulumi.getStack());
  const settings = loadSettings(config, pulumi.getStack(), extension !== undefined);
  const platform = new Platform(settings, extension);
  const warnings = [...settings.warnings, ...platform.warnings];
  return { outputs: stackOutputs(settings, platform), ledger: platform.ledger, settings: { ...settings, warnings } };
}

/** A program as the engine runs it; the plan runs its `extension` without the engine. */
export interface EngineProgram<Own = unknown> {
  (): Promise<Own>;
  readonly extension?: Extension;
}

/**
 * The program of a project: the platform of the stack's settings, and what the project adds to it.
 *
 *     export default groundplan((platform) => {
 *       new Wiki(platform.environment, { database: platform.database({ name: "wiki", consumer: { namespace: "wiki" } }) });
 *     });
 *
 * @param extension runs once, after the platform's components; what it returns becomes outputs of the stack. Default: nothing
 */
export function groundplan(extension?: Extension): EngineProgram {
  const run = async () => {
    const config = readConfig();
    if (isBootstrap(config)) return { ...bootstrap(config, pulumi.getProject(), pulumi.getStack()) };
    const { outputs, settings } = program(extension);
    for (const warning of settings.warnings) await pulumi.log.warn(`in the settings:\n${describeProblem(warning)}`);
    return outputs;
  };
  return Object.assign(run, { extension });
}
