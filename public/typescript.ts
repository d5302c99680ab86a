// Lets a Node that does not strip types by itself (before 22.18) import TypeScript files: `node --import=groundplan/typescript`. It
// has no effect in a Node that does. The types are stripped by the compiler that Node uses as well, so the same syntax is accepted.
import { register } from "node:module";

if (!process.features.typescript) register("./typescript-hooks.js", import.meta.url);
