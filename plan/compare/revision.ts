import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";
import { parse } from "yaml";
import { compiled } from "../../components/kit/command-line.ts";
import { InputError } from "../input-error.ts";
import { emptyPlan, readPlan } from "./read.ts";
import { givePackages } from "./revision-packages.ts";
import type { SavedPlan } from "./schema.ts";

/** What to plan at another revision: the same that is planned here. */
export interface StackArguments {
  readonly stack: string;
  /** The settings file, absolute; default `Pulumi.STACK.yaml` of the revision. */
  readonly settings?: string;
  /** Settings given on the command line, as `key=value`. */
  readonly set?: readonly string[];
}

/** The plan of another revision. */
export interface RevisionPlan {
  readonly plan: SavedPlan;
  /** The revision's commit, in full. */
  readonly commit: string;
  /** What a reader should know, such as that the stack is new; undefined for nothing. */
  readonly note?: string;
}

/** The program that plans, below the folder of the repository; in a project of one's own, the package's. */
const planner = "plan/cli.ts";
const packagePlanner = join("node_modules", "groundplan", "dist", "bin", "groundplan.js");

/** Seconds that the plan of a revision and the installation of its packages may take. */
const planLimit = 120;
const installLimit = 300;

/**
 * Plans a stack as another revision of this project would: with that revision's program, settings and packages, in a worktree
 * of its own that is removed whatever happens. The user's files, index and branches are not touched.
 *
 * @param root the project's folder, in a git repository
 * @param revision whatever git takes for a commit: `origin/main`, `HEAD~1`, a tag
 * @throws InputError where the revision is unknown, or its program or its settings give no plan
 */
export async function planOfRevision(root: string, revision: string, stack: StackArguments): Promise<RevisionPlan> {
  const prefix = git(root, "rev-parse", "--show-prefix");
  if (prefix.status !== 0) throw new InputError(`--base needs a git repository: ${firstLine(prefix.stderr)}`);
  const commit = commitOf(root, revision);
  const holds = (path: string) => git(root, "cat-file", "-e", `${commit}:${prefix.stdout}${path}`).status === 0;
  const settings = settingsPath(root, stack);
  if (settings.inside && !holds(settings.path))
    return {
      plan: emptyPlan(stack.stack),
      commit,
      note: `${revision} has no ${settings.path}: the stack is new, and everything is created`,
    };
  if (!compiled && !holds(planner))
    throw new InputError(`${revision} has no plan to compare with: it lacks ${planner}, the program that plans`);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "groundplan-base-")));
  const worktree = new Worktree(root, folder);
  try {
    worktree.add(commit, revision);
    const project = join(worktree.path, prefix.stdout);
    const here = realpathSync(root);
    const projects = {
      here: { project: here, top: join(here, relative(prefix.stdout, "")) },
      there: { project, top: worktree.path },
    };
    const note = await givePackages(projects, revision, (...command) => worktree.run(...command, installLimit));
    borrowCharts(root, project, settings.inside ? join(project, settings.path) : settings.path);
    const plan = await planIn(worktree, project, revision, settings, stack);
    return { plan, commit, note };
  } finally {
    worktree.remove();
  }
}

/** A worktree in a folder of its own, and the process that works in it: neither outlives this one. */
class Worktree {
  readonly path: string;
  readonly folder: string;
  private readonly root: string;
  private child: ChildProcess | undefined;
  private readonly onExit = () => this.remove();
  /** Without a listener these signals end a process at once, and nothing would be removed. */
  private readonly onSignal = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);

  constructor(root: string, folder: string) {
    this.root = root;
    this.folder = folder;
    this.path = join(folder, "project");
    process.once("exit", this.onExit);
    process.once("SIGTERM", this.onSignal);
    process.once("SIGHUP", this.onSignal);
    // A listener for interrupts decides what happens; without one, this ends the process with its exit listeners.
    if (process.listenerCount("SIGINT") === 0) process.once("SIGINT", this.onSignal);
  }

  add(commit: string, revision: string): void {
    // A hook of the user's repository must not run in a temporary checkout.
    const options = ["-c", "core.hooksPath=/dev/null"];
    const { status, stderr } = git(this.root, ...options, "worktree", "add", "--detach", "--quiet", this.path, commit);
    if (status !== 0) throw new InputError(`${revision} cannot be checked out: ${firstLine(stderr)}`);
  }

  /** Runs a program in the worktree. @throws InputError where it takes longer than the limit, in seconds */
  run(program: string, args: readonly string[], cwd: string, limit: number): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"], env: environment() });
      this.child = child;
      let stderr = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new InputError(`${[program, ...args].join(" ")} took longer than ${limit} s`));
      }, limit * 1000);
      child.once("error", (error) => {
        clearTimeout(timer);
        reject(new InputError(`${program} cannot be started: ${error.message}`));
      });
      child.once("close", (status) => {
        clearTimeout(timer);
        this.child = undefined;
        resolve({ status, stderr });
      });
    });
  }

  remove(): void {
    for (const [event, listener] of [
      ["exit", this.onExit],
      ["SIGTERM", this.onSignal],
      ["SIGHUP", this.onSignal],
      ["SIGINT", this.onSignal],
    ] as const)
      process.off(event, listener);
    this.child?.kill("SIGKILL");
    // Only this one: pruning would also forget worktrees of the user's that are not mounted now.
    git(this.root, "worktree", "remove", "--force", this.path);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly status: number | null;
  readonly stderr: string;
}

