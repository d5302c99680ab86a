import { readFileSync } from "node:fs";
import { isScalar, LineCounter, parse, parseDocument, visit } from "yaml";
import type { ScalarTag, Tags, YAMLError } from "yaml";
import { isRecord } from "../components/kit/unknown.ts";
import { parsePath } from "../stacks/settings/path.ts";
import { InputError } from "./input-error.ts";
import type { Config } from "./recorder.ts";

/** What stands for an encrypted value: a plan has no key to read it with. */
export const encrypted = "(encrypted)";

/**
 * The configuration of a stack as `Pulumi.STACK.yaml` holds it, in the form in which the engine hands it to a program: with
 * the project's namespace before keys that have none, empty values as empty texts, and numbers and dates as Go's YAML reads them.
 *
 * @param overrides settings as `key=value`, where the key may do without `groundplan:` and the value is YAML
 * @param project the project's name: the namespace of keys in the file that have none. Default: `groundplan`
 * @throws InputError where the file is missing or no YAML, or an override is malformed
 */
export function readStackFile(path: string, overrides: readonly string[] = [], project = "groundplan"): Config {
  const config = namespaced(configOf(path), path, project);
  for (const override of overrides) apply(config, override);
  const values: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    const { value: readable, secret } = decrypted(value ?? "");
    values[key] = typeof readable === "string" ? readable : JSON.stringify(readable);
    if (secret) secretKeys.push(key);
  }
  return { values, secretKeys, project };
}

const fileKeys = ["config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"];

function configOf(path: string): Record<string, unknown> {
  const document = documentOf(path);
  if (document === null || document === undefined) return {};
  if (!isRecord(document))
    throw new InputError(`${path}: must be an object with the key "config", but is ${kindOf(document)}`);
  const unknown = Object.keys(document).filter((key) => !fileKeys.includes(key));
  if (unknown.length > 0)
    throw new InputError(
      `${path}: unknown keys, which Pulumi does not read: ${unknown.join(", ")}. Settings must be indented below "config:", as groundplan:NAME`,
    );
  const config = document["config"] ?? {};
  if (!isRecord(config))
    throw new InputError(
      `${path}: "config" is ${kindOf(config)}, but must be an object of settings such as "groundplan:domain: example.org", with a space after the second colon`,
    );
  return config;
}

/** Keys in full: `domain` is `PROJECT:domain`, and `groundplan:config:domain` is an old form of `groundplan:domain`. */
function namespaced(config: Record<string, unknown>, path: string, project: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const full = key.includes(":") ? key.replace(/^([^:]+):config:([^:]+)$/, "$1:$2") : `${project}:${key}`;
    if (Object.hasOwn(result, full))
      throw new InputError(`${path}: ${full} is set twice, in two spellings: remove one of the two`);
    result[full] = value;
  }
  return result;
}

function documentOf(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = { ENOENT: "the file does not exist", EISDIR: "is a folder, not a file" };
    throw new InputError(`${path}: ${reasons[code ?? ""] ?? message}`);
  }
  try {
    return valueOf(text, path);
  } catch (error) {
    // The parser calls itself for each level.
    if (error instanceof RangeError) throw new InputError(`${path}: ${tooDeep}`);
    throw error;
  }
}

/** Levels of lists and objects that a value may have: settings have at most twelve. */
const maxDepth = 100;
const tooDeep = `lists and objects are nested too deeply: at most ${maxDepth} levels`;

/**
 * Checks that a value ends: no deeper than {@link maxDepth}, and in no place part of itself.
 * @throws InputError where it does not
 */
function bounded(value: unknown, where: string, around: readonly unknown[] = []): void {
  if (typeof value !== "object" || value === null) return;
  if (around.includes(value))
    throw new InputError(
      `${where}: an anchor (&) contains an alias (*) of itself, so the value has no end: remove the alias`,
    );
  if (around.length >= maxDepth) throw new InputError(`${where}: ${tooDeep}`);
  for (const inner of Object.values(value)) bounded(inner, where, [...around, value]);
}

/** @throws InputError where the text is no YAML, or its value has no end */
function valueOf(text: string, path: string): unknown {
  const lines = new LineCounter();
  // Without "pretty" errors, which quote the line: it may hold a secret.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    customTags,
    uniqueKeys: false,
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const problems = document.errors.map((error) => `${at(error.pos[0])}: ${described(error)}`);
  visit(document, {
    // The parser compares each key with all before it, which takes a minute for 20,000.
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === "<<") continue;
        if (seen.has(key.value))
          problems.push(
            `${at(key.range?.[0] ?? 0)}: the key ${String(key.source ?? "")} is set twice: remove one of the two`,
          );
        seen.add(key.value);
      }
    },
    Alias(_, alias) {
      if (alias.resolve(document) === undefined)
        problems.push(
          `${at(alias.range?.[0] ?? 0)}: an alias without an anchor: put a string that starts with "*" in quotes`,
        );
    },
  });
  if (problems.length > 0) throw new InputError([...firstOfEachLine(problems)].join("\n"));
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that multiply each other without end.
    if (error instanceof ReferenceError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
  bounded(value, path);
  return value;
}

