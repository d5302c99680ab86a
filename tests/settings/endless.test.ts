// Files that are no settings at all: without an end, too deep or too long. Each gives one message.
import assert from "node:assert/strict";
import { InputError } from "../../plan/input-error.ts";
import { SettingsError } from "../../stacks/settings/load.ts";
import { complete, configOf, load, problemsOf } from "./wrong-files.ts";

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const many = (line: (index: number) => string) => Array.from({ length: 20_000 }, (_, index) => line(index)).join("\n");

describe("input without an end", () => {
  for (const [what, yaml] of [
    ["an object that contains itself", complete("groundplan:gateway: &a { enabled: true, hosts: [*a] }")],
    ["a list that contains itself", complete("groundplan:gateway: { hosts: &a [[*a]] }")],
    ["a whole file that contains itself", "&a\nconfig: *a\n"],
  ] as const)
    it(`is refused: ${what}`, () =>
      assert.throws(() => configOf(yaml), { constructor: InputError, message: /an alias \(\*\) of itself/ }));

  it("is accepted where an anchor is used twice beside itself", () =>
    assert.deepEqual(
      problemsOf(configOf(complete("groundplan:namespaces: { a: &a { podSecurity: baseline }, b: *a }"))),
      [],
    ));

  for (const levels of [101, 2_000, 20_000])
    it(`is refused with ${levels} levels, in a file and in --set`, () => {
      const expected = { constructor: InputError, message: /nested too deeply: at most 100 levels/ };
      assert.throws(() => configOf(complete(`groundplan:gateway: ${deep(levels)}`)), expected);
      assert.throws(() => configOf(complete(""), [`gateway=${deep(levels)}`]), expected);
    });

  it("as the engine passes it, is a problem of its setting", () => {
    const { values, secretKeys } = configOf(complete(""));
    const problems = problemsOf({ values: { ...values, "groundplan:gateway": deep(2_000) }, secretKeys });
    assert.deepEqual(
      problems.map(({ key, message }) => [key, message]),
      [["groundplan:gateway", "is a list, but must be an object"]],
    );
  });
});

describe("a file with 20,000 wrong keys", () => {
  for (const [what, yaml] of [
    ["at the top", complete(many((index) => `groundplan:wrong${index}: 1`))],
    ["in one object", complete(`groundplan:gateway:\n${many((index) => `  wrong${index}: 1`)}`)],
    ["of other programs", complete(many((index) => `other:wrong${index}: 1`))],
    ["in a record", complete(`groundplan:rotation:\n${many((index) => `  wrong${index}: 1`)}`)],
  ] as const)
    it(`shows the first fifty and how many more: ${what}`, () =>
      assert.throws(
        () => load(configOf(yaml)),
        (error) => {
          assert.ok(error instanceof SettingsError);
          assert.match(error.message, /^20000 problems in the settings of dev:\n/);
          assert.match(error.message, /wrong49\b[^]*\n\n {2}and 19950 more$/);
          assert.doesNotMatch(error.message, /wrong50\b/);
          return true;
        },
      ));
});
