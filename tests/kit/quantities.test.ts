import assert from "node:assert/strict";
import fc from "fast-check";
import { formatBytes, formatCpu, parseBytes, parseCpu, parseDuration } from "../../components/kit/quantities.ts";

describe("quantities", () => {
  const table: [(text: string) => number, string, number][] = [
    [parseBytes, "1Ki", 1024],
    [parseBytes, "1.5Gi", 1.5 * 2 ** 30],
    [parseBytes, "500M", 5e8],
    [parseBytes, "7", 7],
    [parseCpu, "250m", 250],
    [parseCpu, "0.5", 500],
    [parseCpu, "2", 2000],
    [parseDuration, "90s", 90],
    [parseDuration, "15m", 900],
    [parseDuration, "2d", 172800],
  ];
  for (const [parse, text, value] of table)
    it(`${parse.name} reads ${text} as ${value}`, () => assert.equal(parse(text), value));

  const wrong: [(text: string) => number, string[]][] = [
    [parseBytes, ["", "Gi", "1GB", "-1Gi", "1 Gi", "1e3"]],
    [parseCpu, ["", "m", "1,5", "2 cores", "-1"]],
    [parseDuration, ["", "90", "0s", "1.5h", "1w"]],
  ];
  for (const [parse, texts] of wrong) {
    for (const text of texts)
      it(`${parse.name} refuses "${text}" and says how to write it`, () =>
        assert.throws(() => parse(text), /is no .*; write it as/));
  }

  it("come back from their text", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64_000 }), (milli) => assert.equal(parseCpu(formatCpu(milli)), milli)),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(10, 20, 30, 40), (amount, power) => {
        const bytes = amount * 2 ** power;
        // Two decimals of the unit are kept.
        assert.ok(Math.abs(parseBytes(formatBytes(bytes)) - bytes) <= bytes * 0.01);
      }),
    );
    assert.equal(formatBytes(848 * 2 ** 20), "848Mi");
    assert.equal(formatBytes(0), "0");
  });
});
