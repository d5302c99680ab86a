import { compare, stableJson } from "../../components/kit/stable.ts";
import { isRecord } from "../../components/kit/unknown.ts";

/** One field that differs. Values are texts to be read: secrets hidden, long ones cut to where they differ. */
export interface FieldChange {
  /** Such as `spec.template.spec.containers[psql].image`: an element of a list by its name where it has one. */
  readonly path: string;
  /** Left out where the field is new. */
  readonly old?: string;
  /** Left out where the field is gone. */
  readonly new?: string;
}

/** Characters of a value that are shown. */
const shownLength = 100;

/** The fields in which two plain values differ, by path. Linear in the size of both. */
export function fieldChanges(old: unknown, fresh: unknown): FieldChange[] {
  const changes: FieldChange[] = [];
  walk("", old, fresh, changes);
  return changes;
}

/** A value as one line of at most about a hundred characters. */
export function shown(value: unknown): string {
  return cut(lineOf(value));
}

/** The last key of a path: `image` of `containers[psql].image`, the text in quotes where the key is no word. */
export function lastKey(path: string): string {
  const quoted = /\["([^"]*)"\]$/.exec(path);
  return quoted?.[1] ?? /([^.[\]]+)(?:\[[^\]]*\])*$/.exec(path)?.[1] ?? path;
}

function walk(path: string, old: unknown, fresh: unknown, changes: FieldChange[]): void {
  if (Object.is(old, fresh)) return;
  if (old === undefined) changes.push({ path, new: shown(fresh) });
  else if (fresh === undefined) changes.push({ path, old: shown(old) });
  else if (isRecord(old) && isRecord(fresh)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort(compare);
    for (const key of keys) walk(step(path, key), old[key], fresh[key], changes);
  } else if (Array.isArray(old) && Array.isArray(fresh)) walkList(path, old, fresh, changes);
  else changes.push({ path, ...difference(lineOf(old, true), lineOf(fresh, true)) });
}

/** Lists of named things (containers, volumes, variables) by name; others by content, so that one more shifts nothing. */
function walkList(path: string, old: readonly unknown[], fresh: readonly unknown[], changes: FieldChange[]): void {
  const [before, after] = [byName(old), byName(fresh)];
  if (before !== undefined && after !== undefined) {
    for (const name of new Set([...before.keys(), ...after.keys()]))
      walk(`${path}[${name}]`, before.get(name), after.get(name), changes);
    const order = [...before.keys()].filter((name) => after.has(name));
    const fresher = [...after.keys()].filter((name) => before.has(name));
    if (order.join("\n") !== fresher.join("\n"))
      changes.push({ path, ...difference(`order ${order.join(", ")}`, `order ${fresher.join(", ")}`) });
    return;
  }
  if ([...old, ...fresh].every((element) => typeof element !== "object" || element === null)) {
    const [was, is] = [stableJson(old), stableJson(fresh)];
    if (was !== is) changes.push({ path, ...difference(was, is) });
    return;
  }
  const [gone, added] = unmatched(old, fresh);
  if (gone.length === added.length) {
    gone.forEach(([index, element], at) => walk(`${path}[${index}]`, element, added[at]?.[1], changes));
    if (gone.length === 0 && old.some((element, index) => stableJson(element) !== stableJson(fresh[index])))
      changes.push({ path, old: "another order", new: "the same elements" });
    return;
  }
  for (const [index, element] of gone) walk(`${path}[${index}]`, element, undefined, changes);
  for (const [index, element] of added) walk(`${path}[${index}]`, undefined, element, changes);
}

/** The elements of each list that the other lacks, with their places. */
function unmatched(old: readonly unknown[], fresh: readonly unknown[]): [[number, unknown][], [number, unknown][]] {
  const places = Map.groupBy([...fresh.keys()], (index) => stableJson(fresh[index]));
  const gone: [number, unknown][] = [];
  const taken = new Set<number>();
  old.forEach((element, index) => {
    const match = places.get(stableJson(element))?.shift();
    if (match === undefined) gone.push([index, element]);
    else taken.add(match);
  });
  return [gone, [...fresh.entries()].filter(([index]) => !taken.has(index))];
}

/** The elements of a list by their names; undefined where one has none, or two have the same. */
export function byName(list: readonly unknown[]): Map<string, unknown> | undefined {
  const named = new Map<string, unknown>();
  for (const element of list) {
    const name = isRecord(element) ? element["name"] : undefined;
    if (typeof name !== "string" || named.has(name)) return undefined;
    named.set(name, element);
  }
  return named;
}

function step(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** A value as text; a text with several lines stays whole where it is to be compared by line. */
function lineOf(value: unknown, whole = false): string {
  if (typeof value === "string") return whole ? value : value.replaceAll("\n", "⏎");
  return stableJson(value) ?? "null";
}

/** Two texts, cut to where they differ: the first line that does, and its part that does. */
function difference(old: string, fresh: string): { old: string; new: string } {
  if (!old.includes("\n") && !fresh.includes("\n")) return cutBoth(old, fresh);
  const [before, after] = [old.split("\n"), fresh.split("\n")];
  const at = before.findIndex((line, index) => line !== after[index]);
  const first = at < 0 ? before.length : at;
  const { old: was, new: is } = cutBoth(before[first] ?? "(end)", after[first] ?? "(end)");
  return { old: `line ${first + 1}: ${was}`, new: `line ${first + 1}: ${is}` };
}

function cutBoth(old: string, fresh: string): { old: string; new: string } {
  if (old.length <= shownLength && fresh.length <= shownLength) return { old, new: fresh };
  let start = 0;
  while (start < old.length && old[start] === fresh[start]) start++;
  const from = Math.max(0, start - 20);
  return { old: cut(old, from), new: cut(fresh, from) };
}

function cut(text: string, from = 0): string {
  if (from === 0 && text.length <= shownLength) return text;
  const part = text.slice(from, from + shownLength);
  return `${from > 0 ? "…" : ""}${part}${from + part.length < text.length ? "…" : ""}`;
}
