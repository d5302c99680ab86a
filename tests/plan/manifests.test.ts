import assert from "node:assert/strict";
import { documentsIn, manifestText } from "../../plan/manifests.ts";

describe("the manifests of a chart", () => {
  it("are the documents of a stream, empty ones included", () => {
    assert.deepEqual(documentsIn("---\n# Source: a.yaml\na: 1\n---\n---\nb: |\n  ---\n  text\n...\n"), [
      { a: 1 },
      null,
      { b: "---\ntext\n" },
    ]);
  });

  const scalars: [string, unknown][] = [
    ["0755", 493],
    ["08", 8],
    ["0x1F", 31],
    ["0b11", 3],
    ["1_000", 1000],
    ["-7", -7],
    ["1e3", 1000],
    [".5", 0.5],
    ["-.inf", -Infinity],
    ["yes", true],
    ["y", true],
    ["On", true],
    ["TRUE", true],
    ["no", false],
    ["off", false],
    ["~", null],
    ["null", null],
    ["", null],
    ['"yes"', "yes"],
    ["'0755'", "0755"],
    ["yEs", "yEs"],
    ["!!str 12", "12"],
    ['!!int "5"', 5],
    ["!!binary aGVsbG8=", "hello"],
    // Go's YAML leaves these as text, although YAML 1.1 has them as numbers in base 60 and as a date.
    ["8080:80", "8080:80"],
    ["1:30.5", "1:30.5"],
    ["2020-01-01", "2020-01-01"],
    // Go's YAML leaves a number beyond the range of a double as text.
    ["81e4567890", "81e4567890"],
    ["-1.5E+999", "-1.5E+999"],
  ];
  for (const [text, value] of scalars)
    it(`has ${text === "" ? "nothing" : text} as Kubernetes reads it`, () => {
      assert.deepEqual(documentsIn(`a: ${text}\nb: [${text}]`), [{ a: value, b: text === "" ? [] : [value] }]);
    });

  it("may merge members by an alias, and repeat a key", () => {
    assert.deepEqual(documentsIn("a: &x {one: 1}\nb: {<<: *x, two: 2}\nc: *x\nc: 3"), [
      { a: { one: 1 }, b: { one: 1, two: 2 }, c: 3 },
    ]);
  });

  it("are refused in one line, which quotes no value", () => {
    assert.throws(() => documentsIn("password: [hunter2"), {
      message: "not YAML: unexpected end of the stream within a flow collection in line 2",
    });
    assert.throws(() => documentsIn("a: 1\nb: !secret hunter2"), { message: /^not YAML: unknown tag .* in line 2$/ });
  });
});

describe("a manifest's text", () => {
  const texts =
    `yes no y N On off true 0755 08 0o17 0x1F 0b11 1_000 0_1 1_ 1e3 81e4567890 .5 5. -.inf .NaN ~ null = << 2020-01-01 8080:80
    1:30.5 - -- --- ... ? @x \`x %x !x &x *x | > ' " [a] {a} +1 -1 é 😀 _1 NULL 1e-3`.split(/\s+/);
  const others = [
    "",
    " ",
    "a: b",
    "a #b",
    "- a",
    "a\nb",
    "a\n",
    "\n",
    "a\r\nb",
    "\t",
    " a",
    "a ",
    "  a\nb",
    "\u0085",
    "\u2028",
    "\0",
  ];
  for (const text of [...texts, ...others])
    it(`keeps the text ${JSON.stringify(text)}`, () => {
      const value = { a: text, [text]: [text, { b: text }] };
      assert.deepEqual(documentsIn(manifestText(value)), [value]);
    });

  it("keeps numbers, booleans, null and empty values, and sorts keys", () => {
    const value = { d: [], c: {}, b: [1, 0.5, 1e21, -7, true, false, null], a: { z: 1, y: [[1], []] } };
    const text = manifestText(value);
    assert.deepEqual(documentsIn(text), [value]);
    assert.deepEqual(text.match(/^\w/gm), ["a", "b", "c", "d"]);
  });
});
