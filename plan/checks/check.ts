import type { Plan } from "../plan.ts";

/** An error stops a change, a warning is shown, an info is only counted and listed. */
export type Severity = "error" | "warning" | "info";

/** A problem that a check finds with one object. */
export interface Finding {
  /** The object as exemptions name it: `Kind namespace/name`, or `Kind name` if it has no namespace. */
  readonly object: string;
  /** The problem: a sentence about the object without its subject and full stop. */
  readonly message: string;
  /** The container, if the problem concerns one. */
  readonly container?: string;
  /** The reason why the plan itself accepts it, such as the ledger's reason for a privileged namespace. */
  readonly accepted?: string;
}

/** The result of a check: the number of objects examined, and the findings. */
export interface Examined {
  readonly examined: number;
  readonly findings: readonly Finding[];
}

/** A rule for plans. */
export interface Check {
  /** `GP` and three digits. It never changes and is never reused, because exemptions refer to it. */
  readonly id: string;
  /** The requirement, in a few words. */
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters. */
  readonly reason: string;
  /** How to fix a finding. */
  readonly fix: string;
  /** @param today the date for tables with dates, such as `2026-11-21` */
  readonly examine: (plan: Plan, today: string) => Examined;
}

/**
 * Collects the objects and findings of a check. An object counts once, and an object with a finding always counts as examined, so
 * that the numbers of an attestation add up.
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

  /** Adds a finding about an object. */
  find(object: string, message: string, more: Pick<Finding, "container" | "accepted"> = {}): void {
    this.objects.add(object);
    this.findings.push({ object, message, ...more });
  }
}

/** The name of an object in findings and exemptions. */
export function nameOf(kind: string, name: string, namespace?: string): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** A number with its noun: `1 pod`, `3 pods`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
