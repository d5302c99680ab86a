import assert from "node:assert/strict";
import fc from "fast-check";
import { isSchedule, plainSchedule } from "../../components/kit/schedule.ts";

// What cron.ParseStandard of github.com/robfig/cron/v3 v3.0.1, the parser of CronJobs, makes of them.
const taken: readonly (readonly [string, string])[] = [
  ["30 1 * * *", "30 1 * * *"],
  ["0 0 ? * ?", "0 0 * * *"],
  ["00 05 * * *", "0 5 * * *"],
  ["*/15 9-17/4 1,15 * *", "0,15,30,45 9,13,17 1,15 * *"],
  ["5/15 0 * * *", "5,20,35,50 0 * * *"],
  ["*/60 */24 */31 */12 */7", "0 0 1 1 0"],
  ["0 0 * JAN,mar-May SUN", "0 0 * 1,3,4,5 0"],
  ["0 0 * * mon-fri/2", "0 0 * * 1,3,5"],
  ["0 0 * * 5/1", "0 0 * * 5,6"],
  ["0 0 * * 1,*", "0 0 * * *"],
  ["0  0\t1   * *", "0 0 1 * *"],
  // Taken, although the day never comes.
  ["0 0 30 2 *", "0 0 30 2 *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
];

const refused: readonly string[] = [
  "",
  "99 99 * * *",
  "60 0 * * *",
  "0 24 * * *",
  "0 0 0 * *",
  "0 0 32 * *",
  "0 0 * 0 *",
  "0 0 * 13 *",
  "0 0 * * 7",
  "0 0 * * 5-7",
  "5-1 0 * * *",
  "0 0 * * fri-mon",
  "*/0 0 * * *",
  "0 0 * * monday",
  "0 0 * MON *",
  "JAN 0 * * *",
  "0 0 L * *",
  "0 0 LW * *",
  "0 0 1W * *",
  "0 0 * * 1L",
  "0 0 * * 5#2",
  "0 0 * * +1-",
  "0 0 1-5-7 * *",
  "*/2/3 0 * * *",
  "/5 0 * * *",
  "1.5 0 * * *",
  "0 0 0 * * *",
  "0 0 * *",
  "@reboot",
  "@Daily",
  "@every five",
];

/** What that parser takes and a setting does not: a slip, or what Kubernetes' documentation does not have. */
const stricter: readonly string[] = [
  "TZ=UTC 0 0 * * *",
  "CRON_TZ=Europe/Vienna 0 0 * * *",
  "@every 1h",
  "0 */25 * * *",
  "0 0 * * */8",
  "1,,2 0 * * *",
  ", 0 * * *",
  "+1 0 * * *",
  "*-5 0 * * *",
  " 0 0 * * *",
];

describe("schedules", () => {
  for (const [schedule, plain] of taken)
    it(`take ${schedule} as ${plain}`, () =>
      assert.deepEqual([isSchedule(schedule), plainSchedule(schedule)], [true, plain]));
  for (const schedule of [...refused, ...stricter])
    it(`refuse ${JSON.stringify(schedule)}`, () => {
      assert.equal(isSchedule(schedule), false);
      assert.throws(() => plainSchedule(schedule), RangeError);
    });

  it("name the units that their ranges, steps and lists have", () => {
    const bounds = [
      [0, 59],
      [0, 23],
      [1, 31],
      [1, 12],
      [0, 6],
    ] as const;
    const field = ([low, high]: readonly [number, number]) =>
      fc
        .array(
          fc.tuple(
            fc.integer({ min: low, max: high }),
            fc.integer({ min: low, max: high }),
            fc.integer({ min: 1, max: high }),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        )
        .map((ranges) => {
          const units = new Set<number>();
          const texts = ranges.map(([a, b, step]) => {
            const [from, to] = [Math.min(a, b), Math.max(a, b)];
            for (let unit = from; unit <= to; unit += step) units.add(unit);
            return `${from}-${to}/${step}`;
          });
          const sorted = [...units].sort((a, b) => a - b).join(",");
          return [texts.join(","), units.size === high - low + 1 ? "*" : sorted] as const;
        });
    fc.assert(
      fc.property(fc.tuple(...bounds.map(field)), (fields) => {
        const [given, expected] = [0, 1].map((index) => fields.map((texts) => texts[index]).join(" "));
        assert.equal(plainSchedule(given ?? ""), expected);
        assert.equal(plainSchedule(expected ?? ""), expected);
      }),
    );
  });
});
