// What a person reads of settings that are wrong: the tables in wrong/ hold the files and, word for word, what is said of them.
import assert from "node:assert/strict";
import { InputError } from "../../plan/input-error.ts";
import { placeName } from "../../stacks/settings/unknown.ts";
import { places } from "../../stacks/settings/key.ts";
import { readInput } from "../../stacks/settings/input.ts";
import { ruleFindings } from "../../stacks/settings/rules.ts";
import { settingsSchema } from "../../stacks/settings/schema.ts";
import { usable } from "../../stacks/settings/usable.ts";
import type { Problem } from "../../stacks/settings/problems.ts";
import { after, commandsOf } from "./commands.ts";
import { abridged, asText, configOf, file, problemsOf, tables, wrongFiles } from "./wrong-files.ts";

describe("wrong settings", () => {
  for (const table of tables) {
    describe(table, () => {
      for (const { name, yaml, expected } of wrongFiles(table)) {
        it(name, () => {
          assert.equal(abridged(asText(problemsOf(configOf(yaml))), expected), expected);
        });
      }
    });
  }

  describe("files that cannot be read", () => {
    for (const { name, yaml, expected } of wrongFiles("files")) {
      it(name, () => {
        const message = expected.replaceAll("FILE", file);
        assert.throws(
          () => configOf(yaml),
          (error) => error instanceof InputError && assert.equal(error.message, message) === undefined,
        );
      });
    }
  });

  const rows = tables.flatMap(wrongFiles);
  const all = rows.flatMap(({ name, yaml }) => {
    const config = configOf(yaml);
    return problemsOf(config).map((problem) => ({ name, config, problem }));
  });

  it("are many in the tables, and many in one file", () => {
    assert.ok(rows.length >= 80, `${rows.length} rows`);
    assert.ok(problemsOf(configOf(wrongFiles("together").at(-1)?.yaml ?? "")).length >= 10);
  });

  it("are each said to be what, with the value found, what is accepted and a fix", () => {
    for (const { name, problem } of all) {
      assert.ok(problem.message.length > 0 && !problem.message.endsWith("."), name);
      assert.ok(problem.accepts !== undefined && problem.fix !== undefined, `${name}: ${problem.key}`);
      // There is nothing to show of what is not there, and nothing is shown that may be secret.
      const silent =
        /missing|is required|^is empty|unknown setting|plaintext|no secret with|uses this secret|private key|has the prefix|not read|colon/;
      assert.equal(
        problem.got === undefined,
        silent.test(problem.message),
        `${name}: ${problem.key}: ${problem.message}`,
      );
    }
  });

  it("are said once a key", () => {
    const keys = all.map(({ name, problem }) => `${name}: ${problem.key}`);
    assert.deepEqual([...new Set(keys)], keys);
  });

  it("are not reported for a component that is off", () => {
    const profile = "dev";
    const schema = settingsSchema(profile);
    const needed = { domain: "example.org", cluster: { context: "none" } };
    for (const section of ["confluence", "logging", "matrix", "midpoint"]) {
      const found = (enabled: boolean) =>
        wrongFiles(section).flatMap(({ yaml }) => {
          const { values, secretKeys } = configOf(yaml, [`${section}.enabled=${enabled}`]);
          const input = readInput({ values, secretKeys: new Set(secretKeys) }, schema.shape);
          const kept = usable(schema, input.value, needed);
          assert.ok(kept !== undefined);
          return ruleFindings(kept.value).filter(({ path }) => path[0] === section);
        });
      assert.deepEqual(found(false), [], section);
      assert.ok(found(true).length >= 5, section);
    }
  });

  it("never show a secret", () => {
    const secrets = /s3cret|5300371/i;
    const rowsWith = [...rows, ...wrongFiles("files")].filter(({ yaml }) => secrets.test(yaml));
    assert.ok(rowsWith.length >= 12, `${rowsWith.length} files with a secret`);
    for (const { name, yaml } of rowsWith) {
      let text: string;
      try {
        text = JSON.stringify(problemsOf(configOf(yaml)));
      } catch (error) {
        text = (error as Error).message;
      }
      assert.doesNotMatch(text, secrets, name);
    }
  });

  it("go away with the commands that they print", () => {
    const same = (one: Problem) => (other: Problem) => one.key === other.key && one.message === other.message;
    let tried = 0;
    for (const { name, config, problem } of all) {
      const commands = commandsOf(problem.fix ?? "");
      if (commands.length === 0) continue;
      tried++;
      const left = problemsOf(commands.reduce(after, config));
      assert.ok(!left.some(same(problem)), `${name}: ${problem.key}: ${problem.fix}`);
      // A command for a part of a default replaces the whole default: it must not leave the other parts out.
      if (problem.got?.endsWith("(default)") === true)
        assert.ok(!left.some(({ message }) => message === "is missing"), `${name}: ${problem.fix}`);
    }
    assert.ok(tried > 100, `${tried} commands`);
  });

  it("suggest only keys that exist", () => {
    const known = new Set(places(settingsSchema("dev")).map(({ path }) => placeName(path)));
    const suggested = all.flatMap(({ problem }) => [
      ...(problem.fix ?? "").matchAll(/mean (groundplan:[^ ?]*)| or (groundplan:[^ ?]*)/g),
    ]);
    assert.ok(suggested.length > 20, `${suggested.length} suggestions`);
    for (const [, first, second] of suggested) {
      const key = (first ?? second ?? "")
        .replaceAll(/\[\d+\]/g, "[]")
        .replace(/^(groundplan:(?:rotation|namespaces)\.)[\w-]+/, "$1NAME");
      assert.ok(known.has(key), key);
    }
  });
});
