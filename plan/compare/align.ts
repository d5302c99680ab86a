import { isRecord } from "../../components/kit/unknown.ts";
import { byName, fieldChanges } from "./fields.ts";
import { allHidden, isHidden } from "./hidden.ts";
import type { Item } from "./items.ts";
import { without } from "./plain.ts";

// A stack's state holds real values, encrypted; a plan holds values that it makes up. What the two say of a secret cannot be
// compared, but what it is made of can: a secret changes where a generated value does from which it follows.

/**
 * The URNs of generated values in the state that the plan replaces: their inputs differ, or they follow from another such value.
 * @param pairs what the state has, and the same in the plan
 */
export function renewedValues(pairs: readonly (readonly [Item, Item])[]): Set<string> {
  const generated = pairs.filter(([{ type }]) => /^(random|tls):/.test(type));
  const renewed = new Set<string>();
  for (let size = -1; size !== renewed.size;) {
    size = renewed.size;
    for (const [old, fresh] of generated)
      if (fieldChanges(old.body, alignedItem(old, fresh, renewed).body).length > 0) renewed.add(old.urn);
  }
  return renewed;
}

/** A plan's item with the secrets and checksums of the state, where nothing of `renewed` went into them. */
export function alignedItem(old: Item, fresh: Item, renewed: ReadonlySet<string>): Item {
  const state = contentAs(fresh, old);
  const isRenewed = (key: string) => old.propertyDependencies?.[key]?.some((urn) => renewed.has(urn)) ?? false;
  const body = Object.entries(fresh.body).map(([key, member]): [string, unknown] => [
    key,
    key in state.body && !isRenewed(key === "stringData" ? "data" : key) && !isRenewed(key)
      ? aligned(state.body[key], member)
      : member,
  ]);
  return { ...fresh, body: Object.fromEntries(body) };
}

/** A Secret of the state with its content where the plan has it: as `data` or `stringData`. */
export function contentAs(fresh: Item, old: Item): Item {
  const content = old.body["stringData"];
  if (old.kind !== "Secret" || content === undefined || !("data" in fresh.body) || "stringData" in fresh.body)
    return old;
  return { ...old, body: { ...without(old.body, "stringData"), data: content } };
}

const checksum = "groundplan/checksum";

/**
 * A plan's value with what cannot be compared taken from a stack's state, or the other way round: a secret that is hidden
 * there cannot be told from one that is hidden here, and checksums are made of values that a plan makes up.
 */
export function aligned(old: unknown, fresh: unknown): unknown {
  if (isHidden(old) || isHidden(fresh) || (allHidden(old) && allHidden(fresh))) return old;
  if (isRecord(old) && isRecord(fresh))
    return Object.fromEntries(
      Object.entries(fresh).map(([key, member]) => [
        key,
        key === checksum && key in old ? old[key] : key in old ? aligned(old[key], member) : member,
      ]),
    );
  if (!Array.isArray(old) || !Array.isArray(fresh)) return fresh;
  const names = byName(old);
  return fresh.map((element: unknown, index) => {
    const partner =
      names === undefined ? (old as unknown[])[index] : names.get(String((element as { name?: unknown })?.name));
    return partner === undefined ? element : aligned(partner, element);
  });
}
