// Writes the files that are generated from the schema of the settings: `npm run docs`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsMarkdown } from "./document.ts";
import { settingsJsonSchema } from "./json-schema.ts";

const docs = join(import.meta.dirname, "..", "..", "docs");
writeFileSync(join(docs, "settings.md"), settingsMarkdown());
writeFileSync(join(docs, "settings.schema.json"), `${JSON.stringify(settingsJsonSchema(), undefined, 2)}\n`);
