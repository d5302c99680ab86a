import assert from "node:assert/strict";
import { judgePriorities } from "../../../plan/doctor/judgements/priorities.ts";
import { needsOf } from "../../../plan/doctor/needs.ts";
import { planStack } from "../../plans.ts";
import { stackNamed } from "../../stacks.ts";
import { brief, got, live, modest, refused } from "./samples.ts";

describe("the doctor's view of priority classes", () => {
  const wanted = (...priorityClasses: string[]) => ({ ...modest, priorityClasses });

  it("is that each class of the settings exists", () => {
    const there = got([live("high")]);
    assert.deepEqual(brief(judgePriorities(there, wanted())), []);
    assert.deepEqual(brief(judgePriorities(there, wanted("high"))), ["ok priority-classes"]);
    assert.deepEqual(brief(judgePriorities(there, wanted("high", "hgih"))), ["fail priority-classes"]);
    assert.deepEqual(brief(judgePriorities(refused, wanted("high"))), ["unknown priority-classes"]);
    assert.match(judgePriorities(there, wanted("hgih"))[0]?.found ?? "", /no priority class hgih; it has high/);
  });

  it("asks only for classes that the stack does not make", async () => {
    const set = ["pods.priorityClassName=high", "pods.priorityClassName=groundplan-dev-applications"];
    const names = ["a", "b"].map((name, index) => `namespaces.${name}.${set[index] ?? ""}`);
    assert.deepEqual(needsOf(await planStack({ ...stackNamed("dev"), set: names })).priorityClasses, ["high"]);
  });
});
