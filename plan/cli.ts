import { basename, join, resolve } from "node:path";
import { styleText } from "node:util";
import type { Plan } from "./plan.ts";
import { commandLine, compiled } from "../components/kit/command-line.ts";
import { cacheCompiledCode, projectFolder } from "./project.ts";
import type { Against } from "./review.ts";

cacheCompiledCode();

const { Command, Option } = await import("commander");
const { run } = await import("./command.ts");
const { chosenStack, stackFile } = await import("./stacks.ts");

interface Options {
  readonly stack?: string;
  readonly settings?: string;
  readonly program?: string;
  readonly set: readonly string[];
  readonly base?: string;
  readonly against?: string;
  readonly with?: string;
  readonly format: "tree" | "markdown" | "html" | "json";
  readonly secrets?: true;
  readonly explain?: string;
  readonly out?: string;
  readonly today: string;
}

const command = new Command("plan")
  .usage("--stack NAME [options]")
  .description(
    "Shows what `pulumi up` would provision for a stack, without a cluster, a Pulumi account or a passphrase.",
  )
  .option("-s, --stack <name>", "plan the stack of Pulumi.NAME.yaml")
  .option(
    "--settings <file>",
    "plan the settings of another file in the same format, such as examples/worldcereal.yaml",
  )
  .option(
    "--set <key=value>",
    "change one setting, such as postgresql.replicas=5; can be repeated",
    (value: string, all: string[]) => [...all, value],
    [],
  )
  .option(
    "--program <file>",
    "a program of your own that adds to the platform, such as examples/extension/index.ts (docs/extending.md)",
  )
  .addOption(
    new Option("--base <revision>", "compare with the plan of another git revision").conflicts(["against", "with"]),
  )
  .addOption(
    new Option(
      "--against <file>",
      "compare with a saved plan.json, or with the output of `pulumi stack export`",
    ).conflicts("with"),
  )
  .addOption(
    new Option("--with <stack>", "show how the stack differs from another, by size, availability, host, secret"),
  )
  .addOption(
    new Option(
      "--format <format>",
      "format of standard output: tree (text), json for scripts, html (a page), or markdown",
    )
      .choices(["tree", "markdown", "html", "json"])
      .default("tree"),
  )
  .option("--secrets", "list the generated secrets and the effect of rotating each; never shows a value")
  .option("--explain <check>", "explain a check, such as GP012: the reason, the fix, and how to add an exemption")
  .option(
    "-o, --out <folder>",
    "folder for all files: manifests, values, plan.json, plan.html, plan.md, proof.json (default: out/STACK)",
  )
  .addOption(
    new Option("--today <date>", "the date for end-of-life dates and exemptions, as YYYY-MM-DD").default(
      new Date().toISOString().slice(0, 10),
      "today",
    ),
  )
  .addHelpText(
    "after",
    `
Examples:
${examples()}

Encrypted values are shown as (encrypted). Generated secrets have no value in a plan.
Exit codes: 0 success, 1 bug in this program, 2 invalid settings or arguments, 3 data would be lost,
            4 a check failed, a change would fail at up, or the estimated cost is above the budget.`,
  )
  .exitOverride();

function examples(): string {
  const lines: readonly (readonly [command: string, what?: string])[] = [
    ...(compiled ? [] : ([["npm start", "the dev stack"]] as const)),
    [commandLine("plan", "--stack prod"), "another stack"],
    [commandLine("plan", "--stack prod --set postgresql.replicas=5")],
    [commandLine("plan", "--stack prod --base origin/main"), "what this branch changes"],
    [commandLine("plan", "--stack prod --with dev"), "how two stacks differ"],
    [`${commandLine("plan", "--stack prod --format json", { silent: true })} | jq .sums`],
  ];
  return lines.map(([line, what]) => (what === undefined ? `  ${line}` : `  ${line.padEnd(55)}${what}`)).join("\n");
}

