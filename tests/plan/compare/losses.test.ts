import assert from "node:assert/strict";
import type { SavedResource } from "../../../plan/compare/schema.ts";
import { losses, plan } from "./fixtures.ts";
import { pvc } from "./loss-cases.ts";

describe("data that a change would lose", () => {
  it("is blocked by Pulumi too where it is protected: deletions by the state, replacements by both", () => {
    const blocked = (base: SavedResource, ...head: SavedResource[]) =>
      losses(plan([base]), plan(head)).map((loss) => loss.protected);
    const other = { storageClassName: "slow" };
    assert.deepEqual(blocked(pvc({}, { protect: true })), [true]);
    assert.deepEqual(blocked(pvc()), [false]);
    assert.deepEqual(blocked(pvc({}, { protect: true }), pvc(other, { protect: true })), [true]);
    assert.deepEqual(blocked(pvc(), pvc(other, { protect: true })), [false]);
    assert.deepEqual(
      blocked(pvc({}, { protect: true }), pvc(other)),
      [false, false],
      "unprotected and replaced in one go",
    );
  });

  it("keeps each name once, with every reason", () => {
    const found = losses(plan([pvc({}, { protect: true })]), plan([pvc({ storageClassName: "slow" })]));
    assert.deepEqual(
      found.map(({ name }) => name),
      ["PersistentVolumeClaim data/files", "Protection of PersistentVolumeClaim data/files"],
    );
  });
});
