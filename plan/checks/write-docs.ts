import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pagePath } from "./explain.ts";
import { checksPage } from "./page.ts";

// Writes the page on checks; a test fails when it differs.
writeFileSync(join(import.meta.dirname, "..", "..", pagePath), checksPage());
