#!/usr/bin/env -S node --max-semi-space-size=16
import "../stacks/older-node.ts";
import { Command } from "commander";
import { failed } from "../plan/command.ts";
import { cacheCompiledCode } from "../plan/project.ts";

cacheCompiledCode();

/** The commands: what each does, and the module that runs it with the arguments that are left in `process.argv`. */
const commands: readonly (readonly [name: string, what: string, run: () => Promise<unknown>])[] = [
  ["init", "create a project: stacks, a program, a test, workflows", () => import("../init/cli.ts")],
  ["plan", "show what `pulumi up` would provision, and review changes", () => import("../plan/cli.ts")],
  ["doctor", "check what a cluster and a backend lack before `pulumi up`", () => import("../plan/doctor/doctor.ts")],
  ["restore", "list backups, and restore a database from one", () => import("../plan/restore/restore.ts")],
  ["adopt", "find what a cluster already has of a stack, for `pulumi import`", () => import("../plan/adopt/adopt.ts")],
  ["volumes", "write `storage.volumes` from the volumes of a cluster", () => import("../plan/volumes/volumes.ts")],
  ["images", "list the images and charts of a stack, pin and mirror them", () => import("../plan/images/images.ts")],
  ["realm", "turn the export of a Keycloak realm into settings", () => import("../plan/realm/realm.ts")],
  ["keystore", "list the content of a keystore of midPoint", () => import("../components/midpoint/keystore-cli.ts")],
];

const program = new Command("groundplan")
  .description("A self-hosted platform on Kubernetes, one stack per environment.")
  .version(await version(), "-V, --version", "print the version")
  .helpCommand(false)
  .showHelpAfterError("`groundplan --help` lists the commands.")
  .addHelpText("after", "\n`groundplan COMMAND --help` shows the options of a command.")
  .exitOverride();

for (const [name, what, run] of commands) {
  program
    .command(name)
    .description(what)
    .usage("[options]")
    .helpOption(false)
    .allowUnknownOption()
    .argument("[arguments...]")
    .action(async () => {
      process.argv.splice(2, 1);
      await run();
    });
}

async function version(): Promise<string> {
  const { createRequire } = await import("node:module");
  return (createRequire(import.meta.url)("groundplan/package.json") as { version: string }).version;
}

// Without a command: the help, as an error.
await program
  .parseAsync(process.argv.length > 2 ? process.argv : [...process.argv, "--help"])
  .catch((error: unknown) => {
    process.exitCode = failed(error);
  });