/** One mistake often has several consequences on its line. */
function firstOfEachLine(problems: readonly string[]): Iterable<string> {
  const byLine = new Map<string, string>();
  for (const problem of problems) {
    const line = problem.replace(/:\d+: .*$/s, "");
    if (!byLine.has(line)) byLine.set(line, problem);
  }
  return byLine.values();
}

/** A YAML error in words that say what to do, without anything that a value holds. */
function described({ code, message }: YAMLError): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return "a tab: YAML must be indented with spaces";
    case "BLOCK_AS_IMPLICIT_KEY":
      return 'a second key on one line, or a line that is indented too far; put a string that contains ": " in quotes';
    case "MULTILINE_IMPLICIT_KEY":
      return 'a line without "KEY: VALUE": the colon and the space after it are missing, or the indentation is wrong';
    case "BAD_INDENT":
      return message.startsWith("Flow")
        ? "a bracket before this place is not closed"
        : "the indentation differs from that of the lines around it";
    case "BAD_ALIAS":
      return 'put a string that starts with "*" or "&" in quotes';
    case "BAD_DQ_ESCAPE":
      return "an invalid escape sequence in double quotes: use single quotes";
    case "BAD_SCALAR_START":
      return "put a string that starts with a special character in quotes";
    case "MISSING_CHAR":
      return message.startsWith("Missing closing") ? "a quote before this place is not closed" : message;
    case "MULTIPLE_DOCS":
      return 'a second document after "---": Pulumi reads only the first';
    case "UNEXPECTED_TOKEN":
      return "unexpected text: a quote is closed too early, or a comma or bracket is wrong";
    default:
      return message.startsWith("Maximum call stack") ? tooDeep : message;
  }
}

/** What Go's YAML, which Pulumi uses, reads otherwise than YAML 1.2: `010` is 8, `1_000` is 1000 and a date is a point of time. */
function customTags(tags: Tags): Tags {
  const integer: ScalarTag = {
    tag: "tag:yaml.org,2002:int",
    default: true,
    test: /^[-+]?(0[0-7_]+|0b[01_]+|[1-9][0-9]*_[0-9_]*)$/,
    resolve: (text) => {
      const [, sign, digits = ""] = /^([-+]?)(.*)$/.exec(text.replaceAll("_", "")) ?? [];
      return Number(digits.replace(/^0(?=[0-7])/, "0o")) * (sign === "-" ? -1 : 1);
    },
  };
  const date: ScalarTag = {
    tag: "tag:yaml.org,2002:timestamp",
    default: true,
    test: /^\d{4}-\d{1,2}-\d{1,2}$/,
    resolve: (text) => {
      const time = new Date(text.replace(/-(\d)(?=-|$)/g, "-0$1"));
      return Number.isNaN(time.getTime()) ? text : `${time.toISOString().slice(0, 10)} 00:00:00 +0000 UTC`;
    },
  };
  return [integer, date, ...tags];
}

function apply(config: Record<string, unknown>, override: string): void {
  const equals = override.indexOf("=");
  if (equals < 1) throw new InputError("--set: expected KEY=VALUE, such as postgresql.replicas=3");
  const key = override.slice(0, equals);
  const [, namespace = "groundplan", rest = ""] = /^(?:([^:[".]*):)?(.*)$/s.exec(key) ?? [];
  let value: unknown;
  try {
    value = parse(override.slice(equals + 1), { prettyErrors: false, logLevel: "error" });
    bounded(value, `--set ${key}`);
  } catch (error) {
    if (error instanceof InputError) throw error;
    if ((error as Error).message.startsWith("Maximum call stack")) throw new InputError(`--set ${key}: ${tooDeep}`);
    throw new InputError(`--set ${key}: the value is not valid YAML; put a string with special characters in quotes`);
  }
  try {
    const [first, ...path] = parsePath(rest);
    const top = `${namespace}:${String(first)}`;
    config[top] = replaced(config[top], path, value);
  } catch (error) {
    if (error instanceof RangeError)
      throw new InputError(
        `--set ${key}: ${error.message}; use a key such as postgresql.replicas or certificates.hosts[0].host`,
      );
    throw error;
  }
}

/**
 * A copy of a value in which the member at a path is another.
 * @throws RangeError where the path does not fit the value
 */
function replaced(base: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (typeof first === "number") {
    const list: unknown[] = Array.isArray(base) ? [...(base as unknown[])] : [];
    if (isRecord(base)) throw new RangeError(`[${first}] is an index, but the value is an object`);
    if (first > list.length) throw new RangeError(`[${first}] is out of range for a list of ${list.length}`);
    list[first] = replaced(list[first], rest, value);
    return list;
  }
  if (Array.isArray(base))
    throw new RangeError(`"${first}" is a name, but the value is a list: use an index, such as [0]`);
  const record = isRecord(base) ? base : {};
  return { ...record, [first]: replaced(record[first], rest, value) };
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "a list" : typeof value === "string" ? "a string" : `a ${typeof value}`;
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
