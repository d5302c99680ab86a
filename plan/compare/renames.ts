import { distance } from "fastest-levenshtein";
import { compare, shortHash, stableJson } from "../../components/kit/stable.ts";
import { labelOf } from "./items.ts";
import type { Item } from "./items.ts";

/** Pairs of one type that are looked at one by one; beyond, only equal content counts. */
const nearPairs = 400;
/** The part of its fields that a renamed resource may change besides. */
const nearEnough = 0.8;

/**
 * What is deleted and created at once, and is probably one and the same under another logical name: the same Kubernetes object,
 * or nearly the same inputs of one type. Each points to the other.
 */
export function renames(gone: readonly Item[], added: readonly Item[]): Map<Item, Item> {
  const twins = new Map<Item, Item>();
  const marry = (old: Item, fresh: Item) => twins.set(old, fresh).set(fresh, old);
  // Of several that fit equally the first is taken: in one order, whatever that of the plans.
  const [left, come] = [gone, added].map((list) => [...list].sort((a, b) => compare(a.id, b.id)));
  const free = (list: readonly Item[] = []) => list.filter((item) => item.release === undefined && !twins.has(item));

  const objects = new Map(free(left).flatMap((item) => (isObject(item) ? [[identity(item), item] as const] : [])));
  for (const fresh of free(come)) {
    const old = isObject(fresh) ? objects.get(identity(fresh)) : undefined;
    if (old !== undefined && !twins.has(old)) marry(old, fresh);
  }

  const same = Map.groupBy(free(left), (item) => `${item.type} ${shortHash(stableJson(comparable(item)), 32)}`);
  for (const fresh of free(come)) {
    const key = `${fresh.type} ${shortHash(stableJson(comparable(fresh)), 32)}`;
    const candidates = (same.get(key) ?? []).filter((old) => !twins.has(old));
    // Inputs that say little are the same for strangers too, such as those of two passwords: their names must be akin.
    const old = candidates.length > nearPairs ? undefined : nearest(fresh, candidates);
    if (old !== undefined && (saysMuch(fresh) || akin(old, fresh))) marry(old, fresh);
  }

  const byType = Map.groupBy(free(left), ({ type }) => type);
  for (const [type, fresher] of Map.groupBy(free(come), (item) => item.type)) {
    const old = byType.get(type) ?? [];
    if (old.length * fresher.length > nearPairs) continue;
    for (const fresh of fresher) {
      const near = old.filter(
        (item) => !twins.has(item) && saysMuch(item) && akin(item, fresh) && likeness(item, fresh) >= nearEnough,
      );
      const best = nearest(fresh, near);
      if (best !== undefined) marry(best, fresh);
    }
  }
  return twins;
}

function isObject({ type }: Item): boolean {
  return type.startsWith("kubernetes:");
}

function identity({ group, kind, namespace, name }: Item): string {
  return `${group} ${labelOf(kind, namespace, name)}`;
}

/** Inputs without what follows from the name: an object's own name and labels. */
function comparable({ body }: Item): unknown {
  const { metadata, ...rest } = body as { metadata?: Record<string, unknown> };
  if (metadata === undefined) return rest;
  return { ...rest, namespace: metadata["namespace"] };
}

function nearest(item: Item, candidates: readonly Item[]): Item | undefined {
  let best: Item | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const cost = distance(logical(item), logical(candidate));
    if (cost < least) [best, least] = [candidate, cost];
  }
  return best;
}

function akin(a: Item, b: Item): boolean {
  return distance(logical(a), logical(b)) <= Math.max(logical(a).length, logical(b).length) / 2;
}

function logical({ id }: Item): string {
  return id.split("::").at(-1) ?? id;
}

function saysMuch(item: Item): boolean {
  return item.type.startsWith("kubernetes:") && leaves(comparable(item)).size >= 4;
}

/** The part of the fields of two items, by path and value, that both have. */
function likeness(a: Item, b: Item): number {
  const [one, other] = [leaves(comparable(a)), leaves(comparable(b))];
  const shared = [...one].filter((leaf) => other.has(leaf)).length;
  return shared / Math.max(one.size, other.size, 1);
}

function leaves(value: unknown, path = "", found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found.add(`${path}=${String(value)}`);
  for (const [key, member] of Object.entries(value)) leaves(member, `${path}/${key}`, found);
  return found;
}
