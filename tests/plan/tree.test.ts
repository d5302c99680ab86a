import assert from "node:assert/strict";
import { plain, planTree } from "../../plan/tree.ts";
import { planStack } from "../plans.ts";
import { stacks } from "../stacks.ts";

describe("the tree", () => {
  it("fits a terminal of 60 columns", async () => {
    for (const stack of stacks) {
      const plan = await planStack(stack);
      const lines = planTree(plan, plain, 60).split("\n");
      assert.deepEqual(
        lines.filter((line) => line.length > 60),
        [],
      );
      assert.ok(lines.some((line) => line.endsWith("…")));
    }
  });

  it("names every object, chart and generated secret where there is room", async () => {
    for (const stack of stacks) {
      const plan = await planStack(stack);
      const tree = planTree(plan, plain, Infinity);
      for (const { name } of [...plan.objects, ...plan.releases, ...plan.ledger.credentials])
        assert.ok(tree.includes(name), name);
    }
  });

  it("shows warnings", async () => {
    const [, prod] = stacks;
    assert.ok(prod);
    const set = ["storage.classes=[{name: fast, provisioner: x.example.org, reclaimPolicy: Delete}]"];
    const plan = await planStack({ ...prod, set });
    assert.match(planTree(plan, plain, Infinity), /1 warning\n.*reclaimPolicy: a deleted claim destroys its data/);
  });
});
