import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of the program that configures Graylog: Node runs them as they are, by stripping their types. */
const files = ["main.ts", "people.ts", "processing.ts", "reconcile.ts", "report.ts", "server.ts"] as const;

/** The file that Node is started with. */
export const entry: (typeof files)[number] = "main.ts";

/** The program's files by name, as a ConfigMap carries them. */
export function programTexts(): Record<string, string> {
  const texts = files.map((name) => [name, readFileSync(join(import.meta.dirname, "job", name), "utf8")] as const);
  // Without it Node first takes the files for CommonJS, and warns that it was wrong.
  return { ...Object.fromEntries(texts), "package.json": '{ "type": "module" }\n' };
}
