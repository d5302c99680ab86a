import assert from "node:assert/strict";
import fc from "fast-check";
import { aligned } from "../../../plan/compare/align.ts";
import { fieldChanges, lastKey } from "../../../plan/compare/fields.ts";

describe("fields that differ", () => {
  const cases: [string, unknown, unknown, unknown[]][] = [
    ["a value", { a: 1 }, { a: 2 }, [{ path: "a", old: "1", new: "2" }]],
    ["a new field", {}, { a: { b: "x" } }, [{ path: "a", new: '{"b":"x"}' }]],
    ["a field that is gone", { a: "x" }, {}, [{ path: "a", old: "x" }]],
    ["a key that is no word", { a: { "b/c": 1 } }, { a: { "b/c": 2 } }, [{ path: 'a["b/c"]', old: "1", new: "2" }]],
    [
      "an element by its name, wherever it stands",
      {
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "2" },
        ],
      },
      {
        env: [
          { name: "0", value: "0" },
          { name: "A", value: "1" },
          { name: "B", value: "3" },
        ],
      },
      [
        { path: "env[B].value", old: "2", new: "3" },
        { path: "env[0]", new: '{"name":"0","value":"0"}' },
      ],
    ],
    [
      "another order of named elements, since variables may use each other",
      { env: [{ name: "A" }, { name: "B" }] },
      { env: [{ name: "B" }, { name: "A" }] },
      [{ path: "env", old: "order A, B", new: "order B, A" }],
    ],
    [
      "one more among unnamed elements shifts nothing",
      { rules: [{ to: "a" }, { to: "b" }] },
      { rules: [{ to: "c" }, { to: "a" }, { to: "b" }] },
      [{ path: "rules[0]", new: '{"to":"c"}' }],
    ],
    [
      "an unnamed element that changes",
      { r: [{ to: "a" }, { to: "b" }] },
      { r: [{ to: "a" }, { to: "c" }] },
      [{ path: "r[1].to", old: "b", new: "c" }],
    ],
    [
      "lists of plain values as a whole",
      { a: ["x"] },
      { a: ["x", "y"] },
      [{ path: "a", old: '["x"]', new: '["x","y"]' }],
    ],
    [
      "the first line that differs",
      { a: "x\ny\nz" },
      { a: "x\nw\nz" },
      [{ path: "a", old: "line 2: y", new: "line 2: w" }],
    ],
    ["a line more at the end", { a: "x\n" }, { a: "x\n\n" }, [{ path: "a", old: "line 3: (end)", new: "line 3: " }]],
    ["null is a value", { a: null }, { a: 1 }, [{ path: "a", old: "null", new: "1" }]],
    [
      "a secret by its hash",
      { a: "(secret 00000000)" },
      { a: "(secret 11111111)" },
      [{ path: "a", old: "(secret 00000000)", new: "(secret 11111111)" }],
    ],
  ];
  for (const [name, old, fresh, expected] of cases)
    it(name, () => assert.deepEqual(fieldChanges(old, fresh).toSorted(byPath), expected.toSorted(byPath as never)));

  it("are cut to where they differ", () => {
    const [change] = fieldChanges(
      { a: `${"x".repeat(300)}1${"y".repeat(300)}` },
      { a: `${"x".repeat(300)}2${"y".repeat(300)}` },
    );
    assert.ok(change?.old !== undefined && change.new !== undefined);
    assert.match(change.old, /^…x{20}1y+…$/);
    assert.match(change.new, /^…x{20}2y+…$/);
    assert.ok(change.old.length < 110);
  });

  it("are none for equal values, and some for any others", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (a, b) => {
        const [one, other] = [plainJson(a), plainJson(b)];
        assert.deepEqual(fieldChanges(one, plainJson(a)), []);
        const equal = isEqual(one, other);
        assert.equal(fieldChanges(one, other).length === 0, equal);
      }),
      { numRuns: 500 },
    );
  });

  it("do not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const plain = plainJson(value) as Record<string, unknown>;
        assert.deepEqual(fieldChanges(plain, Object.fromEntries(Object.entries(plain).reverse())), []);
      }),
    );
  });

  const keys: [string, string][] = [
    ["spec.containers[psql].image", "image"],
    ["image", "image"],
    ['metadata.annotations["groundplan/checksum"]', "groundplan/checksum"],
    ["spec.args[0]", "args"],
  ];
  for (const [path, key] of keys) it(`the last key of ${path} is ${key}`, () => assert.equal(lastKey(path), key));
});

describe("values of different origin", () => {
  const cases: [string, unknown, unknown][] = [
    ["secrets of either", { a: "(secret in state 12345678)" }, { a: "(secret 12345678)" }],
    [
      "a whole that the state hides",
      { a: "(secret in state 12345678)" },
      { a: { user: "(secret 12345678)", password: "(secret 00000000)" } },
    ],
    ["a secret that the state has in clear", { a: "x" }, { a: "(secret 12345678)" }],
    ["checksums", { annotations: { "groundplan/checksum": "a" } }, { annotations: { "groundplan/checksum": "b" } }],
    [
      "secrets in lists of named elements",
      { env: [{ name: "A", value: "(secret)" }] },
      { env: [{ name: "A", value: "x" }] },
    ],
  ];
  for (const [name, old, fresh] of cases)
    it(`${name} do not count as a change`, () => assert.deepEqual(fieldChanges(old, aligned(old, fresh)), []));

  it("everything else counts, a new secret too", () => {
    const old = { a: 1, s: { x: "(secret)" } };
    assert.deepEqual(fieldChanges(old, aligned(old, { a: 2, s: { x: "(secret 12345678)", y: "(secret 12345678)" } })), [
      { path: "a", old: "1", new: "2" },
    ]);
    assert.deepEqual(fieldChanges({ t: 1 }, aligned({ t: 1 }, { t: 1, s: "(secret 12345678)" })), [
      { path: "s", new: "(secret 12345678)" },
    ]);
  });
});

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : 1;
}

function plainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
