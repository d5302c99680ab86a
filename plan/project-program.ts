import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { InputError } from "./input-error.ts";
import { makePlan } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { OwnProgram } from "./program.ts";
import { repository } from "./project.ts";
import { readStackFile } from "./stack-file.ts";

/**
 * Plans a stack of a project, with the project's own program.
 * @param root the project's folder, which must be the working directory: relative paths in settings are relative to it
 * @param file the stack's settings
 * @param set settings that differ, as `key=value`
 * @param program a file in place of the project's own program
 * @throws InputError, SettingsError if the project, the file or its settings are invalid
 */
export async function planProject(
  root: string,
  {
    file,
    program,
    set = [],
    stack,
  }: {
    readonly stack: string;
    readonly file: string;
    readonly set?: readonly string[];
    readonly program?: string;
  },
): Promise<Plan> {
  const config = readStackFile(file, set, projectName(root));
  return makePlan(stack, config, await projectProgram(root, program));
}

/** What `Pulumi.yaml` says of a project, as far as a plan reads it. */
interface ProjectFile {
  readonly name?: unknown;
  readonly main?: unknown;
}

function projectFile(root: string): ProjectFile {
  const path = join(root, "Pulumi.yaml");
  try {
    return (parse(readFileSync(path, "utf8")) ?? {}) as ProjectFile;
  } catch (error) {
    throw new InputError(`${path} cannot be read: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** The project's name in URNs, and the namespace of configuration keys without one. @throws InputError without a name */
export function projectName(root: string): string {
  const { name } = projectFile(root);
  if (typeof name === "string" && name !== "") return name;
  throw new InputError(`${join(root, "Pulumi.yaml")}: name is missing: a text such as "platform" is accepted`);
}

const loaded = new Map<string, Promise<OwnProgram>>();

/**
 * The program of a project, or of another file. It is loaded once: a module registers its transforms when it is loaded. The repository's
 * own program adds nothing to the platform. A project's is found as the engine finds it: the file that `main` of `Pulumi.yaml` or
 * `package.json` names, or `index.js`, `index.mjs`, `index.ts` or `index.mts` (@pulumi/pulumi, cmd/run/run.ts).
 *
 * @param file a module whose default export is `groundplan(…)`. Default: the project's own
 * @throws InputError if there is no such file, it cannot be read, or it exports no program
 */
export function projectProgram(root: string, file?: string): Promise<OwnProgram> {
  if (file === undefined && root === repository) return Promise.resolve({});
  const path = file ?? entryPoint(root);
  const known = loaded.get(path) ?? load(path);
  loaded.set(path, known);
  return known;
}

async function load(path: string): Promise<OwnProgram> {
  sameSdk(path);
  if (!process.features.typescript) await import("../public/typescript.ts");
  const { loadProgram } = await import("./program.ts");
  return loadProgram(path);
}

function entryPoint(root: string): string {
  const place = join(root, typeof projectFile(root).main === "string" ? String(projectFile(root).main) : ".");
  if (statSync(place, { throwIfNoEntry: false })?.isFile() === true) return place;
  const manifest = join(place, "package.json");
  const { main } = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, "utf8")) as { main?: unknown })
    : { main: undefined };
  const names = [...(typeof main === "string" ? [main] : []), "index.js", "index.mjs", "index.ts", "index.mts"];
  const found = names.map((name) => join(place, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new InputError(`${place} has no program: none of ${names.join(", ")} exists`);
}

/** A program that loads another copy of Pulumi's SDK registers its resources there, and the plan would miss them. */
function sameSdk(file: string): void {
  const name = "@pulumi/pulumi/package.json";
  const own = createRequire(import.meta.url);
  let theirs: string;
  try {
    theirs = createRequire(file).resolve(name);
  } catch {
    return;
  }
  const ours = own.resolve(name);
  if (theirs === ours) return;
  const { version } = JSON.parse(readFileSync(ours, "utf8")) as { version: string };
  throw new InputError(
    `the program uses another copy of @pulumi/pulumi than Groundplan, and resources of one are unknown to the other: ${dirname(theirs)} and ${dirname(ours)}. Install the version ${version}, of which npm keeps one copy: npm install --save-exact @pulumi/pulumi@${version}`,
  );
}
