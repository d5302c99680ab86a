// Builds the package into dist/: `npm run build`. Node does not strip the types of files below node_modules, so the package has
// JavaScript, with declarations, and the files that it reads at run time.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assetFolders } from "./assets.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
const { status } = spawnSync(process.execPath, [compiler, "--project", join(root, "tsconfig.build.json")], {
  stdio: "inherit",
});
if (status !== 0) process.exit(1);
// The compiler rewrites the extensions of imports in JavaScript: not in declarations, and not where a program loads a file on demand.
for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  const references = file.endsWith(".d.ts") ? "from|import\\(" : file.endsWith(".js") ? "\\brequire\\(" : undefined;
  if (references === undefined) continue;
  const path = join(dist, file);
  const text = readFileSync(path, "utf8");
  const written = text.replace(new RegExp(`((?:${references})\\s*"\\.[^"]*)\\.ts"`, "g"), '$1.js"');
  if (written !== text) writeFileSync(path, written);
}
for (const folder of assetFolders(root)) {
  cpSync(join(root, folder), join(dist, folder), { recursive: true });
}
chmodSync(join(dist, "bin", "groundplan.js"), 0o755);
