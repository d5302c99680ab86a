import { stableJson } from "../../components/kit/stable.ts";
import { wrapWords } from "../wrap.ts";
import { areas } from "./diagnosis.ts";
import type { Diagnosis, Level } from "./diagnosis.ts";

/** How levels and headings are marked: with colours on a terminal, with nothing elsewhere. */
export interface Marks {
  readonly strong: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly level: (level: Level, text: string) => string;
}

const words: Readonly<Record<Level, string>> = { ok: "ok", warn: "warn", fail: "FAIL", unknown: "?" };

/**
 * The diagnoses as text, by area. Sentences are wrapped at the width; records and commands are not, so that they can be copied.
 */
export function textReport(title: string, diagnoses: readonly Diagnosis[], marks: Marks, width: number): string {
  const lines = areas.flatMap((area) => {
    const own = diagnoses.filter((diagnosis) => diagnosis.area === area);
    return own.length === 0 ? [] : ["", marks.strong(heading(area)), ...own.flatMap((one) => lined(one, marks, width))];
  });
  return [
    ...wrapWords(title, width, "").map(marks.strong),
    ...lines,
    "",
    ...wrapWords(tally(diagnoses), width, ""),
  ].join("\n");
}

/** The diagnoses as JSON: the same bytes for the same diagnoses. */
export function jsonReport(stack: string, context: string | undefined, diagnoses: readonly Diagnosis[]): string {
  return stableJson({ stack, context, counts: counts(diagnoses), findings: inOrder(diagnoses) }, 1);
}

/** Whether no check failed. */
export function passes(diagnoses: readonly Diagnosis[]): boolean {
  return diagnoses.every(({ level }) => level !== "fail");
}

function lined(
  { level, found, needed, fix, records = [], commands = [] }: Diagnosis,
  marks: Marks,
  width: number,
): string[] {
  const indent = "        ";
  const [first = "", ...rest] = wrapWords(found, width, indent);
  const more = (name: string, text: string | undefined) =>
    text === undefined ? [] : wrapWords(text, width, `${indent}       `, `${indent}${name.padEnd(7)}`).map(marks.dim);
  // A passed check needs no advice.
  const advice = level === "ok" ? [] : [...more("needs", needed), ...more("fix", fix)];
  return [
    `  ${marks.level(level, words[level].padEnd(4))}  ${first.trimStart()}`,
    ...rest,
    ...advice,
    ...(level === "ok" ? [] : records.map((record) => `${indent}  ${record}`)),
    ...(level === "ok" ? [] : commands.map((command) => `${indent}  $ ${command}`)),
  ];
}

function heading(area: string): string {
  return `${area[0]?.toUpperCase()}${area.slice(1)}`;
}

function tally(diagnoses: readonly Diagnosis[]): string {
  const { ok, warn, fail, unknown } = counts(diagnoses);
  const parts = [
    fail > 0 ? `${fail} to fix before up` : "ready for up",
    warn > 0 ? `${warn} ${warn === 1 ? "warning" : "warnings"}` : "",
    unknown > 0 ? `${unknown} unknown` : "",
    `${ok} ok`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function counts(diagnoses: readonly Diagnosis[]): Record<Level, number> {
  const count = (level: Level) => diagnoses.filter((diagnosis) => diagnosis.level === level).length;
  return { ok: count("ok"), warn: count("warn"), fail: count("fail"), unknown: count("unknown") };
}

function inOrder(diagnoses: readonly Diagnosis[]): readonly Diagnosis[] {
  return areas.flatMap((area) => diagnoses.filter((diagnosis) => diagnosis.area === area));
}
