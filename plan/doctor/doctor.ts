import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { styleText } from "node:util";
import { commandLine } from "../../components/kit/command-line.ts";
import { cacheCompiledCode, projectFolder } from "../project.ts";
import type { Diagnosis, Level } from "./diagnosis.ts";
import type { HostScript } from "./host-scripts.ts";
import type { Needs } from "./needs.ts";
import type { Marks } from "./report.ts";

cacheCompiledCode();

const { Command, InvalidArgumentError, Option } = await import("commander");
const { isInput, run } = await import("../command.ts");
const { chosenStack } = await import("../stacks.ts");
const { hostScript, hostScripts, scriptsFor } = await import("./host-scripts.ts");

interface Options {
  readonly stack?: string;
  /** A file, or true for the settings that fit the cluster. */
  readonly settings?: string | true;
  readonly write?: true;
  readonly set: readonly string[];
  readonly format: "text" | "json";
  readonly offline: boolean;
  readonly timeout: number;
  readonly hostScript?: HostScript;
  readonly scripts?: string;
  readonly clients?: string;
  readonly path?: string;
}

const command = new Command("doctor")
  .usage("--stack NAME [options]")
  .description("Checks whether everything that `pulumi up` needs for a stack is available. It only reads.")
  .option("-s, --stack <name>", "check the stack of Pulumi.NAME.yaml")
  .option(
    "--settings [file]",
    "check the settings of another file in the same format, such as examples/midpoint.yaml; without a file, print the settings of the section cluster that fit the live cluster",
  )
  .option(
    "--write",
    "write the settings of the section cluster that fit the live cluster into the file, and keep its comments",
  )
  .option(
    "--set <key=value>",
    "change one setting; can be repeated",
    (value: string, all: string[]) => [...all, value],
    [],
  )
  .addOption(new Option("--format <format>", "text, or json for scripts").choices(["text", "json"]).default("text"))
  .option("--offline", "do not check repositories, registries and name servers", false)
  .option("--timeout <seconds>", "timeout of each command", seconds, 10)
  .addOption(
    new Option("--host-script <name>", "print a script that prepares a host, without any checks").choices(hostScripts),
  )
  .option("--scripts <folder>", "write the scripts that the stack's hosts need, without any checks")
  .option(
    "--clients <range>",
    "address range of the nodes that may mount the NFS export, such as 192.168.3.0/24",
    range,
  )
  .option("--path <folder>", "directory that the NFS server exports, for --host-script nfs-server", folder)
  .addHelpText(
    "after",
    `
Examples:
  ${commandLine("doctor", "--stack prod")}
  ${commandLine("doctor", "--stack prod --settings", { silent: true })}
  ${commandLine("doctor", "--stack prod --settings --write")}
  ${commandLine("doctor", "--stack prod --format json", { silent: true })} | jq '.findings[] | select(.level == "fail")'
  ${commandLine("doctor", "--host-script sysctl", { silent: true })} > sysctl.sh
  ${commandLine("doctor", "--stack prod --scripts host-scripts --clients 192.168.3.0/24")}

Exit codes: 0 ready for up, 1 at least one failed check, 2 invalid settings or arguments.`,
  )
  .exitOverride();

async function main(args: readonly string[]): Promise<number> {
  const options = command.parse(args, { from: "user" }).opts<Options>();
  if (options.hostScript !== undefined) {
    process.stdout.write(hostScript(options.hostScript, options));
    return 0;
  }
  const { settings, write = false } = options;
  const root = projectFolder();
  const { file, stack } = chosenStack(root, { ...options, settings: settings === true ? undefined : settings });
  const scripts = options.scripts === undefined ? undefined : resolve(options.scripts);
  // A stack's relative paths are relative to the project, as with `pulumi up`.
  process.chdir(root);
  if (scripts !== undefined)
    return writeScripts(await needed(root, stack, file, options.set), scripts, options.clients);
  if (settings === true || write)
    return fit(await examined(root, stack, file, { ...options, offline: true }), file, write);
  return report(await examined(root, stack, file, options), options.format);
}

/** The diagnoses, and whether the settings are valid. */
interface Examined {
  readonly stack: string;
  readonly context?: string;
  readonly diagnoses: readonly Diagnosis[];
  readonly settings: "usable" | "wrong";
}

async function examined(
  root: string,
  stack: string,
  file: string,
  { set, offline, timeout }: Options,
): Promise<Examined> {
  const [{ examineLocal, examineWorld }, { runner }, { useProxy }, { redactor }] = await Promise.all([
    import("./examine.ts"),
    import("./run.ts"),
    import("./probes/reach.ts"),
    import("./redact.ts"),
  ]);
  useProxy();
  const at = { root, env: process.env, run: runner(timeout), seconds: timeout, offline };
  const done = progress(`checking what ${stack} needs`);
  const clean = (diagnoses: readonly Diagnosis[]) => hidden(diagnoses, redactor(process.env));
  try {
    const local = examineLocal(stack, file, at);
    // Planning blocks this process for a second; the probes' results are read afterwards.
    const needs = await needed(root, stack, file, set).catch((error: unknown) => problems(error));
    const { diagnoses, state } = await local;
    if ("check" in needs) return { stack, diagnoses: clean([...diagnoses, needs]), settings: "wrong" };
    const fine: Diagnosis = { check: "settings", area: "settings", level: "ok", found: "the settings are valid" };
    const world = await examineWorld(needs, state, at);
    return { stack, context: needs.context, diagnoses: clean([...diagnoses, fine, ...world]), settings: "usable" };
  } finally {
    done();
  }
}

