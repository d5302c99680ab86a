import { distance } from "fastest-levenshtein";
import type { z } from "zod";
import type { Path } from "./path.ts";

/** A problem with the settings. */
export interface Problem {
  /** The key as `pulumi config set --path` takes it, such as `groundplan:postgresql.replicas`. */
  readonly key: string;
  /** `error` stops the program; `warning` is only shown. */
  readonly severity: "error" | "warning";
  /** What is wrong: one sentence without a full stop. */
  readonly message: string;
  /** The value found, as it can be shown. Default: none, if no value was set or it may be secret. */
  readonly got?: string;
  readonly accepts?: string;
  /** What to do: a command, or a sentence. */
  readonly fix?: string;
  /** What a program of the user's own may create, so that there is no problem. Default: nothing. */
  readonly unless?: Created;
}

/** Something that a program of the user's own creates or uses, and that settings may name. */
export interface Created {
  readonly kind: "claim" | "credential" | "database" | "secret";
  /** Of a claim `NAMESPACE/NAME`. */
  readonly name: string;
}

/** A rejected value or key, with its path. */
export interface Refusal {
  readonly problem: Problem;
  readonly path: Path;
  /** The path of the key that a misspelt key is meant for, so that this key is not also reported as missing. */
  readonly meant?: Path;
}

/** The input of the check. */
export interface Checked {
  readonly schema: z.ZodType;
  readonly input: Readonly<Record<string, unknown>>;
  readonly stack: string;
  /** Paths of keys without a value. */
  readonly empty: readonly Path[];
}

/** A problem at a path, without its key. */
export type RefusalParts = Omit<Problem, "key" | "severity"> & Omit<Refusal, "problem">;

/** The word of a list with the smallest edit distance to a misspelt one, if it is close enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, cost: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.cost - b.cost);
  const best = ranked[0];
  // Two edits change most of a short word: `knd` may mean `kind`, but `foo` does not mean `tls`.
  const limit = Math.min(Math.max(2, Math.floor(word.length / 3)), Math.floor(word.length / 2));
  return best !== undefined && best.cost <= limit ? best.candidate : undefined;
}

/**
 * A value as a message shows it: short, on one line. Of lists and objects, only the shape is shown, because they may
 * contain a secret; a login or a private key is never shown.
 */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "nothing (null)";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") {
    const names = Object.keys(value);
    return names.length === 0 ? "an empty object" : `an object with ${shortened(names.join(", "))}`;
  }
  const text = JSON.stringify(value);
  if (text.includes("PRIVATE KEY")) return "a private key (not shown)";
  if (/[^\s/"]:[^\s/]*@/.test(text)) return "a string with a login (not shown)";
  return shortened(text);
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A value in YAML's flow style. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, inner]) => `${flow(name)}: ${flow(inner)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  const plain =
    typeof value === "string" &&
    /^([A-Za-z][\w./@ -]*|\d+(\.\d+)?([KMGT]i|[smhd]))$/.test(value) &&
    !/^(true|false|null|yes|no|on|off)$/i.test(value);
  return plain && !value.endsWith(" ") ? value : JSON.stringify(value);
}

/** Problems that one message shows: more are often consequences of one mistake. */
const maxShown = 50;

/** The error message: the first problems, each with its key, the value found, the values accepted and the fix. */
export function describeProblems(problems: readonly Problem[], where: string): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const more = problems.length - maxShown;
  return [
    `${count} in the settings of ${where}:`,
    ...problems.slice(0, maxShown).map(describeProblem),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join("\n\n");
}

/** A control character of a text, as Unicode names it: `U+0007`; undefined where it has none. */
export function controlCharacter(text: string): string | undefined {
  const found = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.exec(text)?.[0].charCodeAt(0);
  return found === undefined ? undefined : `U+${found.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A text without anything that a terminal would carry out, or show in another order. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\u2028-\u202E\u2066-\u2069]/gu,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A problem as indented lines. */
export function describeProblem({ key, message, got, accepts, fix }: Problem): string {
  const line = (name: string, text: string | undefined) =>
    text === undefined ? [] : [`    ${name.padEnd(8)} ${printable(text)}`];
  return [
    `  ${printable(`${key}: ${message}`)}`,
    ...line("got", got),
    ...line("accepts", accepts),
    ...line("fix", fix),
  ].join("\n");
}
