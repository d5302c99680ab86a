import "./unused-sdk.ts";
import { CommanderError } from "commander";
import { InputError } from "./input-error.ts";

/** Runs a command-line program and sets its exit code: 2 for invalid input, 1 for a bug. */
export async function run(main: (args: readonly string[]) => Promise<number>): Promise<void> {
  // A closed pipe (`| head`) is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.on("SIGINT", () => process.exit(130));
  process.exitCode = await main(process.argv.slice(2)).catch(failed);
}

/** Whether an error is about invalid settings, a program or arguments, so that its message is enough without a stack trace. */
export function isInput(error: unknown): error is Error {
  // The mark of Pulumi's RunError, because importing the class would load the SDK.
  return error instanceof InputError || (error instanceof Error && "__pulumiRunError" in error);
}

/** Prints an error and returns its exit code: invalid input without a stack trace, a bug with it. */
export function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (isInput(error)) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
