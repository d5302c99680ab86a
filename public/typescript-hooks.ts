import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { transformSync } from "@swc/wasm-typescript";

/** Loads a project's `.ts` and `.mts` files as modules, without their types. As in Node, packages are left out. */
export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith("file:") || !/\.m?ts$/.test(url) || url.includes("/node_modules/")) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(await readFile(filename, "utf8"), { mode: "strip-only", filename, module: true });
  return { format: "module", shortCircuit: true, source: code };
};
