import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { recordStack, root, stackNamed } from "../stacks.ts";

/** A `--target` of Pulumi as a regular expression: `**` is any text, `*` any text without a colon. */
function pattern(target: string): RegExp {
  const escaped = target.split("**").map((part) =>
    part
      .split("*")
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^:]*"),
  );
  return new RegExp(`^${escaped.join(".*")}$`);
}

describe("docs/worldcereal.md", function () {
  this.timeout(60_000);

  it("W30: names with each target the objects of one part of a module, and of no other", async () => {
    const text = readFileSync(join(root, "docs", "worldcereal.md"), "utf8");
    const targets = [...text.matchAll(/--target '([^']+)'/g)].map(([, target = ""]) => target);
    const { resources } = await recordStack(stackNamed("worldcereal"));
    const named = targets.map((target) =>
      resources.filter(({ urn }) => pattern(target).test(urn)).map(({ name }) => name),
    );
    assert.deepEqual(
      named.map((names) => names.filter((name) => name.endsWith("-application"))),
      [["rdmapi-application"], ["be-application"], ["wctiler-application"]],
    );
    for (const [names, part] of [
      [named[0], "rdmapi"],
      [named[1], "be"],
      [named[2], "wctiler"],
    ] as const)
      assert.ok(
        names?.every((name) => name.startsWith(`${part}-`)) === true && names.includes(`${part}-service`),
        part,
      );
    assert.ok(named[2]?.includes("wctiler-files"));
  });
});
