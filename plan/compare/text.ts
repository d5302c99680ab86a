import { counts } from "./change.ts";
import type { Action, Change } from "./change.ts";
import type { Comparison } from "./comparison.ts";
import type { Consequences } from "./consequences.ts";
import type { FieldChange } from "./fields.ts";
import type { Loss } from "./loss.ts";
import { classes } from "./parity.ts";
import type { Parity } from "./parity.ts";

/** How text is marked: by colour on a terminal, not at all in a file. */
export interface ComparisonStyle {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly warn: (text: string) => string;
  /** What is lost. */
  readonly bad: (text: string) => string;
  /** What is new. */
  readonly good: (text: string) => string;
}

/** A style that marks nothing. */
export const plainComparison: ComparisonStyle = {
  strong: (text) => text,
  dim: (text) => text,
  warn: (text) => text,
  bad: (text) => text,
  good: (text) => text,
};

/** Fields of one change that are listed; the data has all of them. */
const shownFields = 12;

const signs: Record<Action, string> = { create: "+", update: "~", replace: "±", delete: "-" };
const words: Record<Action, string> = { create: "created", update: "updated", replace: "replaced", delete: "deleted" };

type Line = (text: string, mark?: (text: string) => string) => void;

/**
 * A comparison as people read it: what changes, what follows, and what would be lost.
 * @param width columns; longer lines are cut with `…`. Infinity cuts nothing
 */
export function comparisonText(
  comparison: Comparison,
  losses: readonly Loss[],
  style: ComparisonStyle,
  width: number,
): string {
  const { lines, line } = page(width);
  const { changes, settings, unknown, base, head } = comparison;
  line(
    `Stack ${head.stack}${base.stack === head.stack ? "" : `, compared with ${base.stack}`}: ${summary(changes)}`,
    style.strong,
  );
  if (settings.length > 0) {
    line("");
    line("Settings", style.strong);
    for (const field of settings) line(`  ${fieldText(field)}`);
  }
  changeLines(changes, style, line);
  for (const { release, reason } of unknown) line(`not compared: the objects of ${release} (${reason})`, style.warn);
  consequenceLines(comparison.consequences, style, line);
  lossLines(losses, style, line);
  return lines.join("\n");
}

/** How two stacks differ, as people read it. */
export function parityText(
  { base, head, differences, expected, stale }: Parity,
  style: ComparisonStyle,
  width: number,
): string {
  const { lines, line } = page(width);
  const besides = expected === 0 ? "" : `, besides ${expected} that expectedDifferences names`;
  line(`${head} differs from ${base} in ${differences.length} places${besides}`, style.strong);
  for (const { object, path } of stale)
    line(
      `expectedDifferences names ${object}${path === undefined ? "" : ` ${path}`}, which is alike: take it out`,
      style.warn,
    );
  const byClass = Map.groupBy(differences, (difference) => difference.class);
  for (const kind of classes) {
    const own = byClass.get(kind) ?? [];
    if (own.length === 0) continue;
    line("");
    line(`${kind} (${own.length})`, style.strong);
    for (const { label, path, base: was, head: is } of own) {
      if (path === undefined) line(`  ${label}: only in ${was === undefined ? head : base}`);
      else line(`  ${label} ${path}: ${was ?? "nothing"} | ${is ?? "nothing"}`);
    }
  }
  return lines.join("\n");
}

function page(width: number): { lines: string[]; line: Line } {
  const lines: string[] = [];
  // Cut first, then marked: a mark has no width.
  const fit = (text: string) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
  return { lines, line: (text, mark = (plain) => plain) => lines.push(text === "" ? "" : mark(fit(text))) };
}

/** `1 created, 2 updated; in charts: 3 updated`, or that nothing changes. */
export function summary(changes: readonly Change[]): string {
  const [inside, own] = [true, false].map((charted) => {
    const number = counts(changes.filter(({ release }) => (release !== undefined) === charted));
    return (["create", "update", "replace", "delete"] as const)
      .filter((action) => number[action] > 0)
      .map((action) => `${number[action]} ${words[action]}`)
      .join(", ");
  });
  const parts = [own, inside === "" ? "" : `in charts: ${inside}`].filter((part) => part !== "");
  return parts.length === 0 ? "no changes" : parts.join("; ");
}

