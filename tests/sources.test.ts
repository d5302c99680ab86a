// docs/sources.md against the titles of tests.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./stacks.ts";

/** How many rows each letter has. */
const rows = { M: 25, K: 11, C: 18, N: 17, W: 32, D: 18, X: 30 };

/** A row's name: D and X count without a leading zero. */
const nameOf = (letter: string, number: number) =>
  `${letter}${"DX".includes(letter) ? number : String(number).padStart(2, "0")}`;

const row = "[MKCNWDX]\\d{1,2}";
/** The start of a title, in a string of a test or in a heading of a table of wrong settings. */
const title = new RegExp(`(?:["'\`]|^### )((?:(?:${row}|rule \\d+)(?:, |: ))+)`, "gm");

const folder = join(root, "tests");
const shown = new Map(
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|txt)$/.test(file))
    .map((file) => {
      const titles = [...readFileSync(join(folder, file), "utf8").matchAll(title)].map(([, start = ""]) => start);
      return [file, new Set(titles.flatMap((start) => start.match(new RegExp(row, "g")) ?? []))] as const;
    }),
);

const table = readFileSync(join(root, "docs", "sources.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, name, , shownBy = ""] = new RegExp(`^\\| (${row}) +\\| (.+?) +\\| (.+?) +\\|$`).exec(line) ?? [];
    return name === undefined
      ? []
      : [{ name, shownBy, files: [...shownBy.matchAll(/`([\w./-]+\.(?:ts|txt))`/g)].map(([, file = ""]) => file) }];
  });

describe("docs/sources.md", () => {
  it("has every row once, in order", () => {
    const names = Object.entries(rows).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => nameOf(letter, index + 1)),
    );
    assert.deepEqual(
      table.map(({ name }) => name),
      names,
    );
  });

  it("names every test file with a row in a title, and no other", () => {
    const inTitles = [...shown].flatMap(([file, names]) => [...names].map((name) => `${name} ${file}`));
    const inTable = table.flatMap(({ name, files }) => files.map((file) => `${name} ${file}`));
    assert.deepEqual(inTable.sort(), inTitles.sort());
  });

  it("says what is missing where no test shows a row", () => {
    for (const { name, shownBy, files } of table)
      if (files.length === 0) assert.match(shownBy, /^(Not yet|In part)\b.*\.$/, name);
  });
});
