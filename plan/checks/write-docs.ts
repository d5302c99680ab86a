import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pagePath } from "./explain.ts";
import { checksPage } from "./page.ts";

// Writes the page about checks; a test fails if the committed page differs.
writeFileSync(join(import.meta.dirname, "..", "..", pagePath), checksPage());