function changeLines(changes: readonly Change[], style: ComparisonStyle, line: Line): void {
  const marks = { create: style.good, update: style.warn, replace: style.bad, delete: style.bad };
  for (const [component, own] of Map.groupBy(changes, (change) => change.component)) {
    line("");
    line(component, style.strong);
    const direct = own.filter(({ release }) => release === undefined);
    const inside = Map.groupBy(
      own.filter(({ release }) => release !== undefined),
      ({ release }) => `Release ${release}`,
    );
    for (const change of direct) {
      const objects = inside.get(change.label) ?? [];
      inside.delete(change.label);
      // With its release everything comes or goes: the number says enough.
      const whole = change.action === "create" || change.action === "delete";
      oneChange(change, "  ", marks[change.action], style, line, whole ? objects.length : 0);
      if (!whole) for (const object of objects) oneChange(object, "      ", marks[object.action], style, line);
    }
    for (const [release, objects] of inside) {
      line(`  ${release}`);
      for (const object of objects) oneChange(object, "      ", marks[object.action], style, line);
    }
  }
  if (changes.length > 0) line("");
}

function oneChange(
  change: Change,
  indent: string,
  mark: (text: string) => string,
  style: ComparisonStyle,
  line: Line,
  objects = 0,
): void {
  const { action, label, fresh, fields, reasons, renamedFrom, looksLike } = change;
  const becomes = fresh !== undefined && fresh.label !== label ? ` → ${fresh.label}` : "";
  line(
    `${indent}${signs[action]} ${label}${becomes}${objects === 0 ? "" : ` with ${objects} ${objects === 1 ? "object" : "objects"} of its chart`}`,
    mark,
  );
  if (renamedFrom !== undefined) line(`${indent}    renamed from ${renamedFrom}, by its alias`, style.dim);
  if (looksLike !== undefined)
    line(`${indent}    looks like a rename of ${looksLike}: with an alias it would stay`, style.warn);
  for (const reason of reasons) line(`${indent}    because ${reason}`, style.warn);
  for (const field of fields.slice(0, shownFields)) line(`${indent}    ${fieldText(field)}`);
  if (fields.length > shownFields) line(`${indent}    and ${fields.length - shownFields} more fields`, style.dim);
}

/** `path: old → new`; a field that is new or gone has one side only. */
export function fieldText({ path, old, new: fresh }: FieldChange): string {
  if (old === undefined) return `${path}: + ${fresh ?? ""}`;
  if (fresh === undefined) return `${path}: - ${old}`;
  return `${path}: ${old} → ${fresh}`;
}

function consequenceLines(
  { restarts, jobs, rotations, failures }: Consequences,
  style: ComparisonStyle,
  line: Line,
): void {
  const section = (title: string, rows: readonly string[], mark = style.strong) => {
    if (rows.length === 0) return;
    line(title, mark);
    for (const row of rows) line(`  ${row}`);
    line("");
  };
  const inside = (release: string | undefined) => (release === undefined ? "" : ` (${release})`);
  section(
    "Will fail",
    failures.flatMap(({ label, reason, remedy }) => [
      `${label}: ${reason}`,
      ...(remedy === undefined ? [] : [`  ${remedy}`]),
    ]),
    style.bad,
  );
  section(
    "Credentials that get another value",
    rotations.map(({ credential, from, to, recipe }) => `${credential}: rotation ${from} → ${to}; ${recipe}`),
  );
  section(
    "Jobs that run",
    jobs.map(({ label, release, why }) => `${label}${inside(release)}: ${why}`),
  );
  section(
    "Pods that restart",
    restarts.map(({ label, release, causes }) => `${label}${inside(release)}: ${causes.join(", ")}`),
  );
}

function lossLines(losses: readonly Loss[], style: ComparisonStyle, line: Line): void {
  const section = (status: Loss["status"], title: string, mark: (text: string) => string) => {
    const own = losses.filter((loss) => loss.status === status);
    if (own.length === 0) return;
    line(title, mark);
    for (const { name, reason, remedy, protected: blocked } of own) {
      line(`  ${name}`, mark);
      line(`    ${reason}`);
      line(`    ${remedy}`, style.dim);
      if (blocked) line("    it is protected: Pulumi stops here as well, until `pulumi state unprotect`", style.dim);
    }
    line("");
  };
  section("refused", "Data that would be lost: refused, unless allowDataLoss names it", style.bad);
  section("allowed", "Data that will be lost, as allowDataLoss allows", style.bad);
  section("note", "Data that stays", style.strong);
}
