import type { z } from "zod";
import { member } from "./key.ts";
import { leadsTo } from "./path.ts";
import type { Path } from "./path.ts";

/** What is left of the settings when what the schema refuses is cut out, so that rules between settings can still be checked. */
export interface Usable<T> {
  readonly value: T;
  /** The path at which something stands in what the user wrote, given its path in `value`. */
  readonly original: (path: Path) => PropertyKey[];
  /** What was cut out, by its path in what the user wrote: rules must conclude nothing from its absence. */
  readonly cut: readonly Path[];
}

/** Stands for an element of a list that was cut out, until the list is closed up. */
const hole = Symbol("hole");

/**
 * Cuts out every value that the schema refuses, with the list element or object around it where it cannot do without, and
 * fills in the defaults.
 *
 * @param standIns values for required top-level settings that are missing or refused
 * @returns undefined where nothing usable is left
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
  // Each round removes at least one value, so the depth of the schema bounds the rounds.
  for (let round = 0; round < 20; round++) {
    const result = schema.safeParse(root);
    if (result.success) return { value: result.data, original, cut: gone };
    const cuts: Path[] = [];
    for (const issue of result.error.issues) {
      const paths = issue.code === "unrecognized_keys" ? issue.keys.map((name) => [...issue.path, name]) : [issue.path];
      for (const path of paths) {
        // Two members that an object lacks cut the object once, not what is around it as well.
        if (!cuts.some((done) => leadsTo(done, path))) cuts.push(cut(root, path, standIns));
      }
    }
    gone.push(...cuts.map(original));
    closeUp(root, [], cutElements);
  }
  return undefined;
}

/** Takes out what stands at a path, or else what is around it; gives the path of what went. */
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

/** The index that an element had before those of `removed` (ascending, original indices) went. */
function originalIndex(index: number, removed: readonly number[]): number {
  return removed.reduce((shifted, gone) => (gone <= shifted ? shifted + 1 : shifted), index);
}
