import { compare } from "../../components/kit/stable.ts";
import type { Change } from "./change.ts";
import { consequences } from "./consequences.ts";
import type { Consequences } from "./consequences.ts";
import { alignedItem, contentAs, renewedValues } from "./align.ts";
import { fieldChanges } from "./fields.ts";
import type { FieldChange } from "./fields.ts";
import { obstacles } from "./immutable.ts";
import { annotation, items } from "./items.ts";
import type { Item } from "./items.ts";
import { renames } from "./renames.ts";
import type { SavedPlan } from "./schema.ts";

/** A release whose objects take no part in the comparison, and why. */
export interface Unknown {
  readonly release: string;
  readonly reason: string;
}

/** What a change of the settings or the program does to a stack. Plain data, in a stable order. */
export interface Comparison {
  readonly base: Side;
  readonly head: Side;
  /** The settings that differ, as paths. */
  readonly settings: readonly FieldChange[];
  /** By component, release, label. */
  readonly changes: readonly Change[];
  readonly consequences: Consequences;
  readonly unknown: readonly Unknown[];
}

/** What was compared. */
export interface Side {
  readonly stack: string;
  readonly domain: string;
  readonly context: string;
  readonly profile?: "prod" | "dev";
  readonly origin: "plan" | "export";
}

/**
 * Compares two plans of a stack: what is deployed, and what would be. Resources are matched by URN and alias, the objects of
 * charts by release, kind and name. Linear in the number of things in both plans.
 */
export function comparePlans(base: SavedPlan, head: SavedPlan): Comparison {
  const unrendered = unknownReleases(base, head);
  const skipped = new Set(unrendered.map(({ release }) => release));
  const comparable = (plan: SavedPlan) =>
    items(plan).filter(({ release }) => release === undefined || !skipped.has(release));
  const [before, after] = [comparable(base), comparable(head)];
  const across = base.origin !== head.origin;
  const { pairs, gone, added } = matched(before, after);
  const renewed = across ? renewedValues(pairs) : new Set<string>();
  const similar = renames(gone, added);
  const changes = [
    ...pairs.flatMap(([old, fresh]) =>
      across ? changed(contentAs(fresh, old), alignedItem(old, fresh, renewed)) : changed(old, fresh),
    ),
    ...gone.map((old) => oneSided("delete", old, similar.get(old))),
    ...added.map((fresh) => oneSided("create", fresh, similar.get(fresh))),
  ].sort(byPlace);
  const labels = new Set(changes.map(({ label }) => label));
  return {
    base: side(base),
    head: side(head),
    settings: across ? [] : fieldChanges(base.settings, head.settings),
    changes,
    consequences: consequences(changes, base, head, skipped),
    // What did not change renders to what it was.
    unknown: unrendered.filter(({ release }) => labels.has(`Release ${release}`)),
  };
}

/** Releases whose chart one of the plans did not render. */
function unknownReleases(base: SavedPlan, head: SavedPlan): Unknown[] {
  const reasons = new Map(
    [...base.notRendered, ...head.notRendered].map(({ release, reason }) => [release, reason] as const),
  );
  return [...reasons].map(([release, reason]) => ({ release, reason })).sort((a, b) => compare(a.release, b.release));
}

interface Matches {
  readonly pairs: readonly (readonly [Item, Item])[];
  readonly gone: readonly Item[];
  readonly added: readonly Item[];
}

function matched(before: readonly Item[], after: readonly Item[]): Matches {
  const old = new Map(before.map((item) => [item.id, item]));
  const taken = new Set<string>();
  const pairs: [Item, Item][] = [];
  const pair = (id: string, fresh: Item): boolean => {
    const found = taken.has(id) ? undefined : old.get(id);
    if (found === undefined) return false;
    taken.add(id);
    pairs.push([found, fresh]);
    return true;
  };
  // Names first: an alias may name what another resource is called by now.
  const rest = after.filter((fresh) => !pair(fresh.id, fresh));
  const added = rest.filter((fresh) => !fresh.aliases.some((alias) => pair(alias, fresh)));
  return { pairs, gone: before.filter(({ id }) => !taken.has(id)), added };
}

function changed(old: Item, fresh: Item): Change[] {
  const fields = [
    ...fieldChanges(old.body, fresh.body),
    ...fieldChanges(options(old), options(fresh)).map((field) => ({ ...field, path: `(${field.path})` })),
  ];
  const renamed = old.id === fresh.id ? {} : { renamedFrom: logicalName(old) };
  if (fields.length === 0 && old.id === fresh.id) return [];
  const found = obstacles(old, fresh);
  return [
    {
      action: found.length === 0 ? "update" : "replace",
      ...named(old),
      // Removed and added components hold their parts by the new name.
      component: fresh.component,
      old,
      fresh,
      fields,
      reasons: found.map(({ reason }) => reason),
      ...failure(old, fresh, found),
      ...renamed,
    },
  ];
}

/** Options of a resource that decide on its fate. */
function options({ protect, retainOnDelete }: Item) {
  return { protect, retainOnDelete };
}

function failure(old: Item, fresh: Item, found: readonly { refused: boolean }[]): { fails?: string } {
  if (found.length === 0) return {};
  if (old.release !== undefined) {
    // Helm deletes a hook before it runs again; everything else it changes in place, or not at all.
    if (annotation(fresh, "helm.sh/hook") !== undefined) return {};
    return {
      fails: `the upgrade of ${old.release} fails: Helm changes objects in place, and the API server refuses this`,
    };
  }
  return found.some(({ refused }) => refused)
    ? { fails: "the update fails: the API server refuses this, and Pulumi does not recreate the object" }
    : {};
}

function oneSided(action: "create" | "delete", item: Item, twin: Item | undefined): Change {
  return {
    action,
    ...named(item),
    ...(action === "create" ? { fresh: item } : { old: item }),
    fields: [],
    reasons: [],
    looksLike: twin === undefined ? undefined : logicalName(twin),
  };
}

function named({ label, kind, component, release }: Item) {
  return { label, kind, component, release };
}

function logicalName({ id, release, label }: Item): string {
  return release === undefined ? (id.split("::").at(-1) ?? id) : label;
}

function side({ stack, domain, context, profile, origin }: SavedPlan): Side {
  return { stack, domain, context, profile, origin };
}

function byPlace(a: Change, b: Change): number {
  const key = ({ component, release = "", label, action }: Change) => `${component}\n${release}\n${label}\n${action}`;
  return compare(key(a), key(b));
}
