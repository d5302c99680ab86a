import assert from "node:assert/strict";
import { test } from "node:test";
import { errorsOf, planStack } from "groundplan/testing";

for (const stack of ["dev", "prod"]) {
  test(`the plan of ${stack} passes every check`, async () => {
    assert.deepEqual(errorsOf(await planStack(stack)), []);
  });

  test(`every namespace of ${stack} denies traffic by default`, async () => {
    const { objects } = await planStack(stack);
    const policies = objects.filter(({ kind, name }) => kind === "NetworkPolicy" && name === "default-deny");
    const names = objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name);
    assert.ok(names.length > 0);
    assert.deepEqual(policies.map(({ namespace }) => namespace).sort(), names.sort());
  });
}
