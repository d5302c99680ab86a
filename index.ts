import * as pulumi from "@pulumi/pulumi";
import { stackOutputs } from "./stacks/outputs.ts";
import { Platform } from "./stacks/platform.ts";
import { loadSettings, readConfig } from "./stacks/settings/load.ts";

/** The program that `pulumi up` and the plan run. Returns the stack's outputs, and the ledger and settings for the plan. */
export function program() {
  const settings = loadSettings(readConfig(), pulumi.getStack());
  const platform = new Platform(settings);
  return { outputs: stackOutputs(settings, platform), ledger: platform.ledger, settings };
}
