// Checkers of the field, built from their Go modules, and what they are given to read.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { makePlan } from "../../plan/plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { planFiles } from "../../plan/files.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import type { TestStack } from "../stacks.ts";
import { cache, has, run, skip } from "./cluster.ts";

/** A program of a Go module, and the version to build. */
export interface GoTool {
  readonly name: string;
  readonly package: string;
  readonly version: string;
}

const folder = join(cache, "groundplan", "bin");

/** The program's file, built once for each version; without Go, or where the module cannot be had, the test is skipped. */
export function goTool(hook: Mocha.Context, { name, package: path, version }: GoTool): string {
  const file = join(folder, `${name}-${version}`);
  if (existsSync(file)) return file;
  if (!has("go", "version")) skip(hook, `${name} needs Go`);
  mkdirSync(folder, { recursive: true });
  const fresh = mkdtempSync(join(folder, ".build-"));
  console.log(`    building ${name} ${version}, once: about a minute on two cores`);
  try {
    go(["install", `${path}@${version}`], { GOBIN: fresh });
    renameSync(join(fresh, name), file);
  } catch (error) {
    skip(hook, `${name} cannot be built: ${lastLine(error)}`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return file;
}

/** The folder with the sources of a Go module; likewise skipped. */
export function goModule(hook: Mocha.Context, path: string, version: string): string {
  if (!has("go", "version")) skip(hook, `${path} needs Go`);
  try {
    return (JSON.parse(go(["mod", "download", "-json", `${path}@${version}`], {})) as { Dir: string }).Dir;
  } catch (error) {
    return skip(hook, `${path} cannot be had: ${lastLine(error)}`);
  }
}

/** Runs a checker on YAML. Its exit code says whether it found anything, which it prints as well. */
export function check(program: string, args: readonly string[], input: string): unknown {
  const { stdout, stderr, error } = spawnSync(program, args, { input, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (error !== undefined) throw error;
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new Error(`${program} ${args.join(" ")}: ${stderr}${stdout.slice(0, 2000)}`);
  }
}

/** A plan, and its objects as it writes them: the program's own and those of charts. */
export interface Written {
  readonly plan: Plan;
  readonly own: readonly string[];
  readonly charts: readonly string[];
}

export async function written({ extension, name, file, set }: TestStack): Promise<Written> {
  // The control plane's Helm serves where there is no other.
  process.env["PATH"] = `${path}${delimiter}${join(cache, "control-plane", "bin")}`;
  const plan = await makePlan(name, readStackFile(file, set), { extension });
  const files = [...planFiles(plan)];
  const below = (top: string) => files.flatMap(([place, text]) => (place.startsWith(join(top, "/")) ? [text] : []));
  return { plan, own: below("manifests"), charts: below("charts") };
}

const path = process.env["PATH"] ?? "";

/** One stream of YAML documents. */
export function stream(documents: readonly string[]): string {
  return documents.join("---\n");
}

function go(args: readonly string[], env: Readonly<Record<string, string>>): string {
  // Politely: a build takes all cores for a minute.
  return run("nice", ["-n", "10", "go", ...args], { cwd: folder, env: { GOFLAGS: "-mod=mod", ...env }, limit: 900 })
    .out;
}

function lastLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1) ?? "";
}
