import { existsSync, readdirSync } from "node:fs";
import module from "node:module";
import { basename, join, resolve } from "node:path";
import { styleText } from "node:util";
import type { Plan } from "./plan.ts";
import type { Style } from "./tree.ts";

// The libraries are most of the start-up time: keep their compiled code for the next run, below this project.
const root = join(import.meta.dirname, "..");
module.enableCompileCache(join(root, "node_modules", ".cache", "groundplan"));

const { Command, CommanderError, Option } = await import("commander");
const { InputError } = await import("./stack-file.ts");

interface Options {
  readonly stack?: string;
  readonly settings?: string;
  readonly set: readonly string[];
  readonly format: "tree" | "json";
  readonly out?: string;
}

const command = new Command("plan")
  .usage("--stack NAME [options]")
  .description(
    "Shows what `pulumi up` would provision for a stack: without a cluster, a Pulumi account, a passphrase or the network.",
  )
  .option("-s, --stack <name>", "plan the stack of Pulumi.NAME.yaml")
  .option("--settings <file>", "plan the settings of another file of that form, such as examples/worldcereal.yaml")
  .option(
    "--set <key=value>",
    "change one setting, such as postgresql.replicas=5; may be given again",
    (value: string, all: string[]) => [...all, value],
    [],
  )
  .addOption(
    new Option("--format <format>", "tree for people, json for programs").choices(["tree", "json"]).default("tree"),
  )
  .option("-o, --out <folder>", "write manifests and plan.json here (default: out/STACK)")
  .addHelpText(
    "after",
    `
Examples:
  npm start                                              the dev stack
  npm run plan -- --stack prod                           another stack
  npm run plan -- --stack prod --set postgresql.replicas=5
  npm run plan -- --settings examples/keycloak.yaml
  npm run --silent plan -- --stack prod --format json | jq .sums

Encrypted values stand as (encrypted); generated secrets never have a value here.
Exit codes: 0 a plan, 1 a fault of this program, 2 settings or arguments to correct.`,
  )
  .exitOverride();

async function main(args: readonly string[]): Promise<number> {
  const options = command.parse(args, { from: "user" }).opts<Options>();
  const { file, stack } = chosen(options);
  const out = resolve(options.out ?? join(root, "out", stack));
  // A stack's relative paths start at the project, as they do under `pulumi up`.
  process.chdir(root);
  const done = progress(`planning ${stack}`);
  let plan: Plan;
  let written: number;
  try {
    const { readStackFile } = await import("./stack-file.ts");
    const config = readStackFile(file, options.set);
    const { makePlan } = await import("./plan.ts");
    plan = await makePlan(stack, config);
    const { planFiles, writeFiles, planJson } = await import("./files.ts");
    if (options.format === "json") process.stdout.write(`${planJson(plan)}\n`);
    const files = planFiles(plan);
    writeFiles(out, files);
    written = files.size;
  } finally {
    done();
  }
  if (options.format === "tree") {
    const { planTree } = await import("./tree.ts");
    const width = process.stdout.isTTY ? process.stdout.columns : Infinity;
    process.stdout.write(`${planTree(plan, style(), width)}\n\n${written} files in ${shortPath(out)}\n`);
  }
  return 0;
}

/** The stack to plan and its file. */
function chosen({ stack, settings }: Options): { file: string; stack: string } {
  if (settings !== undefined) {
    const name = basename(settings)
      .replace(/^Pulumi\./, "")
      .replace(/\.ya?ml$/, "");
    return { file: resolve(settings), stack: stack ?? name };
  }
  const stacks = readdirSync(root).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
  if (stack === undefined)
    throw new InputError(`name a stack: --stack ${stacks.join(", --stack ")}; or a file: --settings FILE`);
  const file = join(root, `Pulumi.${stack}.yaml`);
  if (!existsSync(file))
    throw new InputError(
      `there is no stack "${stack}": Pulumi.${stack}.yaml is missing; there are ${stacks.join(", ")}`,
    );
  return { file, stack };
}

function style(): Style {
  const mark = (format: "bold" | "dim" | "yellow") => (text: string) =>
    styleText(format, text, { stream: process.stdout });
  return { strong: mark("bold"), dim: mark("dim"), warn: mark("yellow") };
}

/** Says on a terminal what goes on, once it has taken a second. */
function progress(what: string): () => void {
  if (!process.stderr.isTTY) return () => undefined;
  const started = Date.now();
  let shown = false;
  const timer = setInterval(() => {
    shown = true;
    process.stderr.write(`\r${what}… ${Math.round((Date.now() - started) / 1000)} s`);
  }, 1000);
  return () => {
    clearInterval(timer);
    if (shown) process.stderr.write("\r\u001b[K");
  };
}

function shortPath(path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** Ends with what a person can act on: settings and arguments without a stack trace, a fault of ours with it. */
function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const name = error instanceof Error ? error.constructor.name : "";
  if (name === "SettingsError" || error instanceof InputError) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.on("SIGINT", () => process.exit(130));
process.exitCode = await main(process.argv.slice(2)).catch(fail);
