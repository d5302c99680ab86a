import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { checks } from "../../../plan/checks/checks.ts";
import { explain, pagePath, snippet } from "../../../plan/checks/explain.ts";
import { checksPage } from "../../../plan/checks/page.ts";
import { planOf } from "./draft.ts";
import { goodDraft } from "./good.ts";
import { root } from "../../stacks.ts";

describe("the page on checks", () => {
  it("is what the checks say: node plan/checks/write-docs.ts writes it", () => {
    assert.equal(readFileSync(join(root, pagePath), "utf8"), checksPage());
  });

  it("has a section for every check", () => {
    for (const { id } of checks) assert.ok(checksPage().includes(`\n## ${id}\n`), id);
  });
});

describe("explain", () => {
  it("says of every check what holds, why, what to do and where more stands", () => {
    for (const { id, title, severity, reason, fix } of checks) {
      const text = explain(id);
      for (const part of [`${id}: ${title} (${severity})`, reason, fix, `${pagePath}#${id.toLowerCase()}`])
        assert.ok(text.includes(part), `${id}: ${part}`);
    }
  });

  it("shows an exemption that the settings take", () => {
    const [check] = checks.filter(({ id }) => id === "GP012");
    assert.ok(check);
    const { config } = parse(snippet(check).join("\n")) as { config: Record<string, unknown[]> };
    const draft = goodDraft();
    draft.settings["exemptions"] = config["groundplan:exemptions"];
    assert.equal(planOf(draft).settings.exemptions[0]?.check, "GP012");
    assert.ok(explain("gp012").includes(snippet(check).join("\n")));
    assert.ok(!explain("GP001").includes("groundplan:exemptions"));
  });

  it("lists all checks for an unknown id, and the nearest", () => {
    const text = explain("GP122");
    assert.match(text, /^The check GP122 does not exist\. Did you mean GP022\?/);
    for (const { id, title } of checks) assert.ok(text.includes(`${id} `) && text.includes(title), id);
    assert.match(explain("probes"), /^The check probes does not exist\.\n/);
  });
});
