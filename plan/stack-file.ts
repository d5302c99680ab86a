import { readFileSync } from "node:fs";
import { parse, YAMLParseError } from "yaml";
import type { Config } from "./recorder.ts";

/** What stands for an encrypted value: a plan has no key to read it with. */
export const encrypted = "(encrypted)";

/** A stack file, or a setting given on the command line, that cannot be read: what and where. */
export class InputError extends Error {}

/**
 * The configuration of a stack as `Pulumi.STACK.yaml` holds it, in the form in which the engine hands it to a program.
 *
 * @param overrides settings as `key=value`, where the key may do without `groundplan:` and the value is YAML
 * @throws InputError where the file is missing or no YAML, or an override is malformed
 */
export function readStackFile(path: string, overrides: readonly string[] = []): Config {
  const config = configOf(path);
  for (const override of overrides) apply(config, override);
  const values: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    const { value: readable, secret } = decrypted(value);
    values[key] = typeof readable === "string" ? readable : JSON.stringify(readable);
    if (secret) secretKeys.push(key);
  }
  return { values, secretKeys };
}

function configOf(path: string): Record<string, unknown> {
  const document = parsed(path);
  if (document === null || document === undefined) return {};
  if (!isRecord(document))
    throw new InputError(`${path}: a stack file is an object with the key "config", and this is ${typeof document}`);
  const unknown = Object.keys(document).filter(
    (key) => !["config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"].includes(key),
  );
  if (unknown.length > 0)
    throw new InputError(
      `${path}: unknown keys ${unknown.join(", ")}; settings stand below "config:", as groundplan:NAME`,
    );
  const config = document["config"] ?? {};
  if (!isRecord(config)) throw new InputError(`${path}: "config" must be an object of settings`);
  return { ...config };
}

function parsed(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new InputError(`${path}: ${reason}`);
  }
  try {
    return parse(text) as unknown;
  } catch (error) {
    if (error instanceof YAMLParseError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}

function apply(config: Record<string, unknown>, override: string): void {
  const equals = override.indexOf("=");
  if (equals < 1) throw new InputError(`--set ${override}: expected KEY=VALUE, such as postgresql.replicas=3`);
  const key = override.slice(0, equals);
  const path = key.replace(/\[(\d+)\]/g, ".$1").split(".");
  const [first = "", ...rest] = path;
  const top = first.includes(":") ? first : `groundplan:${first}`;
  let value: unknown;
  try {
    value = parse(override.slice(equals + 1));
  } catch (error) {
    throw new InputError(`--set ${override}: the value is no YAML: ${(error as Error).message}`);
  }
  config[top] = replaced(config[top], rest, value);
}

/** A copy of a value in which the member at a path is another. */
function replaced(base: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(base) || (base === undefined && /^\d+$/.test(first))) {
    const list = [...((base as unknown[] | undefined) ?? [])];
    list[Number(first)] = replaced(list[Number(first)], rest, value);
    return list;
  }
  const record = isRecord(base) ? base : {};
  return { ...record, [first]: replaced(record[first], rest, value) };
}

/** The value with every `secure:` replaced by a marker, and whether there was any. */
function decrypted(value: unknown): { value: unknown; secret: boolean } {
  if (Array.isArray(value)) {
    const parts = value.map(decrypted);
    return { value: parts.map((part) => part.value), secret: parts.some((part) => part.secret) };
  }
  if (!isRecord(value)) return { value, secret: false };
  if (Object.keys(value).length === 1 && typeof value["secure"] === "string") return { value: encrypted, secret: true };
  const parts = Object.entries(value).map(([key, member]) => [key, decrypted(member)] as const);
  return {
    value: Object.fromEntries(parts.map(([key, part]) => [key, part.value])),
    secret: parts.some(([, part]) => part.secret),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
