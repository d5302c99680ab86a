import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../../plan/recorder.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { loadSettings, SettingsError } from "../../stacks/settings/load.ts";
import type { Settings } from "../../stacks/settings/settings.ts";
import { describeProblem } from "../../stacks/settings/problems.ts";
import type { Problem } from "../../stacks/settings/problems.ts";

import { authority, wiki } from "./pem-samples.ts";

/** A stack file that is wrong, and what a person reads of it. */
export interface WrongFile {
  readonly name: string;
  /** The whole file. */
  readonly yaml: string;
  /** Lines without the two leading spaces and the columns; one that ends in `…` goes on. */
  readonly expected: string;
}

/**
 * The tables in `wrong/`: each row is `### what is wrong`, settings, `---` and what is said of them. Except in `files.txt`, the
 * settings stand below `config:`, with a domain, a context and the profile dev where they have none of their own; `$CA` and
 * `$WIKI` stand for certificates.
 */
export function wrongFiles(table: string): WrongFile[] {
  const text = readFileSync(join(import.meta.dirname, "wrong", `${table}.txt`), "utf8");
  return text
    .split(/^### /m)
    .slice(1)
    .map((row) => {
      const [, name = "", settings = "", expected = ""] = /^(.*)\n([^]*)\n---\n([^]*)$/.exec(row) ?? [];
      const filled = settings.replaceAll("$CA", JSON.stringify(authority)).replaceAll("$WIKI", JSON.stringify(wiki));
      return { name, yaml: table === "files" ? `${filled}\n` : complete(filled), expected: expected.trimEnd() };
    });
}

/** The names of the tables of settings. */
export const tables: readonly string[] = readdirSync(join(import.meta.dirname, "wrong"))
  .map((file) => file.replace(".txt", ""))
  .filter((table) => table !== "files");

/** A whole stack file with these settings. */
export function complete(settings: string): string {
  const base = {
    "groundplan:domain": "example.org",
    "groundplan:cluster": "{ context: kind }",
    "groundplan:profile": "dev",
  };
  const lines = settings.trim().split("\n");
  const lacking = Object.entries(base).filter(([key]) => !lines.some((line) => line.startsWith(`${key}:`)));
  return [
    "config:",
    ...[...lacking.map(([key, value]) => `${key}: ${value}`), ...lines].map((line) => `  ${line}`),
    "",
  ].join("\n");
}

const folder = mkdtempSync(join(tmpdir(), "groundplan-settings-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

/** Where the file of {@link configOf} stands. */
export const file = join(folder, "Pulumi.dev.yaml");

/** What a program gets as configuration, read as a plan reads it. */
export function configOf(yaml: string, set: readonly string[] = []): Config {
  writeFileSync(file, yaml);
  return readStackFile(file, set);
}

/** The settings of a configuration. */
export function load({ values, secretKeys }: Config): Settings {
  return loadSettings({ values, secretKeys: new Set(secretKeys) }, "dev");
}

/** Every problem of a configuration; none where it is right. */
export function problemsOf(config: Config): readonly Problem[] {
  try {
    load(config);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

/** Problems as the tables have them. */
export function asText(problems: readonly Problem[]): string {
  return problems
    .map((problem) =>
      describeProblem(problem)
        .replace(/^ {2}/gm, "")
        .replace(/^ {2}(\w+) +/gm, "  $1 "),
    )
    .join("\n");
}

/** The text with what an expected line leaves open left open too. */
export function abridged(text: string, expected: string): string {
  const wanted = expected.split("\n");
  return text
    .split("\n")
    .map((line, at) => {
      const open = wanted[at]?.endsWith("…") === true ? wanted[at].slice(0, -1) : undefined;
      return open !== undefined && line.startsWith(open) ? `${open}…` : line;
    })
    .join("\n");
}