function commitOf(root: string, revision: string): string {
  const found = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`);
  if (found.status === 0) return found.stdout;
  const shallow = git(root, "rev-parse", "--is-shallow-repository").stdout === "true";
  const [, remote, branch] = /^([^/]+)\/(.+)$/.exec(revision) ?? [];
  const fetch = remote === "origin" && branch !== undefined ? `git fetch origin ${branch}` : "git fetch --all";
  throw new InputError(
    shallow
      ? `there is no revision ${revision} here, and this clone is shallow: ${remote === "origin" ? `${fetch}:refs/remotes/${revision} --depth=1` : "git fetch --unshallow"} (in GitHub Actions: actions/checkout with fetch-depth: 0)`
      : `there is no revision ${revision} here; if it is new elsewhere: ${fetch}`,
  );
}

/** Where the settings stand at another revision: by their path in the project, or as they are if they lie outside of it. */
function settingsPath(root: string, { stack, settings }: StackArguments): { path: string; inside: boolean } {
  if (settings === undefined) return { path: `Pulumi.${stack}.yaml`, inside: true };
  const path = relative(realpathSync(root), existsSync(settings) ? realpathSync(settings) : settings);
  return path.startsWith("..") || isAbsolute(path)
    ? { path: settings, inside: false }
    : { path: path.replaceAll("\\", "/"), inside: true };
}

/** A folder of charts that the settings name is usually not in git: the one that is here serves both revisions. */
function borrowCharts(root: string, project: string, settings: string): void {
  let folder: unknown;
  try {
    const { config } = parse(readFileSync(settings, "utf8")) as { config?: Record<string, { folder?: unknown }> };
    folder = config?.["groundplan:charts"]?.folder;
  } catch {
    // What is wrong with the settings is for that revision's own program to say.
    return;
  }
  if (typeof folder !== "string" || isAbsolute(folder)) return;
  const [own, other] = [join(root, folder), join(project, folder)];
  if (existsSync(own) && !existsSync(other) && existsSync(dirname(other)))
    symlinkSync(realpathSync(own), other, "junction");
}

async function planIn(
  worktree: Worktree,
  project: string,
  revision: string,
  settings: { path: string; inside: boolean },
  { stack, settings: named, set = [] }: StackArguments,
): Promise<SavedPlan> {
  const out = join(worktree.folder, "plan");
  const from =
    named === undefined ? [] : ["--settings", settings.inside ? join(project, settings.path) : settings.path];
  const sets = set.flatMap((one) => ["--set", one]);
  const program = compiled ? packageIn(project, worktree.path) : join(project, planner);
  // The revision's package.json names the version that plans it, if it depends on the package at all.
  if (program === undefined)
    throw new InputError(`${revision} has no plan to compare with: groundplan is not among its packages`);
  const args = [
    program,
    ...(compiled ? ["plan"] : []),
    "--stack",
    stack,
    ...from,
    ...sets,
    "--format",
    "json",
    "--out",
    out,
  ];
  const { status, stderr } = await worktree.run(process.execPath, args, project, planLimit);
  const file = join(out, "plan.json");
  // Other exit codes than these two say something about a plan that is there.
  if (status === 2) throw new InputError(`the settings of ${revision} give no plan:\n${stderr.trimEnd()}`);
  if (status === 1 || !existsSync(file)) throw new InputError(`the program of ${revision} fails: ${lastLines(stderr)}`);
  const text = readFileSync(file, "utf8");
  if (!text.includes('"format"'))
    throw new InputError(`${revision} is from before plans could be compared: its plan.json has no "format"`);
  return readPlan(text, `the plan of ${revision}`);
}

/** The package's program: below the project, or, in a workspace, below a folder above it. */
function packageIn(project: string, top: string): string | undefined {
  const program = join(project, packagePlanner);
  if (existsSync(program)) return program;
  return project === top || dirname(project) === project ? undefined : packageIn(dirname(project), top);
}

function git(root: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr, error } = spawnSync("git", ["-C", root, ...args], {
    encoding: "utf8",
    env: environment(),
    timeout: planLimit * 1000,
  });
  if (error !== undefined) throw new InputError(`git cannot be started: ${error.message}`);
  return { status, stdout: stdout.trimEnd(), stderr };
}

/** Without what git tells its hooks: there it names the user's index, which another checkout would overwrite. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|OBJECT_DIRECTORY|COMMON_DIR|NAMESPACE|ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH)$/.test(
        name,
      ),
  );
  return { ...Object.fromEntries(own), NO_COLOR: "1", LC_ALL: "C" };
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-8).join("\n");
}
