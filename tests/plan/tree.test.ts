import assert from "node:assert/strict";
import { makePlan } from "../../plan/plan.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { plain, planTree } from "../../plan/tree.ts";
import { stacks } from "../stacks.ts";

describe("the tree", () => {
  it("fits a terminal of 60 columns", async () => {
    for (const stack of stacks) {
      const plan = await makePlan(stack.name, readStackFile(stack.file));
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
      const plan = await makePlan(stack.name, readStackFile(stack.file));
      const tree = planTree(plan, plain, Infinity);
      for (const { name } of [...plan.objects, ...plan.releases, ...plan.ledger.credentials])
        assert.ok(tree.includes(name), name);
    }
  });

  it("shows warnings", async () => {
    const [, prod] = stacks;
    assert.ok(prod);
    const plan = await makePlan(
      "prod",
      readStackFile(prod.file, ["storage.classes=[{name: fast, provisioner: x.example.org, reclaimPolicy: Delete}]"]),
    );
    assert.match(planTree(plan, plain, Infinity), /1 warning\n.*reclaimPolicy: a deleted claim destroys its data/);
  });
});
