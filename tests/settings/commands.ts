import type { Config } from "../../plan/recorder.ts";
import { parsePath } from "../../stacks/settings/path.ts";

/** One `pulumi config` command of a message. */
interface Command {
  readonly action: "set" | "rm";
  readonly key: string;
  readonly isPath: boolean;
  readonly value: string;
  readonly isText: boolean;
}

/** The commands that a fix consists of; none where it is a sentence or has a placeholder that a person replaces. */
export function commandsOf(fix: string): Command[] {
  const commands = fix.split(" && ").map(command);
  return commands.every((one) => one !== undefined) ? commands : [];
}

function command(text: string): Command | undefined {
  const words = [...text.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([, quoted, plain = ""]) =>
    (quoted ?? plain).replaceAll("'\\''", "'"),
  );
  const flags = words.filter((word) => word.startsWith("--"));
  const rest = words.filter(
    (word, at) => !word.startsWith("--") && !["--stack", "--type"].includes(words[at - 1] ?? ""),
  );
  const [npx, pulumi, config, action, key, value, ...more] = rest;
  if (npx !== "npx" || pulumi !== "pulumi" || config !== "config" || key === undefined || more.length > 0)
    return undefined;
  if ((action !== "set" && action !== "rm") || flags.includes("--secret")) return undefined;
  if (value === "NAME" || value === "VALUE" || value === "<" || (action === "set") !== (value !== undefined))
    return undefined;
  return { action, key, isPath: flags.includes("--path"), value: value ?? "", isText: flags.includes("--type") };
}

/** A configuration after a command, by the rules of `pulumi config` (pulumi/pulumi, sdk/go/common/resource/config). */
export function after({ values, secretKeys }: Config, { action, key, isPath, value, isText }: Command): Config {
  const [namespace = "", name = ""] = key.split(/:(.*)/s);
  const [top, ...path] = isPath ? parsePath(name) : [name];
  const full = `${namespace}:${String(top)}`;
  const others = Object.fromEntries(Object.entries(values).filter(([one]) => one !== full));
  if (action === "rm" && path.length === 0) return { values: others, secretKeys };
  const typed =
    path.length > 0 && !isText && /^(true|false|0|-?[1-9]\d*)$/.test(value) ? (JSON.parse(value) as unknown) : value;
  const changed = action === "rm" ? without(parsed(values[full]), path) : replaced(parsed(values[full]), path, typed);
  return { values: { ...others, [full]: typeof changed === "string" ? changed : JSON.stringify(changed) }, secretKeys };
}

function parsed(text: string | undefined): unknown {
  return text !== undefined && /^[[{]/.test(text) ? JSON.parse(text) : undefined;
}

type Container = Record<string | number, unknown>;

function replaced(base: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const copy = (Array.isArray(base) ? [...(base as unknown[])] : { ...(base as object) }) as Container;
  copy[first] = replaced(copy[first], rest, value);
  return copy;
}

function without(base: unknown, path: readonly (string | number)[]): unknown {
  const [first = "", ...rest] = path;
  const copy = (Array.isArray(base) ? [...(base as unknown[])] : { ...(base as object) }) as Container;
  if (rest.length > 0) copy[first] = without(copy[first], rest);
  else if (Array.isArray(copy)) copy.splice(Number(first), 1);
  else delete copy[first];
  return copy;
}
