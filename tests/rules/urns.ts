import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordStack, root, stacks } from "../stacks.ts";

/** The file with the URNs of a stack, one a line, sorted. */
export function urnFile(stack: string): string {
  return `tests/rules/urns.${stack}.txt`;
}

/** URNs that are new, and URNs that no resource has and none names as an alias. */
export function urnChanges(
  committed: readonly string[],
  resources: readonly { readonly urn: string; readonly aliases: readonly string[] }[],
): { added: string[]; gone: string[] } {
  const present = new Set(resources.map(({ urn }) => urn));
  const known = new Set([...present, ...resources.flatMap(({ aliases }) => aliases)]);
  return {
    added: [...present].filter((urn) => !committed.includes(urn)),
    gone: committed.filter((urn) => urn !== "" && !known.has(urn)),
  };
}

/** `npm run urns`: brings the lists up to date. Removing a URN is said aloud, with `--remove`. */
async function main(): Promise<void> {
  for (const stack of stacks) {
    const file = join(root, urnFile(stack.name));
    const committed = existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
    const { resources } = await recordStack(stack);
    const { added, gone } = urnChanges(committed, resources);
    if (gone.length > 0 && !process.argv.includes("--remove")) {
      console.error(
        `${stack.name}: no longer registered, and no alias names them:\n  ${gone.join("\n  ")}\nIf they are meant to go: npm run urns -- --remove`,
      );
      process.exitCode = 2;
      continue;
    }
    writeFileSync(file, `${resources.map(({ urn }) => urn).join("\n")}\n`);
    console.log(`${stack.name}: ${added.length} added, ${gone.length} removed`);
  }
}

if (import.meta.main) await main();
