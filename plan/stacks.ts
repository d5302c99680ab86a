import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { InputError } from "./input-error.ts";

/** What the command line says of the stack that is meant. */
interface Choice {
  readonly stack?: string;
  /** Path of a file of settings, in place of a stack's own. */
  readonly settings?: string;
}

/**
 * The stack that is meant, and its file; a file's stack has the file's name where none is given.
 * @param root folder of the project
 * @throws InputError where neither is named, or the stack has no file
 */
export function chosenStack(root: string, { stack, settings }: Choice): { file: string; stack: string } {
  if (settings !== undefined) {
    const name = basename(settings)
      .replace(/^Pulumi\./, "")
      .replace(/\.ya?ml$/, "");
    return { file: resolve(settings), stack: stack ?? name };
  }
  if (stack === undefined)
    throw new InputError(`name a stack: --stack ${stacks(root).join(", --stack ")}; or a file: --settings FILE`);
  return { file: stackFile(root, stack), stack };
}

/** The path of `Pulumi.STACK.yaml`. @throws InputError where there is none */
export function stackFile(root: string, stack: string): string {
  const file = join(root, `Pulumi.${stack}.yaml`);
  if (existsSync(file)) return file;
  throw new InputError(
    `there is no stack "${stack}": Pulumi.${stack}.yaml is missing; there are ${stacks(root).join(", ")}`,
  );
}

function stacks(root: string): string[] {
  return readdirSync(root).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
}
