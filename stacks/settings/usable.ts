import type { z } from "zod";
import { member } from "./key.ts";
import type { Path } from "./path.ts";

/** The settings without the values that the schema rejects, so that rules between settings can still be checked. */
export interface Usable<T> {
  readonly value: T;
  /** The path of a value in the user's input, for its path in `value`. */
  readonly original: (path: Path) => PropertyKey[];
  /** Removed values, by their path in the user's input: rules must not conclude anything from their absence. */
  readonly cut: readonly Path[];
}

/** Marks a removed element of a list, until the list is closed up. */
const hole = Symbol("hole");

/**
 * Removes every value that the schema rejects, or the list element or object around it if it is required, and fills in the
 * defaults.
 *
 * @param standIns values for required top-level settings that are missing or rejected
 * @returns undefined if no usable settings are left
 */
export function usable<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  standIns: Readonly<Record<string, unknown>>,
): Usable<z.output<Schema>> | undefined {
  const root = structuredClone(input) as Record<string, unknown>;
  const cutElements = new Map<string, number[]>();
  const gone: Path[] = [];
  const original = (path: Path) => restored(path, cutElements);
  // Each round removes at least one value, so the depth of the schema limits the rounds.
  for (let round = 0; round < 20; round++) {
    const result = schema.safeParse(root);
    if (result.success) return { value: result.data, original, cut: gone };
    const cuts = new Map<string, Path>();
    for (const issue of result.error.issues) {
      const paths = issue.code === "unrecognized_keys" ? issue.keys.map((name) => [...issue.path, name]) : [issue.path];
      for (const path of paths) {
        // If an object lacks two members, remove the object once, and not its parent as well.
        if (path.some((_, at) => cuts.has(JSON.stringify(path.slice(0, at + 1))))) continue;
        const done = cut(root, path, standIns);
        cuts.set(JSON.stringify(done), done);
      }
    }
    gone.push(...[...cuts.values()].map(original));
    closeUp(root, [], cutElements);
  }
  return undefined;
}

/** Removes the value at a path, or else its parent; returns the path of the removed value. */
function cut(root: Record<string, unknown>, path: Path, standIns: Readonly<Record<string, unknown>>): Path {
  const [first] = path;
  if (first === undefined) return path;
  if (path.length === 1) {
    if (Object.hasOwn(standIns, first)) root[String(first)] = structuredClone(standIns[String(first)]);
    else delete root[String(first)];
    return path;
  }
  const parent = path.slice(0, -1).reduce(member, root as unknown);
  const last = path.at(-1) as string | number;
  if (Array.isArray(parent)) (parent as unknown[])[Number(last)] = hole;
  else if (typeof parent === "object" && parent !== null && Object.hasOwn(parent, last))
    delete (parent as Record<PropertyKey, unknown>)[last];
  else return cut(root, path.slice(0, -1), standIns);
  return path;
}

function closeUp(value: unknown, path: Path, cutElements: Map<string, number[]>): void {
  if (Array.isArray(value)) {
    const list = value as unknown[];
    for (let index = list.length - 1; index >= 0; index--) {
      if (list[index] !== hole) continue;
      list.splice(index, 1);
      const where = JSON.stringify(restored(path, cutElements));
      const before = cutElements.get(where) ?? [];
      cutElements.set(
        where,
        [...before, originalIndex(index, before)].sort((a, b) => a - b),
      );
    }
  }
  if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value))
      closeUp(inner, [...path, Array.isArray(value) ? Number(name) : name], cutElements);
  }
}

function restored(path: Path, cutElements: ReadonlyMap<string, number[]>): PropertyKey[] {
  const result: PropertyKey[] = [];
  for (const name of path) {
    const before = cutElements.get(JSON.stringify(result)) ?? [];
    result.push(typeof name === "number" ? originalIndex(name, before) : name);
  }
  return result;
}

/** The index of an element before the elements at `removed` (ascending, original indices) were removed. */
function originalIndex(index: number, removed: readonly number[]): number {
  return removed.reduce((shifted, gone) => (gone <= shifted ? shifted + 1 : shifted), index);
}
