import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Answer } from "../diagnosis.ts";
import { failure } from "../run.ts";
import type { Run } from "../run.ts";
import { compiled } from "../../../components/kit/command-line.ts";

/** The programs that run the stack. */
export interface Tools {
  /** The Node version that runs this project, and whether it runs TypeScript. */
  readonly node: { readonly version: string; readonly runsProgram: boolean };
  /** The version of the Pulumi CLI that `npx pulumi` runs. */
  readonly wanted: string;
  /** Where `npx pulumi` looks before it downloads. */
  readonly cache: string;
  /** The CLI in the cache. */
  readonly cached?: Cli;
  /** The user's own CLI. */
  readonly own?: Cli;
  /** The Node version with which the user's own CLI would start the program; undefined if that CLI is not used. */
  readonly ownNode?: Answer<string>;
  /** Plugins that the first `up` would download: `kubernetes 4.34.2`. */
  readonly missingPlugins: readonly string[];
}

/** A Pulumi CLI: its path and version. */
export interface Cli {
  readonly path: string;
  readonly version: Answer<string>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The providers of the program, which the engine loads as plugins. */
const plugins = ["kubernetes", "random", "tls"];

/** Finds the Pulumi CLI without starting the one in `node_modules/.bin`, which downloads. */
export async function probeTools(root: string, env: Env, run: Run): Promise<Tools> {
  const wanted = env["PULUMI_VERSION"] || packageVersion(root, "pulumi");
  const home = pulumiHome(env);
  const cache = join(home, "versions", wanted, "bin", "pulumi");
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const own = folders.map((folder) => join(folder, "pulumi")).find((path) => isProgram(path) && !downloads(path));
  const cached = isProgram(cache) ? await cli(cache, run) : undefined;
  const missing = plugins
    .map((name) => ({ name, version: packageVersion(root, `@pulumi/${name}`) }))
    .filter(({ name, version }) => !existsSync(join(home, "plugins", `resource-${name}-v${version}`)));
  const node = folders
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .find(isProgram);
  return {
    node: { version: process.versions.node, runsProgram: compiled || Boolean(process.features.typescript) },
    wanted,
    cache,
    ...(cached === undefined ? {} : { cached }),
    ...(own === undefined ? {} : { own: await cli(own, run) }),
    ...(own === undefined || node === undefined ? {} : { ownNode: await printed(node, ["--version"], run) }),
    missingPlugins: missing.map(({ name, version }) => `${name} ${version}`),
  };
}

/** The folder with Pulumi's programs and login. */
export function pulumiHome(env: Env): string {
  return env["PULUMI_HOME"] || join(homedir(), ".pulumi");
}

async function cli(path: string, run: Run): Promise<Cli> {
  return { path, version: await printed(path, ["version"], run) };
}

async function printed(program: string, args: readonly string[], run: Run): Promise<Answer<string>> {
  const outcome = await run(program, args, { PULUMI_SKIP_UPDATE_CHECK: "true" });
  const why = failure(program, outcome);
  if (why !== undefined || outcome.kind !== "ended") return { why: why ?? `${program} failed` };
  return { got: outcome.stdout.trim().replace(/^v/, "") };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() && statSync(path).size > 0;
  } catch {
    return false;
  }
}

/** Whether a `pulumi` is the npm package's wrapper, which downloads the real one when it is started. */
function downloads(path: string): boolean {
  return realpathSync(path).includes("node_modules") || path.includes("node_modules");
}

function packageVersion(root: string, name: string): string {
  const file = join(root, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
