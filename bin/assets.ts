import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders that are read at run time and not imported: they are copied into the package as they are, and not compiled. */
export function assetFolders(root: string): string[] {
  // Programs for pods go into ConfigMaps as text.
  const programs = readdirSync(join(root, "components"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name === "programs")
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll("\\", "/"),
    );
  return [...programs.sort(), "plan/report/page"];
}
