import { compare } from "../../components/kit/stable.ts";
import { claimLosses } from "./claim-losses.ts";
import type { Change, Comparison } from "./comparison.ts";
import { identityLosses } from "./identities.ts";
import { objectLosses } from "./object-losses.ts";
import { protectionLosses } from "./protection.ts";
import type { SavedPlan } from "./schema.ts";

/** What becomes of data. */
export type Effect =
  /** It is gone, unless the volume behind it is kept by its storage class. */
  | "destroyed"
  /** It stays on its volume or server, but what replaces its owner starts empty. */
  | "orphaned"
  /** What was encrypted or signed with it cannot be read or is not trusted any more. */
  | "unreadable"
  /** Nothing happens to it yet, but what kept it from the next mistake is gone. */
  | "exposed"
  /** The change cannot be made to what holds the data: only to what would replace it. */
  | "impossible"
  /** It stays as it is. */
  | "kept";

/** Data that a change touches. */
export interface Loss {
  /** As the setting `allowDataLoss` names it: `Namespace sysdb`, `PersistentVolume rdm-data`, `Release sysdb/pgsqlha`. */
  readonly name: string;
  /** `refused` stops the change; `allowed` is named in `allowDataLoss`; `note` is only worth knowing. */
  readonly status: "refused" | "allowed" | "note";
  readonly effect: Effect;
  /** What happens: one sentence without a full stop. */
  readonly reason: string;
  /** What to do: one sentence without a full stop. */
  readonly remedy: string;
  /** Pulumi itself stops, since the resource is protected. */
  readonly protected: boolean;
}

/** What a rule finds; whether it is allowed is decided afterwards. */
export interface Finding {
  readonly name: string;
  readonly effect: Effect;
  readonly reason: string;
  readonly remedy: string;
  readonly change?: Change;
}

/**
 * What a change would do to data, by name. The table of cases is in docs/data-loss.md.
 *
 * @param allow names that may be lost: the setting `allowDataLoss` of the head
 */
export function dataLoss(comparison: Comparison, base: SavedPlan, head: SavedPlan, allow: readonly string[]): Loss[] {
  const findings = [
    ...protectionLosses(comparison),
    ...objectLosses(comparison, base),
    ...claimLosses(comparison, base, head),
    ...identityLosses(base, head),
  ];
  const allowed = new Set(allow);
  const byName = Map.groupBy(findings, ({ name }) => name);
  return [...byName]
    .map(([name, all]): Loss => {
      const grave = all.filter(({ effect }) => effect !== "kept");
      const [first] = grave.length > 0 ? grave : all;
      const told = grave.length > 0 ? grave : all;
      return {
        name,
        status: grave.length === 0 ? "note" : allowed.has(name) ? "allowed" : "refused",
        effect: first?.effect ?? "kept",
        reason: [...new Set(told.map(({ reason }) => reason))].join("; "),
        remedy: [...new Set(told.map(({ remedy }) => remedy))].join("; "),
        protected: all.some(({ change }) => change !== undefined && isBlocked(change)),
      };
    })
    .sort((a, b) => compare(order(a), order(b)));
}

/** The losses that stop a change. */
export function refused(losses: readonly Loss[]): Loss[] {
  return losses.filter(({ status }) => status === "refused");
}

/** Entries of `allowDataLoss` that allow nothing in this change, and would allow the next loss of that name. */
export function staleAllowances(losses: readonly Loss[], allow: readonly string[]): string[] {
  const used = new Set(losses.filter(({ status }) => status === "allowed").map(({ name }) => name));
  return allow.filter((name) => !used.has(name));
}

/** Pulumi deletes nothing that its state protects, and replaces nothing that stays protected. */
function isBlocked({ action, old, fresh }: Change): boolean {
  if (action === "delete") return old?.protect === true;
  return action === "replace" && old?.protect === true && fresh?.protect === true;
}

const severity = ["refused", "allowed", "note"];

function order({ status, name }: Loss): string {
  return `${severity.indexOf(status)} ${name}`;
}
