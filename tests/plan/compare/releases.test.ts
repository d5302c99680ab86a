// The state that each released version left, with made-up secrets: this version upgrades it without a loss (docs/releasing.md).
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { dataLoss } from "../../../plan/compare/losses.ts";
import { readPlan } from "../../../plan/compare/read.ts";
import { savedPlan } from "../../../plan/files.ts";
import { planStack } from "../../plans.ts";
import { root } from "../../stacks.ts";
import { told } from "./fixtures.ts";

const folder = join(import.meta.dirname, "releases");

describe("the state of a released version", () => {
  for (const file of readdirSync(folder).sort())
    it(`${file.replace(".json", "")} is upgraded without a loss, and nothing but Jobs is replaced`, async () => {
      const stack = { name: "lean", file: join(root, "tests", "engine", "lean.yaml") };
      const before = readPlan(readFileSync(join(folder, file), "utf8"), file);
      const head = savedPlan(await planStack(stack));
      const comparison = comparePlans(before, head);
      assert.deepEqual(dataLoss(comparison, before, head, []), []);
      const replaced = comparison.changes.filter(({ action, kind }) => action === "replace" && kind !== "Job");
      assert.deepEqual(told(replaced), []);
    });
});