async function main(args: readonly string[]): Promise<number> {
  const options = command.parse(args, { from: "user" }).opts<Options>();
  if (options.explain !== undefined) return explained(options.explain);
  const root = projectFolder();
  const { file, stack } = chosenStack(root, options);
  const out = resolve(options.out ?? join(root, "out", stack));
  const against = options.against === undefined ? undefined : resolve(options.against);
  const own = options.program === undefined ? undefined : resolve(options.program);
  // A stack's relative paths are relative to the project, as with `pulumi up`.
  process.chdir(root);
  const done = progress(`planning ${stack}`);
  try {
    const { planProject } = await import("./project-program.ts");
    const plan = await planProject(root, { stack, file, set: options.set, program: own });
    if (options.secrets === true) {
      const { secretsText } = await import("./secrets.ts");
      done();
      process.stdout.write(secretsText(plan, style()));
      return 0;
    }
    const { review, refusals } = await import("./review.ts");
    const compared = await comparedWith({ ...options, against, program: own }, root, file, stack);
    const reviewed = review(plan, options.today, compared && (await completed(compared, plan)));
    const { reportOf } = await import("./report/report.ts");
    const report = reportOf(reviewed);
    const { reviewFiles, reviewJson } = await import("./output.ts");
    const files = await reviewFiles(reviewed, report);
    const { writeFiles } = await import("./files.ts");
    writeFiles(out, files);
    done();
    const refused = refusals(reviewed);
    const names = { html: "plan.html", markdown: "plan.md" } as const;
    if (options.format === "tree") {
      const { terminalText } = await import("./report/terminal.ts");
      const width = process.stdout.isTTY ? process.stdout.columns : Infinity;
      process.stdout.write(
        `${terminalText(report, style(), width)}\n\n${files.size} files in ${shortPath(root, out)}\nAs a page: ${shortPath(root, join(out, "plan.html"))}\n`,
      );
    } else
      process.stdout.write(options.format === "json" ? reviewJson(reviewed) : (files.get(names[options.format]) ?? ""));
    for (const { message } of refused) process.stderr.write(`${message}\n`);
    return refused[0]?.exitCode ?? 0;
  } finally {
    done();
  }
}

/** The plan to compare with, if any. */
async function comparedWith(
  { base, against, with: other, program, set, settings }: Options,
  root: string,
  file: string,
  stack: string,
): Promise<Against | undefined> {
  if (base !== undefined) {
    const { planOfRevision } = await import("./compare/revision.ts");
    const { plan, note } = await planOfRevision(root, base, {
      stack,
      set,
      ...(settings === undefined ? {} : { settings: file }),
    });
    return { name: base, plan, otherStack: false, note };
  }
  if (against !== undefined) {
    const { noteOfExport, planOfFile } = await import("./review.ts");
    const plan = planOfFile(against);
    const note = plan.origin === "export" ? noteOfExport(plan) : undefined;
    return { name: basename(against), plan, otherStack: false, note };
  }
  if (other === undefined) return undefined;
  const { planProject } = await import("./project-program.ts");
  const { savedPlan } = await import("./files.ts");
  return {
    name: other,
    plan: savedPlan(await planProject(root, { stack: other, file: stackFile(root, other), program })),
    otherStack: true,
  };
}

/** What is compared, with the objects of charts on both sides. */
async function completed(against: Against, plan: Plan): Promise<Against> {
  if (against.otherStack) return against;
  const { sidesOf } = await import("./sides.ts");
  const { base, head } = await sidesOf(against.plan, plan);
  return { ...against, plan: base, head };
}

async function explained(id: string): Promise<number> {
  const { explain } = await import("./checks/explain.ts");
  const { checks } = await import("./checks/checks.ts");
  const known = checks.some((check) => check.id === id);
  (known ? process.stdout : process.stderr).write(`${explain(id)}\n`);
  return known ? 0 : 2;
}

function style() {
  const mark = (format: "bold" | "dim" | "yellow" | "red" | "green") => (text: string) =>
    styleText(format, text, { stream: process.stdout });
  return { strong: mark("bold"), dim: mark("dim"), warn: mark("yellow"), bad: mark("red"), good: mark("green") };
}

/** Shows progress on a terminal after one second. The function that it returns can be called more than once. */
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
    shown = false;
  };
}

function shortPath(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

await run(main);
