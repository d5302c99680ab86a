/** How a check came out. `unknown` is what nobody can tell from here; only `fail` says that `pulumi up` would not work. */
export type Level = "ok" | "warn" | "fail" | "unknown";

/** What a check looks at, in the order of the report. */
export const areas = [
  "tools",
  "settings",
  "state",
  "cluster",
  "nodes",
  "storage",
  "network",
  "in reach",
  "left behind",
] as const;

export type Area = (typeof areas)[number];

/** One line of the report. */
export interface Finding {
  /** A stable name, for programs: `kubernetes-version`. */
  readonly check: string;
  readonly area: Area;
  readonly level: Level;
  /** What was found: one sentence without a full stop. */
  readonly found: string;
  /** What the stack needs. Left out where what was found is it. */
  readonly needed?: string;
  /** How to mend it, in words. */
  readonly fix?: string;
  /** The exact commands that mend it, each one line. */
  readonly commands?: readonly string[];
}

/** What a probe brought back, or why it brought nothing. */
export type Answer<T> = { readonly got: T } | { readonly why: string };

/** Whether a probe brought something back. */
export function answered<T>(answer: Answer<T>): answer is { readonly got: T } {
  return "got" in answer;
}

/** The finding about what could not be asked. */
export function notKnown(check: string, area: Area, what: string, why: string): Finding {
  return { check, area, level: "unknown", found: `${what} could not be looked at: ${why}` };
}

/**
 * Runs a judgement. What it does not understand of an answer is a line of the report and no stack trace: the answers come
 * from other people's programs.
 */
export function guarded(check: string, area: Area, judge: () => readonly Finding[]): readonly Finding[] {
  try {
    return judge();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [notKnown(check, area, "what was answered", `it is not of the expected form (${reason})`)];
  }
}

/** A list as a sentence holds it: at most `most` names (default 4), and how many more. */
export function listed(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

/** `1 node`, `2 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A word as a shell takes it: quoted only where it has to be. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
