import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { InputError } from "../plan/input-error.ts";
import { completedManifest } from "./manifest.ts";

const manifest = "package.json";

/** The files of a folder and its folders, by path. */
export function readFolder(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path).replaceAll("\\", "/"), readFileSync(path, "utf8")];
    }),
  );
}

/**
 * What to write: a `package.json` that exists is completed.
 * @throws InputError with all other files that exist: none is overwritten
 */
export function filesToWrite(folder: string, files: ReadonlyMap<string, string>): Map<string, string> {
  const existing = [...files.keys()].filter((path) => path !== manifest && existsSync(join(folder, path)));
  if (existing.length > 0)
    throw new InputError(
      `${folder} has ${existing.join(", ")}, and nothing is overwritten: choose another folder, or remove or rename these files`,
    );
  const result = new Map(files);
  const own = join(folder, manifest);
  if (existsSync(own)) result.set(manifest, completedManifest(readFileSync(own, "utf8"), files.get(manifest) ?? "{}"));
  return result;
}

/**
 * Writes files into a folder: all of them, or none. They are first written to a folder beside it, where `check` can use them, and then
 * moved.
 * @throws InputError if a file exists; what `check` throws
 */
export async function writeProject(
  folder: string,
  files: ReadonlyMap<string, string>,
  check: (staged: string) => Promise<void>,
): Promise<void> {
  const written = filesToWrite(folder, files);
  const before = existsSync(join(folder, manifest)) ? readFileSync(join(folder, manifest), "utf8") : undefined;
  const missing = missingParents(folder);
  mkdirSync(folder, { recursive: true });
  const moved: string[] = [];
  let staged: string | undefined;
  try {
    staged = mkdtempSync(join(folder, ".groundplan-init-"));
    for (const [path, text] of written) {
      mkdirSync(dirname(join(staged, path)), { recursive: true });
      writeFileSync(join(staged, path), text);
    }
    await check(staged);
    filesToWrite(folder, files);
    for (const path of written.keys()) {
      const target = join(folder, path);
      missing.push(...missingParents(dirname(target)));
      mkdirSync(dirname(target), { recursive: true });
      renameSync(join(staged, path), target);
      moved.push(target);
    }
  } catch (error) {
    for (const path of moved) rmSync(path, { force: true });
    if (before !== undefined && moved.includes(join(folder, manifest))) writeFileSync(join(folder, manifest), before);
    if (staged !== undefined) rmSync(staged, { recursive: true, force: true });
    for (const path of missing.sort().toReversed()) removeEmpty(path);
    throw error;
  }
  rmSync(staged, { recursive: true, force: true });
}

/** The folder and those above it that do not exist. */
function missingParents(folder: string): string[] {
  return existsSync(folder) ? [] : [...missingParents(dirname(folder)), folder];
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It has files of another program.
  }
}
