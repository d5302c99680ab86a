/** The result of a check. `unknown`: cannot be determined from here. `fail`: `pulumi up` would fail. */
export type Level = "ok" | "warn" | "fail" | "unknown";

/** The areas of checks, in the order of the report. */
export const areas = [
  "tools",
  "settings",
  "state",
  "cloud",
  "cluster",
  "nodes",
  "storage",
  "network",
  "remote services",
  "leftovers",
  "drift",
] as const;

export type Area = (typeof areas)[number];

/** One line of the report. */
export interface Diagnosis {
  /** A stable identifier, for scripts: `kubernetes-version`. */
  readonly check: string;
  readonly area: Area;
  readonly level: Level;
  /** What was found: one sentence without a full stop. */
  readonly found: string;
  /** What the stack needs. Default: none, if `found` already states it. */
  readonly needed?: string;
  /** The setting of the section `cluster` that fixes it, and its value. */
  readonly setting?: { readonly key: string; readonly value: unknown };
  /** How to fix it, in words. */
  readonly fix?: string;
  /** DNS records to create, each as a line of a zone file. */
  readonly records?: readonly string[];
  /** The exact commands that fix it, each on one line. */
  readonly commands?: readonly string[];
}

/** The result of a probe, or why there is none. */
export type Answer<T> = { readonly got: T } | { readonly why: string };

/** Whether a probe has a result. */
export function answered<T>(answer: Answer<T>): answer is { readonly got: T } {
  return "got" in answer;
}

/** The diagnosis for a probe without a result. */
export function notKnown(check: string, area: Area, what: string, why: string): Diagnosis {
  return { check, area, level: "unknown", found: `${what} could not be checked: ${why}` };
}

/**
 * Runs a judgement. If it fails on unexpected output of another program, the error becomes a line of the report instead of a stack
 * trace.
 */
export function guarded(check: string, area: Area, judge: () => readonly Diagnosis[]): readonly Diagnosis[] {
  try {
    return judge();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [notKnown(check, area, "the output", `it has an unexpected format (${reason})`)];
  }
}

/** A list for a sentence: at most `most` names (default 4), and the number of further names. */
export function listed(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

/** `1 node`, `2 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A word for a shell, quoted only if necessary. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
