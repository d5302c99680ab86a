import * as pulumi from "@pulumi/pulumi";
import { stackOutputs } from "./stacks/outputs.ts";
import { Platform } from "./stacks/platform.ts";
import { loadSettings, readConfig } from "./stacks/settings/load.ts";

/** The program: what `pulumi up` runs, and the plan in its place. It gives the stack's outputs and what the plan reports. */
export function program() {
  const settings = loadSettings(readConfig(), pulumi.getStack());
  const platform = new Platform(settings);
  return { outputs: stackOutputs(settings, platform), ledger: platform.ledger, settings };
}
