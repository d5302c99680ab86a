import assert from "node:assert/strict";
import fc from "fast-check";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { emptyPlan, readPlan } from "../../../plan/compare/read.ts";
import { InputError } from "../../../plan/input-error.ts";
import { planned } from "./fixtures.ts";

describe("reading a saved plan", () => {
  const empty = emptyPlan("dev");
  const mistakes: [string, string, RegExp][] = [
    ["no JSON", "apiVersion: v1", /^the file is no saved plan: it is not JSON$/],
    ["nothing", "", /it is not JSON/],
    ["no object", "[1]", /it is not a JSON object/],
    ["null", "null", /it is not a JSON object/],
    [
      "other JSON",
      '{"kind": "List"}',
      /it has no "format"; give a plan\.json of this program, or what "pulumi stack export" prints/,
    ],
    ["another format", JSON.stringify({ ...empty, format: 2 }), /has format 2, and this program reads format 1/],
    [
      "a plan with holes",
      JSON.stringify({ format: 1, stack: "dev" }),
      /no saved plan:\n {2}origin: .*\n.*\n.*\n.*\n.*\n {2}and \d+ more$/,
    ],
    ["a wrong value", JSON.stringify({ ...empty, resources: [{}] }), /resources\.0\.urn: /],
    [
      "a state file",
      '{"version": 3, "checkpoint": {"latest": {}}}',
      /is a state file.*give what "pulumi stack export" prints/,
    ],
    ["an old export", '{"version": 2, "deployment": {}}', /stack export of version 2; this program reads version 3/],
    [
      "a broken export",
      '{"version": 3, "deployment": {"resources": [{"x": 1}]}}',
      /"deployment\.resources" is not a list of resources/,
    ],
  ];
  for (const [name, text, message] of mistakes)
    it(`${name}: says so`, () =>
      assert.throws(
        () => readPlan(text, "the file"),
        (error) => error instanceof InputError && message.test(error.message),
      ));

  it("never quotes a file that it cannot read, and fails with nothing but an InputError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          readPlan(text, "the file");
        } catch (error) {
          assert.ok(error instanceof InputError, String(error));
        }
      }),
    );
    assert.throws(
      () => readPlan('{"password": hunter2', "the file"),
      (error) => !String(error).includes("hunter2"),
    );
  });

  it("gives what is compared, whatever a newer program adds", async () => {
    const made = await planned("dev");
    const newer = readPlan(
      JSON.stringify({ ...made, findings: [], resources: made.resources.map((one) => ({ ...one, more: 1 })) }),
      "x",
    );
    assert.deepEqual(comparePlans(made, newer).changes, []);
  });

  it("an empty plan is one: compared with it, everything is created", async () => {
    const base = readPlan(JSON.stringify(emptyPlan("dev")), "x");
    const { changes } = comparePlans(base, await planned("dev"));
    assert.deepEqual([...new Set(changes.map(({ action }) => action))], ["create"]);
  });
});
