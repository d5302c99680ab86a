import * as pulumi from "@pulumi/pulumi";
import type { Extension, ExtensionPlatform, Outputs } from "../extension.ts";
import { ExtensionError } from "./problem.ts";

/**
 * Runs a program of the user's own.
 * @returns its outputs
 * @throws ExtensionError where it returns something else, such as a promise
 */
export function runExtension(extension: Extension, platform: ExtensionPlatform): Outputs {
  const returned: unknown = extension(platform);
  if (returned === undefined) return {};
  const isPromise = returned instanceof Promise;
  // What an async function throws is in its promise: without this, it would end the process after the error below.
  if (isPromise) returned.catch(() => undefined);
  if (!isPromise && typeof returned === "object" && returned !== null && !pulumi.Output.isInstance(returned))
    return returned as Outputs;
  throw new ExtensionError(
    [
      {
        key: "the program's function",
        severity: "error",
        message: "must return the stack outputs at once, because which resources exist must not depend on them",
        got: isPromise ? "a promise" : pulumi.Output.isInstance(returned) ? "an output" : `a ${typeof returned}`,
        accepts: "an object of outputs by name, or nothing",
        fix: isPromise ? "remove async and await: bindings are there at once" : "return an object, or nothing",
      },
    ],
    platform.settings.stack,
  );
}
