import { createRequire } from "node:module";
import type * as Croner from "croner";

const number = "[0-9]+";
const name = "[A-Za-z]{3}";
/** Minute, hour, day of month, month, day of week, where Sunday is 0 and never 7. */
const values = [number, number, number, `(?:${number}|${name})`, `(?:0*[0-6]|${name})`];
const fields = values.map((value) => {
  const range = `(?:[*?]|${value}(?:-${value})?)(?:/${number})?`;
  return `${range}(?:,${range})*`;
});

const macros: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The syntax of a schedule; `isSchedule` also checks the range of each field. */
export const scheduleForm = new RegExp(`^(?:${Object.keys(macros).join("|")}|${fields.join("[ \\t]+")})$`);

/**
 * Whether a CronJob accepts a schedule (Kubernetes, "CronJob", "Schedule syntax"; its parser is ParseStandard of robfig/cron v3):
 * five fields or a macro. Time zones (`TZ=`) and `@every`, which that page does not list, are rejected, and also likely
 * mistakes that the parser accepts: a step longer than its field, an empty element of a list, `+1`, `*-5`.
 */
export function isSchedule(schedule: string): boolean {
  return patternOf(schedule) !== undefined;
}

/**
 * A schedule with each field as `*` or a list of numbers, for readers that do not support macros and other syntax.
 * @throws RangeError if the text is not a schedule
 */
export function plainSchedule(schedule: string): string {
  const pattern = patternOf(schedule);
  if (pattern === undefined) throw new RangeError(`"${schedule}" is not a schedule; write it as "30 1 * * *"`);
  const { minute, hour, day, month, dayOfWeek } = pattern;
  const first = [0, 0, 1, 1, 0];
  return [minute, hour, day, month, dayOfWeek]
    .map((units, field) => {
      const chosen = units.flatMap((is, index) => (is ? [index + (first[field] ?? 0)] : []));
      return chosen.length === units.length ? "*" : chosen.join(",");
    })
    .join(" ");
}

function patternOf(schedule: string): Croner.CronPattern | undefined {
  if (!scheduleForm.test(schedule)) return undefined;
  // Loaded only if a schedule is set: loading takes 10 ms.
  const { CronPattern } = createRequire(import.meta.url)("croner") as typeof Croner;
  try {
    // The sloppy mode accepts `5/15`: from 5 in steps of 15.
    return new CronPattern(macros[schedule] ?? schedule, undefined, { mode: "5-part", sloppyRanges: true });
  } catch {
    return undefined;
  }
}
