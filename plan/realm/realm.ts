import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { cacheCompiledCode, projectFolder } from "../project.ts";

cacheCompiledCode();

const { Command } = await import("commander");
const { run } = await import("../command.ts");
const { InputError } = await import("../input-error.ts");

interface Options {
  readonly from: string;
  readonly realm?: string;
  readonly stack?: string;
  readonly to?: string;
}

const command = new Command("realm")
  .usage("--from FILE [options]")
  .description(
    "Turns the export of a Keycloak realm into the setting keycloak, and lists what the settings cannot say. Never shows a secret.",
  )
  .requiredOption("--from <file>", "an export of kc.sh export, or of the admin console")
  .option("--realm <name>", "the realm, if the export has several")
  .option(
    "-s, --stack <name>",
    "stores the realm's secrets in this stack's configuration; its components' clients are left to them",
  )
  .option("--to <file>", "write to a new file instead of standard output")
  .addHelpText(
    "after",
    "\nThe list is on standard error: what the Job of the realm removes and changes, and what stays in the realm as it is." +
      "\nExit code 2: invalid file or command.",
  )
  .exitOverride();

await run(main);

async function main(args: readonly string[]): Promise<number> {
  command.parse(args, { from: "user" });
  const { from, realm, stack, to } = command.opts<Options>();
  const out = to === undefined ? undefined : resolve(to);
  if (out !== undefined && existsSync(out))
    throw new InputError(`${to}: the file exists; --to accepts a new file: remove it, or name another`);
  const content = contentOf(from);
  const { importedOf, listOf, stored, targetOf, yamlOf } = await import("./moving.ts");
  const root = stack === undefined ? undefined : projectFolder();
  const target = stack === undefined || root === undefined ? undefined : targetOf(root, stack);
  const imported = importedOf(content, { file: from, realm, target });
  // `pulumi` finds the project by the working directory.
  if (root !== undefined) process.chdir(root);
  const yaml = yamlOf(imported, { file: from, stack, stored: await stored(imported, stack) });
  if (out === undefined) process.stdout.write(yaml);
  else writeOut(out, yaml);
  process.stderr.write(listOf(imported));
  return 0;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}

function writeOut(file: string, text: string): void {
  try {
    // Only a new file: another program may have written one since.
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EEXIST: "the file exists; --to accepts a new file",
    EISDIR: "is a folder, not a file",
    ENOENT: "the file or its folder does not exist",
  };
  return reasons[code ?? ""] ?? message;
}
