import { createRequire, Module } from "node:module";

// Pulumi's SDK always loads its automation API and its serializer of functions, and with them TypeScript, npm's arborist and
// sigstore: 700 files, half of a plan's start-up and 50 MB. A plan uses neither, so empty modules take their place. This file is
// imported before the SDK, by programs that run it against the recorder; under the engine the SDK is whole.
const require = createRequire(import.meta.url);
for (const file of ["automation/index.js", "runtime/closure/serializeClosure.js", "runtime/closure/codePaths.js"]) {
  const path = require.resolve(`@pulumi/pulumi/${file}`);
  require.cache[path] ??= Object.assign(new Module(path), { exports: { __esModule: true }, loaded: true });
}
