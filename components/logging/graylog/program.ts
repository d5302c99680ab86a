import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The programs: one applies Graylog's configuration, one is a proxy in front of Graylog that admits users who logged in at the gateway,
 * one configures OpenSearch's snapshots.
 */
export type Program = "configure" | "login" | "snapshots";

/** The files of each program: Node runs them directly by stripping their types. The first file is the entry point. */
const files: Readonly<Record<Program, readonly string[]>> = {
  configure: [
    "main.ts",
    "accounts.ts",
    "input-states.ts",
    "inputs.ts",
    "people.ts",
    "processing.ts",
    "reconcile.ts",
    "report.ts",
    "server.ts",
    "sharing.ts",
    "syntax.ts",
  ],
  login: ["login.ts", "accounts.ts", "server.ts"],
  snapshots: ["snapshots.ts", "report.ts", "server.ts"],
};

/** A stock image of Node: the programs have no dependencies. */
export const nodeImage = "docker.io/library/node:24.21.0-alpine";

/** The user and group `node` of that image. */
export const nodeAccount = { user: 1000, group: 1000 } as const;

/** The command that starts a program with its files in a folder. */
export function programCommand(program: Program, folder: string): string[] {
  return ["node", `${folder}/${files[program][0] ?? ""}`];
}

/** A program's files by name, for a ConfigMap. */
export function programTexts(program: Program): Record<string, string> {
  const texts = files[program].map(
    (name) => [name, readFileSync(join(import.meta.dirname, "programs", name), "utf8")] as const,
  );
  // Without it, Node first parses the files as CommonJS, and prints a warning.
  return { ...Object.fromEntries(texts), "package.json": '{ "type": "module" }\n' };
}
