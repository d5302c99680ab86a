import type { FieldChange } from "./fields.ts";
import type { Item } from "./items.ts";

/** What becomes of one item. */
export type Action = "create" | "update" | "replace" | "delete";

/** One thing that changes. */
export interface Change {
  readonly action: Action;
  /** As people and the setting `allowDataLoss` name it: the old name where both exist. */
  readonly label: string;
  readonly kind: string;
  readonly component: string;
  /** The Helm release that brings it, as `namespace/name`; undefined for a resource of the program's own. */
  readonly release?: string;
  /** What it was; undefined where it is created. */
  readonly old?: Item;
  /** What it becomes; undefined where it is deleted. */
  readonly fresh?: Item;
  /** Empty where it is created or deleted. */
  readonly fields: readonly FieldChange[];
  /** Why it cannot change in place. Empty unless it is replaced. */
  readonly reasons: readonly string[];
  /** Who refuses the change, so that `up` fails: Helm never replaces, and Pulumi only what it knows. */
  readonly fails?: string;
  /** It had another logical name, and an alias says so. */
  readonly renamedFrom?: string;
  /** A created and a deleted resource that seem to be one and the same: an alias would keep it. */
  readonly looksLike?: string;
}

/** The number of changes of each kind. */
export function counts(changes: readonly Change[]): Readonly<Record<Action, number>> {
  const number = { create: 0, update: 0, replace: 0, delete: 0 };
  for (const { action } of changes) number[action]++;
  return number;
}

const words: Readonly<Record<Action, string>> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
};

/** Changes in words: `1 created, 2 updated; in charts: 3 updated`; empty where there are none. */
export function summary(changes: readonly Change[]): string {
  const [own, inside] = [false, true].map((charted) => {
    const number = counts(changes.filter(({ release }) => (release !== undefined) === charted));
    return (["create", "update", "replace", "delete"] as const)
      .filter((action) => number[action] > 0)
      .map((action) => `${number[action]} ${words[action]}`)
      .join(", ");
  });
  return [own, inside === "" ? "" : `in charts: ${inside}`].filter((part) => part !== "").join("; ");
}
