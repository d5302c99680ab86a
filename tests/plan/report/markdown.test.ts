import assert from "node:assert/strict";
import type { Plan } from "../../../plan/plan.ts";
import { sentinel } from "../../../plan/recorder.ts";
import { commentMarker } from "../../../plan/report/markdown.ts";
import { planStack } from "../../plans.ts";
import { examples, stacks, variants } from "../../stacks.ts";
import { extrasWith, hostile, planMarkdown, planOfSize, planWith, prices, prodPlan } from "./plans.ts";

const allowedTags = ["h2", "p", "code", "b", "ul", "li", "details", "summary", "table", "tr", "th", "td", "br"];

/** The comment without its flowchart, which is fenced. */
const withoutChart = (text: string) => text.replace(/```mermaid\n[^]*?\n```/, "");

describe("the comment", () => {
  let prod: Plan;
  before(async () => (prod = await prodPlan(prices)));

  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`for ${stack.name} holds no generated value`, async () => {
      assert.ok(!planMarkdown(await planStack(stack)).includes(sentinel));
    });
  }

  it("starts with a marker that finds the comment of its stack, whatever the stack is called", () => {
    assert.equal(planMarkdown(prod).split("\n")[0], "<!-- groundplan-plan prod -->");
    const names = ["prod", "Prod", "a-b", "a--b", "a-->b", "-", "a-", ...hostile, "\ud800"];
    const markers = names.map(commentMarker);
    assert.equal(new Set(markers).size, names.length);
    for (const marker of markers) assert.match(marker, /^<!-- groundplan-plan [\w.%]+(-[\w.%]+)* -->$/);
  });

  it("says first what matters most, then folds the rest", () => {
    const text = planMarkdown(prod, extrasWith(prod, "some-name"));
    const order = [
      "<h2>Plan of <code>prod</code></h2>",
      "⛔ Would lose data: 1 case",
      "✅",
      "Objects <b>",
      "<details open>",
      "Settings that differ",
      "Generated secrets (",
      "```mermaid",
    ];
    const places = order.filter((part) => part !== "✅").map((part) => text.indexOf(part));
    assert.ok(
      places.every((place) => place > 0),
      String(places),
    );
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
  });

  it("leaves out what was not given", () => {
    const text = planMarkdown(prod);
    for (const title of ["Data that", "Settings that differ", "Objects that differ", "Findings of", "Cost a month"])
      assert.ok(!text.includes(title), title);
  });

  it("names each image that changes once", () => {
    const fields = [{ path: "spec.containers[a].image", old: "r/a:1", new: "r/a:2" }];
    const { comparison } = extrasWith(prod, "x");
    assert.ok(comparison);
    const change = { action: "update", label: "Job a/b", kind: "Job", component: "a", fields, reasons: [] } as const;
    const text = planMarkdown(prod, { comparison: { ...comparison, changes: [change, change] } });
    assert.match(
      text,
      /Images that change \(1\)<\/summary>\n<table>\n.*\n<tr><td><code>r\/a:1<\/code><\/td><td><code>r\/a:2<\/code><\/td><\/tr>\n<\/table>/,
    );
  });

  it("takes no name for markup, a mention or a link", () => {
    for (const name of hostile) {
      const text = withoutChart(planMarkdown(planWith(prod, name), extrasWith(prod, name)));
      for (const [tag = "", close, attributes] of text.replace(/^<!--.*-->\n/, "").matchAll(/<(\/?)([^>]*)>/g)) {
        const [element = "", ...rest] = (attributes ?? "").split(" ");
        assert.ok(allowedTags.includes(element), `${tag} of ${name}`);
        assert.ok(
          close === "" ? rest.every((part) => ['align="left"', "open"].includes(part)) : rest.length === 0,
          tag,
        );
      }
      // GitHub leaves alone what stands in code.
      const open = text
        .replace(/^<!--.*-->\n/, "")
        .replace(/<code>[^<]*<\/code>/g, "")
        .replace(/&#(\d+);/g, (_, number: string) => String.fromCharCode(Number(number)));
      assert.doesNotMatch(open, /[@`|#[\]]|\/\/|www\.|GH-\d|deadbeef/, name);
    }
  });

  it("holds blocks of HTML only: each starts with a tag, and a name brings along no empty line", () => {
    for (const name of hostile) {
      const blocks = withoutChart(planMarkdown(planWith(prod, name), extrasWith(prod, name)))
        .trim()
        .split(/\n{2,}/);
      for (const block of blocks) assert.match(block, /^(<!--|<\/?(h2|p|ul|details|table)\b)/, block);
      for (const block of blocks) assert.doesNotMatch(block, /\r|\n\s*\n/);
    }
  });

  it("stays below GitHub's limit, and says what it leaves out", () => {
    const { comparison } = extrasWith(prod, "x");
    assert.ok(comparison);
    const changes = Array.from({ length: 2000 }, (_, index) => ({
      action: index === 1999 ? ("delete" as const) : ("update" as const),
      label: `Secret tenant-${index}/database`,
      kind: "Secret",
      component: "postgres",
      fields: [{ path: "stringData.password", old: "(secret 9b7e7b04)", new: "(secret f1dbf1a3)" }],
      reasons: [],
    }));
    const text = planMarkdown(planOfSize(prod, 2000), { comparison: { ...comparison, changes } });
    assert.ok(Buffer.byteLength(text) <= 65_000 && text.length > 60_000, String(text.length));
    assert.match(
      text,
      /Left out, since a comment has to be short: \d+ of 2000 rows of “Objects that differ from <code>x<\/code>”; .*The plan's page has everything\./,
    );
    // What can lose data is never what is cut.
    assert.match(text, /<td><code>Secret tenant-1999\/database<\/code><\/td><td><b>delete<\/b>/);
    for (const tag of ["details", "table", "tr", "td", "code"])
      assert.equal(
        text.split(`<${tag}>`).length + text.split(`<${tag} open>`).length,
        text.split(`</${tag}>`).length + 1,
        tag,
      );
  });

  it("fits a limit of any size from the head on", () => {
    const extras = extrasWith(prod, "some name");
    for (const most of [4000, 8000, 12_000, 20_000]) {
      const text = planMarkdown(prod, extras, most);
      assert.ok(Buffer.byteLength(text) <= most, `${Buffer.byteLength(text)} of ${most}`);
    }
  });
});
