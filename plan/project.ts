import { existsSync } from "node:fs";
import module from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { compiled } from "../components/kit/command-line.ts";
import { InputError } from "./input-error.ts";

/** The repository's own folder. Has no meaning in the published package. */
export const repository = join(import.meta.dirname, "..");

/** The nearest folder with a `Pulumi.yaml`, at or above a folder; undefined if there is none. */
export function projectAbove(from: string): string | undefined {
  const folder = resolve(from);
  if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
  return folder === dirname(folder) ? undefined : projectAbove(dirname(folder));
}

/**
 * The folder of the project that a command works on: the nearest one with a `Pulumi.yaml`, at or above the working directory. In the
 * repository it is the repository's own folder, whatever the working directory is.
 * @throws InputError in the published package if there is none
 */
export function projectFolder(from = process.cwd()): string {
  if (!compiled) return repository;
  const found = projectAbove(from);
  if (found !== undefined) return found;
  throw new InputError(
    `${from} is not in a project: there is no Pulumi.yaml here or in a folder above. \`npx groundplan init\` creates a project`,
  );
}

/**
 * Caches compiled code beside the installed packages for the next run, where Node can (22.1): loading libraries takes most of the
 * start-up time.
 */
export function cacheCompiledCode(): void {
  const { enableCompileCache } = module as Partial<typeof module>;
  const packages = compiled ? join(import.meta.dirname, "..", "..", "..") : join(repository, "node_modules");
  if (basename(packages) === "node_modules") enableCompileCache?.(join(packages, ".cache", "groundplan"));
}
