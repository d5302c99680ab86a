import { existsSync, lstatSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { compiled } from "../../components/kit/command-line.ts";
import { at, textAt } from "../../components/kit/unknown.ts";
import { InputError } from "../input-error.ts";

/** Runs a program in a folder of the revision. */
export type Run = (
  program: string,
  args: readonly string[],
  cwd: string,
) => Promise<{ readonly status: number | null; readonly stderr: string }>;

/** The project here and in the checkout of another revision, each with the top folder of its repository. */
export interface Projects {
  readonly here: { readonly project: string; readonly top: string };
  readonly there: { readonly project: string; readonly top: string };
}

/** Files that say which packages are installed: one of them changes if a package does. */
const locks = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"];

/** The package, as projects depend on it. */
const own = "groundplan";

/**
 * Gives the checkout of a revision its packages: those of this project where the lock files are the same, else those that its own lock
 * file names. Where these cannot be installed, such as without a network, it gets the packages of this project, if the version of
 * Groundplan is the same.
 *
 * @returns what a reader should know, such as that another version of Groundplan plans the revision; undefined for nothing
 * @throws InputError if another version is needed and cannot be installed
 */
export async function givePackages(projects: Projects, revision: string, run: Run): Promise<string | undefined> {
  const { here, there } = projects;
  const home = packagesFolder(here);
  const checkout = join(there.project, relative(here.project, home));
  const link = () => linkPackages(projects, home);
  const same = locks.every((name) => read(join(home, name)) === read(join(checkout, name)));
  const versions = { here: versionHere(home), there: versionThere(checkout, projects, home) };
  // Without a lock file, only the dependency itself says which version was installed.
  const isLocked = locks.some((name) => existsSync(join(checkout, name)));
  const asBefore = isLocked || !compiled || dependency(here.project) === dependency(there.project);
  if (same && asBefore && existsSync(join(home, "node_modules"))) {
    link();
    return undefined;
  }
  const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  // By default, npm without a network gives up after minutes.
  const args = ["ci", ...quiet, "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"];
  const npm = locks.slice(0, 2).some((name) => existsSync(join(checkout, name)));
  const { status, stderr } = npm
    ? await run("npm", args, checkout)
    : { status: 1, stderr: "it has no lock file of npm" };
  if (status === 0) return differentVersions(revision, versions);
  const why = npm ? `npm ci: ${errorLines(stderr)}` : stderr;
  if (!compiled) throw new InputError(`the packages of ${revision} cannot be installed (${why})`);
  if (versions.there !== versions.here)
    throw new InputError(
      `${revision} uses ${own} ${versions.there ?? "of an unknown version"}, and ${versions.here ?? "none"} is installed here; the packages of ${revision} cannot be installed (${why}). Plan ${revision} where its packages are installed, and compare with --against and its plan.json`,
    );
  link();
  return `the packages of ${revision} cannot be installed (${why}): those that are installed here plan it, among them ${own} ${versions.here ?? "of an unknown version"}`;
}

function differentVersions(revision: string, { here, there }: Versions): string | undefined {
  if (!compiled || here === there) return undefined;
  return `${own} ${there ?? "of an unknown version"} plans ${revision}, and ${here ?? "another"} this: what the version changes is among the differences`;
}

interface Versions {
  readonly here: string | undefined;
  readonly there: string | undefined;
}

/** The folder whose `node_modules` has the package: the project's, or one above it, as in a workspace. */
function packagesFolder({ project, top }: Projects["here"]): string {
  const all = foldersUpTo(project, top);
  return all.find((folder) => existsSync(join(folder, "node_modules", compiled ? own : "."))) ?? project;
}

/** The folders from one up to another that contains it. */
function foldersUpTo(from: string, top: string): string[] {
  const parent = dirname(from);
  return from === top || parent === from ? [from] : [from, ...foldersUpTo(parent, top)];
}

function linkPackages({ here, there }: Projects, home: string): void {
  for (const folder of foldersUpTo(here.project, home)) {
    const [target, place] = [folder, join(there.project, relative(here.project, folder))].map((one) =>
      join(one, "node_modules"),
    ) as [string, string];
    if (existsSync(target) && lstatSync(place, { throwIfNoEntry: false }) === undefined)
      symlinkSync(realpathSync(target), place, "junction");
  }
}

/** The version that is installed. */
function versionHere(home: string): string | undefined {
  return textAt(json(join(home, "node_modules", own, "package.json")), "version");
}

/** The version that a lock file of npm names, or that the project depends on exactly; the one here if the dependency is the same. */
function versionThere(checkout: string, { here, there }: Projects, home: string): string | undefined {
  const locked = locks
    .slice(0, 2)
    .map((name) => textAt(json(join(checkout, name)), "packages", `node_modules/${own}`, "version"))
    .find((version) => version !== undefined);
  const named = dependency(there.project);
  if (locked !== undefined || named === undefined) return locked;
  if (named === dependency(here.project)) return versionHere(home);
  return /^\d/.test(named) ? named : undefined;
}

function dependency(project: string): string | undefined {
  const manifest = json(join(project, "package.json"));
  return textAt(at(manifest, "dependencies"), own) ?? textAt(at(manifest, "devDependencies"), own);
}

function json(path: string): unknown {
  try {
    return JSON.parse(read(path) ?? "null");
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** What npm says first: the code of the error and the error. */
function errorLines(text: string): string {
  const lines = text.trim().split("\n");
  const errors = lines.filter((line) => /^npm (error|ERR!) \S/.test(line)).slice(0, 3);
  return (errors.length > 0 ? errors : lines.slice(-3))
    .map((line) => line.replace(/^npm (error|ERR!) /, ""))
    .join("; ");
}
