import { z } from "zod";
import { bare, step } from "./key.ts";
import { quoted } from "./path.ts";
import type { Path } from "./path.ts";
import { nearest } from "./problems.ts";
import type { Problem } from "./problems.ts";

/** A stack's configuration as Pulumi passes it to a program: strings by namespaced key, and the keys that are encrypted. */
export interface RawConfig {
  readonly values: Readonly<Record<string, string>>;
  readonly secretKeys: ReadonlySet<string>;
}

/** The user's settings, in the structure that the schema expects. */
export interface Input {
  readonly value: Readonly<Record<string, unknown>>;
  /** Keys without a value, which are treated as not set. */
  readonly empty: readonly Path[];
  /** Top-level keys with an encrypted value, which no setting accepts; the value is not checked. */
  readonly encrypted: readonly string[];
}

const prefix = "groundplan:";

/** Reads the keys of the project's namespace. */
export function readInput(raw: RawConfig, shape: Readonly<Record<string, z.ZodType>>): Input {
  const empty: Path[] = [];
  const encrypted: string[] = [];
  const value = Object.entries(raw.values).flatMap(([key, text]): [string, unknown][] => {
    const name = key.slice(prefix.length);
    if (!key.startsWith(prefix) || name.includes(":")) return [];
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (raw.secretKeys.has(key)) encrypted.push(name);
    // The engine passes an empty value as an empty string.
    else if (text === "" && schema !== undefined) empty.push([name]);
    else return [[name, withoutEmpty(schema, isText(schema) ? text : parsed(text), [name], empty)]];
    return [];
  });
  return { value: Object.fromEntries(value), empty, encrypted };
}

function isText(schema: z.ZodType | undefined): boolean {
  const inner = schema === undefined ? undefined : bare(schema);
  return inner instanceof z.ZodString || inner instanceof z.ZodEnum;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => (typeof value === "string" ? withoutMidnight(value) : value));
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** An unquoted date in YAML reaches a program in Go's format of a point in time. */
function withoutMidnight(text: string): string {
  return /^(\d{4}-\d{2}-\d{2}) 00:00:00 \+0000 UTC$/.exec(text)?.[1] ?? text;
}

/**
 * A value without the empty members of its objects, which are treated as not set. A name of a record is kept: a namespace
 * without a value has every default. Elements of lists are kept, so that indices do not change.
 */
function withoutEmpty(schema: z.ZodType | undefined, value: unknown, path: Path, empty: Path[]): unknown {
  // A setting that takes anything: a chart's values may hold null.
  if (schema instanceof z.ZodUnknown) return value;
  // No setting is that deep: the schema rejects the value as a whole.
  if (typeof value !== "object" || value === null || path.length > 100) return value;
  const inside = (name: PropertyKey, one: unknown) =>
    withoutEmpty(schema === undefined ? undefined : step(schema, name, value), one, [...path, name], empty);
  if (Array.isArray(value)) return value.map((one, index) => inside(index, one));
  const record = schema === undefined ? undefined : bare(schema);
  const members = Object.entries(value).flatMap(([name, one]: [string, unknown]): [string, unknown][] => {
    if (one !== null) return [[name, inside(name, one)]];
    if (record instanceof z.ZodRecord)
      return [[name, bare(record.valueType as z.ZodType) instanceof z.ZodObject ? {} : one]];
    empty.push([...path, name]);
    return [];
  });
  return Object.fromEntries(members);
}

/** Keys that Pulumi accepts, but neither the engine nor this program reads. */
export function strayKeys(raw: RawConfig, known: readonly string[], stack: string): Problem[] {
  return Object.keys(raw.values).flatMap((key): Problem[] => {
    const [namespace = "", ...rest] = key.split(":");
    const name = rest.join(".");
    const ours = ["groundplan", "secrets"].includes(namespace);
    const misspelt =
      namespace === "pulumi" && name !== defaultProviders ? nearest(name, [defaultProviders]) : undefined;
    if ((ours && rest.length === 1) || (namespace === "pulumi" && misspelt === undefined)) return [];
    const meant = misspelt !== undefined ? `pulumi:${misspelt}` : meantKey(namespace, name, known);
    return [
      {
        key,
        severity: "error",
        message: ours ? "a key must have exactly one colon" : "unknown key, which is not read",
        accepts: misspelt === undefined ? "keys that start with groundplan: or secrets:" : `pulumi:${defaultProviders}`,
        fix: meant === undefined ? `npx pulumi config rm ${quoted(key)} --stack ${stack}` : `did you mean ${meant}?`,
      },
    ];
  });
}

const defaultProviders = "disable-default-providers";

function meantKey(namespace: string, name: string, known: readonly string[]): string | undefined {
  if (namespace === "kubernetes" && ["context", "kubeconfig"].includes(name)) return `groundplan:cluster.${name}`;
  const near = nearest(namespace, ["groundplan", "secrets", "pulumi"]);
  if (near !== undefined) return `${near}:${name}`;
  return known.includes(name) ? `groundplan:${name}` : undefined;
}
