import { CommanderError } from "commander";
import { InputError } from "./stack-file.ts";

/** Runs a program of the command line to its end, with its exit code: 2 for what a person can correct, 1 for a fault of ours. */
export async function run(main: (args: readonly string[]) => Promise<number>): Promise<void> {
  // A reader that has seen enough (`| head`) is no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.on("SIGINT", () => process.exit(130));
  process.exitCode = await main(process.argv.slice(2)).catch(failed);
}

/** Settings or arguments that a person can correct; their message says all. */
export function isInput(error: unknown): error is Error {
  // By its name: its class comes with the whole schema of settings.
  return error instanceof InputError || (error instanceof Error && error.constructor.name === "SettingsError");
}

/** Ends with what a person can act on: settings and arguments without a stack trace, a fault of ours with it. */
function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (isInput(error)) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
