import { readFileSync } from "node:fs";
import { isRecord } from "../../components/kit/unknown.ts";
import { InputError } from "../input-error.ts";

/**
 * The JSON object in a file.
 * @param fits what the object must have
 * @param accepts what the file must be, and the command that writes it
 * @throws InputError if the file cannot be read or has no such object
 */
export function readJsonFile(
  path: string,
  fits: (value: Readonly<Record<string, unknown>>) => boolean,
  accepts: string,
): Readonly<Record<string, unknown>> {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    value = undefined;
  }
  if (isRecord(value) && fits(value)) return value;
  throw new InputError(`${path} is ${accepts}`);
}
