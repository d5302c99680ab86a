// The stack outputs that texts name.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { examples, recordStack, root, stacks, variants } from "../stacks.ts";

/** The outputs that any stack has, but for those of programs of the user's own. */
async function madeOutputs(): Promise<Set<string>> {
  const smoking = variants.filter(({ set = [] }) => set.some((one) => one.startsWith("smokeTests=")));
  assert.ok(smoking.length > 0);
  const made = new Set<string>();
  for (const stack of [...stacks, ...examples, ...smoking])
    for (const name of Object.keys((await recordStack(stack)).result.outputs)) made.add(name);
  return made;
}

describe("stack outputs", function () {
  this.timeout(120_000);

  it("that the documentation and messages name exist in a stack", async () => {
    const made = await madeOutputs();
    const texts = ["README.md", "docs", "components", "plan", "stacks", "init", "template"].flatMap((place) =>
      place.endsWith(".md")
        ? [place]
        : readdirSync(join(root, place), { recursive: true, encoding: "utf8" })
            .filter((file) => /\.(md|ts)$/.test(file))
            .map((file) => join(place, file)),
    );
    const named = texts.flatMap((file) =>
      [...readFileSync(join(root, file), "utf8").matchAll(/stack output ([a-zA-Z]+)/g)].map(
        ([, name = ""]) => [file, name] as const,
      ),
    );
    assert.ok(named.length >= 8, String(named.length));
    for (const [file, name] of named) assert.ok(made.has(name), `${file}: ${name}`);
  });

  it("are those of the README's table", async () => {
    const made = await madeOutputs();
    const [, table = ""] =
      /The stack has these outputs:\n\n([^]*?)\n\n/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
    const listed = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name = ""]) => name);
    assert.deepEqual(listed.sort(), [...made].sort());
  });
});