async function needed(root: string, stack: string, file: string, set: readonly string[]): Promise<Needs> {
  const [{ planProject }, { needsOf }] = await Promise.all([import("../project-program.ts"), import("./needs.ts")]);
  return needsOf(await planProject(root, { stack, file, set }));
}

/** Prints or writes the settings that fit the cluster, and prints what could not be compared. */
async function fit({ context, diagnoses, settings }: Examined, file: string, write: boolean): Promise<number> {
  const { asYaml, fittingSettings, withSettings } = await import("./fitting.ts");
  const { clusterChecks } = await import("./judgements/settings.ts");
  // Without an answer of the cluster, only the context was examined.
  const compared = diagnoses.filter(({ check }) => clusterChecks.includes(check));
  const unknown = (compared.length > 0 ? compared : diagnoses).filter(
    ({ level }) => level === "fail" || level === "unknown",
  );
  for (const { found, setting } of unknown) if (setting === undefined) process.stderr.write(`${found}\n`);
  if (settings === "wrong") return 2;
  if (compared.length === 0) return 1;
  const fitting = fittingSettings(compared);
  if (fitting.length === 0) process.stderr.write(`the settings fit the cluster of the context ${context}\n`);
  else if (!write) process.stdout.write(asYaml(fitting));
  else {
    writeFileSync(file, withSettings(readFileSync(file, "utf8"), fitting));
    process.stdout.write(`${file}: set ${fitting.map(({ key }) => `groundplan:cluster.${key}`).join(", ")}\n`);
  }
  return unknown.some(({ level }) => level === "unknown") ? 1 : 0;
}

/** Invalid settings, as a diagnosis; any other error is a bug in this program. */
function problems(error: unknown): Diagnosis {
  if (!isInput(error)) throw error;
  return { check: "settings", area: "settings", level: "fail", found: error.message };
}

async function report({ stack, context, diagnoses, settings }: Examined, format: "text" | "json"): Promise<number> {
  const { jsonReport, passes, textReport } = await import("./report.ts");
  if (format === "json") process.stdout.write(`${jsonReport(stack, context, diagnoses)}\n`);
  else {
    const title = `Stack ${stack}${context === undefined ? "" : `, context ${context}`}: prerequisites`;
    const shown = diagnoses.map((one) => (one.check === "settings" && one.level === "fail" ? brief(one) : one));
    const width = process.stdout.isTTY ? process.stdout.columns : 100;
    process.stdout.write(`${textReport(title, shown, marks(), width)}\n`);
    const wrong = diagnoses.find(({ check, level }) => check === "settings" && level === "fail");
    if (wrong !== undefined) process.stdout.write(`\n${wrong.found}\n`);
  }
  if (settings === "wrong") return 2;
  return passes(diagnoses) ? 0 : 1;
}

/** The list of problems is printed below the report, with its own indentation. */
function brief(diagnosis: Diagnosis): Diagnosis {
  return { ...diagnosis, found: "the settings are invalid: see below; the cluster was not checked" };
}

function hidden(diagnoses: readonly Diagnosis[], clean: (text: string) => string): readonly Diagnosis[] {
  return diagnoses.map(({ found, needed: need, fix, commands, ...rest }) => ({
    ...rest,
    found: clean(found),
    ...(need === undefined ? {} : { needed: clean(need) }),
    ...(fix === undefined ? {} : { fix: clean(fix) }),
    ...(commands === undefined ? {} : { commands: commands.map(clean) }),
  }));
}

function writeScripts(needs: Needs, into: string, clients: string | undefined): number {
  const files = scriptsFor(needs, clients);
  if (files.size === 0) {
    process.stdout.write(`the stack ${needs.stack} has no requirements for its hosts: no script is needed\n`);
    return 0;
  }
  mkdirSync(into, { recursive: true });
  for (const [name, text] of files) {
    writeFileSync(join(into, name), text, { mode: 0o755 });
    process.stdout.write(`${join(into, name)}\n`);
  }
  return 0;
}

function seconds(text: string): number {
  if (!/^[1-9][0-9]{0,2}$/.test(text))
    throw new InvalidArgumentError("expected a whole number of seconds from 1 to 999.");
  return Number(text);
}

function range(text: string): string {
  if (!/^[0-9A-Fa-f.:]+\/[0-9]{1,3}$/.test(text))
    throw new InvalidArgumentError("expected a range such as 192.168.3.0/24.");
  if (text.endsWith("/0"))
    throw new InvalidArgumentError("every machine could mount it: expected the range of the nodes.");
  return text;
}

function folder(text: string): string {
  if (!/^\/[A-Za-z0-9._/-]*$/.test(text)) throw new InvalidArgumentError("expected an absolute path such as /storage.");
  return text;
}

function marks(): Marks {
  const mark = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream: process.stdout });
  const colours: Readonly<Record<Level, Parameters<typeof styleText>[0]>> = {
    ok: "green",
    warn: "yellow",
    fail: ["bold", "red"],
    unknown: "cyan",
  };
  return {
    strong: (text) => mark("bold", text),
    dim: (text) => mark("dim", text),
    level: (level, text) => mark(colours[level], text),
  };
}

/** Shows progress on a terminal. */
function progress(what: string): () => void {
  if (!process.stderr.isTTY) return () => undefined;
  const timer = setTimeout(() => process.stderr.write(`${what}…`), 1000);
  return () => {
    clearTimeout(timer);
    process.stderr.write("\r\u001b[K");
  };
}

await run(main);
