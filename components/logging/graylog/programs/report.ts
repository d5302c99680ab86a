/** What a run did, as it says it: one line for each change, and a sum at the end. */
export class Report {
  private readonly say: (line: string) => void;
  private readonly counts = { created: 0, updated: 0, removed: 0, unchanged: 0 };

  constructor(say: (line: string) => void) {
    this.say = say;
  }

  created(what: string): void {
    this.counts.created++;
    this.say(`created ${what}`);
  }

  /** @param differed the names of what differed, such as `shards` */
  updated(what: string, differed: readonly string[]): void {
    this.counts.updated++;
    this.say(`updated ${what}: ${differed.join(", ")}`);
  }

  removed(what: string): void {
    this.counts.removed++;
    this.say(`removed ${what}`);
  }

  unchanged(): void {
    this.counts.unchanged++;
  }

  note(line: string): void {
    this.say(line);
  }

  sum(): void {
    const { created, updated, removed, unchanged } = this.counts;
    this.say(`${created} created, ${updated} updated, ${removed} removed, ${unchanged} unchanged`);
  }
}

/** The names of wanted members that are not so; lists count as sets, and numbers that stand as text as numbers. */
export function differing(
  wanted: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys(wanted).filter((name) => !same(wanted[name], actual[name]));
}

function same(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || wanted.length !== actual.length) return false;
    const left = [...(actual as unknown[])];
    return wanted.every((one) => {
      const index = left.findIndex((other) => same(one, other));
      if (index >= 0) left.splice(index, 1);
      return index >= 0;
    });
  }
  if (typeof wanted === "object" && wanted !== null)
    return (
      typeof actual === "object" &&
      actual !== null &&
      differing(wanted as Record<string, unknown>, actual as Record<string, unknown>).length === 0
    );
  if (typeof wanted === "number" && typeof actual === "string") return wanted === Number(actual);
  return wanted === actual || (wanted === null && actual === undefined);
}

/** Where the rest of a description was written by the Job. */
const mark = "Kept by Groundplan: changes here are undone.";

/** A description that says whose the object is. */
export function marked(description: string): string {
  return description === "" ? mark : `${description} ${mark}`;
}

/** Whether the Job made an object, by its description. */
export function isMarked(description: string | null | undefined): boolean {
  return description?.endsWith(mark) === true;
}
