import { compare } from "../../components/kit/stable.ts";
import { claimLosses } from "./claim-losses.ts";
import type { Change } from "./change.ts";
import type { Comparison } from "./comparison.ts";
import { identityLosses } from "./identities.ts";
import type { Loss } from "./loss.ts";
import { midpointVersions } from "./midpoint-versions.ts";
import { objectLosses } from "./object-losses.ts";
import { protectionLosses } from "./protection.ts";
import type { SavedPlan } from "./schema.ts";

/**
 * What a change would do to data, by name. The table of cases is in docs/data-loss.md.
 *
 * @param allow names that may be lost: the setting `allowDataLoss` of the head
 */
export function dataLoss(comparison: Comparison, base: SavedPlan, head: SavedPlan, allow: readonly string[]): Loss[] {
  const risks = [
    ...protectionLosses(comparison),
    ...objectLosses(comparison, base),
    ...claimLosses(comparison, base, head),
    ...identityLosses(base, head),
    ...midpointVersions(base, head),
  ];
  const allowed = new Set(allow);
  const byName = Map.groupBy(risks, ({ name }) => name);
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
