import assert from "node:assert/strict";
import { missingLine } from "../../../plan/charts.ts";
import { chartAcceptances } from "../../../plan/checks/accepted.ts";
import { runChecks } from "../../../plan/checks/checks.ts";
import { proofOf } from "../../../plan/checks/proof.ts";
import { planStack } from "../../plans.ts";
import { examples, stacks, variants } from "../../stacks.ts";

const today = "2026-11-21";

// Without helm and the charts they show the program's own objects only; the report then names the releases that are missing.
describe("checks of real stacks", function () {
  this.timeout(300_000);

  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`find no error in ${stack.name}`, async () => {
      const plan = await planStack(stack);
      const report = runChecks(plan, today);
      const errors = report.results.filter(({ severity, findings }) => severity === "error" && findings.length > 0);
      assert.deepEqual(
        errors.map(({ id, findings }) => [id, findings]),
        [],
      );
      assert.deepEqual(
        report.notRendered,
        plan.notRendered.map(({ release }) => release),
      );
      for (const rule of proofOf(report, plan).rules) assert.ok(rule.held >= 0, rule.id);
    });
  }

  it("use everything that charts may accept", async function () {
    const used = new Set<string>();
    for (const stack of [...stacks, ...examples, ...variants]) {
      const plan = await planStack(stack);
      if (plan.notRendered.length > 0) {
        console.log(`      skipped: ${missingLine(plan.notRendered)}`);
        return this.skip();
      }
      for (const { id, exempted } of runChecks(plan, today).results)
        for (const { by, reason } of exempted) if (by === "chart") used.add(`${id} ${reason}`);
    }
    assert.deepEqual(
      chartAcceptances.map(({ check, reason }) => `${check} ${reason}`).filter((one) => !used.has(one)),
      [],
    );
  });
});
