import assert from "node:assert/strict";
import { example, places } from "../../stacks/settings/key.ts";
import { likely } from "../../stacks/settings/likely.ts";
import { placeName } from "../../stacks/settings/unknown.ts";
import { describeProblems, flow, nearest, shown } from "../../stacks/settings/problems.ts";
import { settingsSchema } from "../../stacks/settings/schema.ts";
import * as formats from "../../stacks/settings/formats.ts";

describe("the nearest word", () => {
  const known = ["replicas", "resources", "storage", "kind", "external"];
  const rows: [string, string | undefined][] = [
    ["replcas", "replicas"],
    ["Replicas", "replicas"],
    ["resource", "resources"],
    ["knd", "kind"],
    ["externalserver", undefined],
    ["storages", "storage"],
    ["foo", undefined],
    ["x", undefined],
    ["", undefined],
  ];
  for (const [word, expected] of rows)
    it(`to "${word}" is ${expected}`, () => assert.equal(nearest(word, known), expected));
  it("is none where nothing is known", () => assert.equal(nearest("a", []), undefined));
});

describe("what somebody meant", () => {
  const rows: [string, Parameters<typeof likely>[0], unknown, unknown][] = [
    ["an amount", formats.bytes(), "1GB", "1Gi"],
    ["an amount", formats.bytes(), "500m", "500Mi"],
    ["an amount", formats.bytes(), 20, "20Gi"],
    ["an amount", formats.bytes().default("512Mi"), 256, "256Mi"],
    ["an amount", formats.bytes().default("512Mi"), 2, "2Gi"],
    ["an amount", formats.bytes(), "lots", undefined],
    ["cores", formats.cpu(), 0.5, "0.5"],
    ["cores", formats.cpu(), "500 millicores", "500m"],
    ["cores", formats.cpu(), "2 vCPUs", "2"],
    ["a time", formats.duration(), "24 hours", "24h"],
    ["a time", formats.duration(), "15min", "15m"],
    ["a host", formats.host(), "https://Wiki.example.org:8443/x", "wiki.example.org"],
    ["a host", formats.domain(), "example.org.", "example.org"],
    ["a port", formats.port(), "5432/tcp", 5432],
    ["a port", formats.port(), 99999, 5432],
    ["a range", formats.cidr(), "10.1.2.3", "10.1.2.3/32"],
    ["a registry", formats.ociRegistry(), "https://registry.example.org/charts", "oci://registry.example.org/charts"],
    ["a name", formats.name(), "My App", "my-app"],
    ["a name", formats.name(), { a: 1 }, undefined],
    ["nothing", formats.name(), null, undefined],
  ];
  for (const [what, schema, got, expected] of rows)
    it(`by ${JSON.stringify(got)} as ${what} is ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(likely(schema, got), expected));
});

describe("every setting", () => {
  for (const profile of ["prod", "dev"] as const)
    it(`has an example that it accepts, in ${profile}`, () => {
      for (const { path, schema } of places(settingsSchema(profile))) {
        const one = example(schema);
        const result = schema.safeParse(one);
        assert.ok(result.success, `${placeName(path)}: ${JSON.stringify(one)}: ${result.error?.message}`);
      }
    });
});

describe("a value in a message", () => {
  const rows: [unknown, string][] = [
    [undefined, "nothing"],
    [null, "nothing (null)"],
    [[], "an empty list"],
    [["S3CRET"], "a list of 1"],
    [{}, "an empty object"],
    [{ a: "S3CRET", b: 1 }, "an object with a, b"],
    ["a\nb", '"a\\nb"'],
    ["x".repeat(100), `"${"x".repeat(56)}…`],
    ["-----BEGIN EC PRIVATE KEY-----\nS3CRET", "a private key (not shown)"],
    ["https://ci:S3CRET@registry.example.org", "a string with a login (not shown)"],
    ["ops@example.org", '"ops@example.org"'],
    [1.5, "1.5"],
  ];
  for (const [value, expected] of rows) it(expected, () => assert.equal(shown(value), expected));

  it("in a fix is YAML on one line", () => {
    assert.equal(
      flow({ a: "b c", d: [1, "2", true, "true"], e: {}, f: [], "g.h/i": "*.x", "": "" }),
      '{ a: b c, d: [1, "2", true, "true"], e: {}, f: [], g.h/i: "*.x", "": "" }',
    );
  });
});

describe("a list of problems", () => {
  it("is counted, and has columns", () => {
    const one = { key: "groundplan:a", severity: "error", message: "is missing", accepts: "b" } as const;
    assert.equal(
      describeProblems([one], "dev"),
      "1 problem in the settings of dev:\n\n  groundplan:a: is missing\n    accepts  b",
    );
    assert.match(
      describeProblems([one, { ...one, got: "1", fix: "c" }], "dev"),
      /^2 problems .*\n {4}got {6}1\n {4}accepts {2}b\n {4}fix {6}c$/s,
    );
  });
});
