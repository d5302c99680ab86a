import { join } from "node:path";
import { programFiles } from "../../kit/program.ts";

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

/** The command that starts a program with its files in a folder. */
export function programCommand(program: Program, folder: string): string[] {
  return ["node", `${folder}/${files[program][0] ?? ""}`];
}

/** A program's files by name, for a ConfigMap. */
export function programTexts(program: Program): Record<string, string> {
  return programFiles(join(import.meta.dirname, "programs"), files[program]);
}
