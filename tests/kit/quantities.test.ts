import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatBytes,
  formatCpu,
  parseBytes,
  parseCpu,
  parseDuration,
  parseQuantity,
} from "../../components/kit/quantities.ts";

describe("quantities", () => {
  const table: [(text: string) => number, string, number][] = [
    [parseBytes, "1Ki", 1024],
    [parseBytes, "1.5Gi", 1.5 * 2 ** 30],
    [parseBytes, "500M", 5e8],
    [parseBytes, "7", 7],
    [parseBytes, "1e3", 1000],
    [parseBytes, "1500m", 2],
    [parseBytes, "1.1Gi", 1181116007],
    [parseCpu, "250m", 250],
    [parseCpu, "0.5", 500],
    [parseCpu, "2", 2000],
    [parseCpu, "4.35", 4350],
    [parseCpu, "100u", 1],
    [parseCpu, "1234567890n", 1235],
    [parseDuration, "90s", 90],
    [parseDuration, "15m", 900],
    [parseDuration, "2d", 172800],
  ];
  for (const [parse, text, value] of table)
    it(`${parse.name} reads ${text} as ${value}`, () => assert.equal(parse(text), value));

  const wrong: [(text: string) => number, string[]][] = [
    [parseBytes, ["", "Gi", "1GB", "-1Gi", "1 Gi", "1e", "1Kie3"]],
    [parseCpu, ["", "m", "1,5", "2 cores", "-1"]],
    [parseDuration, ["", "90", "0s", "1.5h", "1w"]],
  ];
  for (const [parse, texts] of wrong) {
    for (const text of texts)
      it(`${parse.name} refuses "${text}" and says how to write it`, () =>
        assert.throws(() => parse(text), /is no .*; write it as/));
  }

  it("are read in every form of the API's own parser, and in no other", () => {
    // What resource.ParseQuantity of k8s.io/apimachinery v0.34.1 makes of them.
    const forms: [string, number | undefined][] = [
      ["4", 4],
      ["+4", 4],
      ["-4", -4],
      ["4.", 4],
      [".5", 0.5],
      ["3920m", 3.92],
      ["16393244Ki", 16393244 * 1024],
      ["129e6", 129e6],
      ["129E-6", 129e-6],
      ["1e+3", 1000],
      ["1E", 1e18],
      ["2Ei", 2 ** 61],
      ["3Pi", 3 * 2 ** 50],
      ["007", 7],
      ["1K", undefined],
      ["1ki", undefined],
      ["1mi", undefined],
      ["1e", undefined],
      ["1e1.5", undefined],
      ["1e3Ki", undefined],
      ["1 ", undefined],
      ["0x10", undefined],
      ["1,5", undefined],
      ["much", undefined],
      ["", undefined],
    ];
    for (const [text, number] of forms) assert.equal(parseQuantity(text), number, text);
  });

  it("are rounded up from their exact amount", () => {
    const decimals = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12 };
    const binaries = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n };
    const suffixes = fc.oneof(
      fc.constantFrom(...Object.entries(decimals)).map(([suffix, ten]) => ({ suffix, ten, two: 0n })),
      fc.constantFrom(...Object.entries(binaries)).map(([suffix, two]) => ({ suffix, ten: 0, two })),
      fc.integer({ min: -6, max: 6 }).map((ten) => ({ suffix: `e${ten}`, ten, two: 0n })),
    );
    fc.assert(
      fc.property(fc.nat(9999), fc.integer({ min: 0, max: 3 }), suffixes, (digits, places, { suffix, ten, two }) => {
        const text = `${digits}`.padStart(places + 1, "0").replace(new RegExp(`(?=.{${places}}$)`), ".");
        const [times, parts] = [(10n ** BigInt(Math.max(0, ten))) << two, 10n ** BigInt(places + Math.max(0, -ten))];
        const up = (scale: bigint) => Number((BigInt(digits) * times * scale + parts - 1n) / parts);
        assert.equal(parseBytes(`${text}${suffix}`), up(1n), `${text}${suffix}`);
        // Above 2^53 thousandths a double is not exact.
        if (up(1000n) <= Number.MAX_SAFE_INTEGER)
          assert.equal(parseCpu(`${text}${suffix}`), up(1000n), `${text}${suffix}`);
      }),
      { numRuns: 2000 },
    );
  });

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
