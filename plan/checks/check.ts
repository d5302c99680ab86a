import type { Plan } from "../plan.ts";

/** An error stops a change, a warning is shown, an info is only counted and listed. */
export type Severity = "error" | "warning" | "info";

/** What a check holds against one object. */
export interface Finding {
  /** The object as exemptions name it: `Kind namespace/name`, or `Kind name` where it has no namespace. */
  readonly object: string;
  /** What is wrong: a sentence about the object without a full stop. */
  readonly message: string;
  /** The container, where it is one's. */
  readonly container?: string;
  /** The reason that the plan itself gives for it, such as the ledger's for a privileged namespace. */
  readonly accepted?: string;
}

/** What came of a check: how many objects it looked at, and what it found. */
export interface Examined {
  readonly examined: number;
  readonly findings: readonly Finding[];
}

/** A rule that a plan is held against. */
export interface Check {
  /** `GP` and three digits. It never changes and is never used again: exemptions name it. */
  readonly id: string;
  /** What holds, in a few words. */
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters. */
  readonly reason: string;
  /** What to do about a finding. */
  readonly fix: string;
  /** @param today the day for dated tables, as `2026-11-21` */
  readonly examine: (plan: Plan, today: string) => Examined;
}

/**
 * Collects what a check examines. Objects count once, and each object of a finding counts as examined: so the numbers of an
 * attestation add up whatever a check does.
 */
export class Examination implements Examined {
  readonly findings: Finding[] = [];
  private readonly objects = new Set<string>();

  get examined(): number {
    return this.objects.size;
  }

  /** Counts an object. */
  look(object: string): void {
    this.objects.add(object);
  }

  /** Holds something against an object. */
  find(object: string, message: string, more: Pick<Finding, "container" | "accepted"> = {}): void {
    this.objects.add(object);
    this.findings.push({ object, message, ...more });
  }
}

/** How findings and exemptions name an object. */
export function nameOf(kind: string, name: string, namespace?: string): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** A number of things in words: `1 pod`, `3 pods`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
