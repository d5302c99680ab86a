import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Extension } from "../stacks/extension.ts";
import { InputError } from "./input-error.ts";
import { loadedWithTransforms } from "./transforms.ts";

/** A program of the user's own, as a plan runs it: the result of `groundplan(…)`, or of {@link loadProgram}. */
export interface OwnProgram {
  readonly extension?: Extension;
  /** Registers the transforms that its module registers when it is loaded. Default: it has none. */
  readonly transforms?: () => void;
}

/**
 * Loads a program of the user's own.
 * @param file a module whose default export is `groundplan(…)`
 * @throws InputError where the file has none
 */
export async function loadProgram(file: string): Promise<OwnProgram> {
  const path = resolve(file);
  if (!existsSync(path)) throw new InputError(`There is no program ${file}.`);
  const { loaded, transforms } = await loadedWithTransforms<unknown>(() => import(pathToFileURL(path).href));
  const { default: program } = loaded as { readonly default?: unknown };
  if (typeof program !== "function" || !("extension" in program))
    throw new InputError(
      `${file} has no program: expected \`export default groundplan((platform) => { … })\`, with groundplan from this package.`,
    );
  return { extension: program.extension as Extension | undefined, transforms };
}
