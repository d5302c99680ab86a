import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { recordStack, root, stacks } from "../stacks.ts";
import { urnChanges, urnFile } from "./urns.ts";

// Rule 6 of the architecture: whoever renames a resource without an alias replaces it on every cluster.
describe("the committed list of URNs", () => {
  for (const stack of stacks) {
    it(`is what ${stack.name} registers`, async () => {
      const { resources } = await recordStack(stack);
      const committed = readFileSync(join(root, urnFile(stack.name)), "utf8")
        .trimEnd()
        .split("\n");
      const { added, gone } = urnChanges(committed, resources);
      assert.deepEqual(gone, [], "renamed or removed without an alias; where it is meant: npm run urns -- --remove");
      assert.deepEqual(added, [], "not in the list yet: npm run urns");
    });
  }

  it("takes an alias for the old name, and nothing else", () => {
    const resource = { urn: "urn:new", aliases: ["urn:old"] };
    assert.deepEqual(urnChanges(["urn:old"], [resource]), { added: ["urn:new"], gone: [] });
    assert.deepEqual(urnChanges(["urn:old"], [{ ...resource, aliases: [] }]), {
      added: ["urn:new"],
      gone: ["urn:old"],
    });
  });
});
