import * as pulumi from "@pulumi/pulumi";
import { describeProblem } from "../settings/problems.ts";
import type { Problem } from "../settings/problems.ts";

/** A program that asks the platform for something that it cannot give. Pulumi prints the message without a stack trace. */
export class ExtensionError extends pulumi.RunError {
  readonly problems: readonly Problem[];

  /** @param where the place in the program, such as `index.ts:12`; undefined: it is not known */
  constructor(problems: readonly Problem[], stack: string, where?: string) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const heading = `${count} in the program of ${stack}${where === undefined ? "" : `, at ${where}`}:`;
    super([heading, ...problems.map(describeProblem)].join("\n\n"));
    this.problems = problems;
  }
}

/** A call of the program as messages name it: `platform.database("wiki")`. */
export function callOf(method: string, name: string): string {
  return `platform.${method}(${JSON.stringify(name)})`;
}

/**
 * The place in the program that called the platform, relative to the folder of the process.
 * @param trace the stack of an error
 * @param own the folder of this module, whose frames are skipped
 * @returns `FILE:LINE`; undefined if no frame has a file
 */
export function callSite(trace: string, own: string, folder: string): string | undefined {
  for (const line of trace.split("\n")) {
    const found = /(?:file:\/\/)?(\/[^():]+):(\d+):\d+\)?$/.exec(line.trim());
    const file = found?.[1];
    if (file === undefined || file.startsWith(own)) continue;
    return `${file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file}:${found?.[2] ?? ""}`;
  }
  return undefined;
}
