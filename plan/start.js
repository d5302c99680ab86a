// What `npm start` and `npm run plan` run. It is plain JavaScript, so that an older Node reaches the message below, and so that the
// compile cache is on before the first TypeScript file: Node else loads its compiler to strip the types of that file.
import module from "node:module";
import { join } from "node:path";

if (process.features.typescript) {
  module.enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "groundplan"));
  await import("./cli.ts");
} else {
  process.stderr.write(
    `Groundplan needs Node 22.18 or later, and this is Node ${process.versions.node}. ` +
      "Run `npm ci` and then `npm start`, which puts the Node of this project first on PATH, or install Node 24.\n",
  );
  process.exitCode = 2;
}
