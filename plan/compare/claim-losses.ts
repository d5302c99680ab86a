import { formatBytes } from "../../components/kit/quantities.ts";
import type { Change } from "./change.ts";
import type { Comparison } from "./comparison.ts";
import { holders } from "./holders.ts";
import type { Claim, Holder } from "./holders.ts";
import { items } from "./items.ts";
import type { Risk } from "./loss.ts";
import { kept, leavingReleases, listed, retainingClasses, stays, withVolumes } from "./object-losses.ts";
import type { SavedPlan } from "./schema.ts";

type Told = Omit<Risk, "name" | "change">;

/** Claims at risk: of StatefulSets, of operators' objects, alone, and of whole releases. */
export function claimLosses({ changes }: Comparison, base: SavedPlan, head: SavedPlan): Risk[] {
  const all = items(base);
  const old = holders(base, all);
  const fresh = new Map(holders(head).map((holder) => [place(holder), holder]));
  const byLabel = new Map(changes.map((change) => [`${change.release ?? ""} ${change.label}`, change]));
  const unseen = new Set(head.notRendered.map(({ release }) => release));
  const retained = retainingClasses(all);
  const leaving = leavingReleases(changes);
  const namespaces = new Set(
    changes.flatMap(({ kind, action, old: was }) =>
      kind === "Namespace" && goes(action) && was?.retainOnDelete === false ? [was.name] : [],
    ),
  );
  return [
    ...[...leaving.values()].flatMap((change) => ofRelease(change, old, namespaces, retained)),
    ...old.flatMap((holder): Risk[] => {
      const change = byLabel.get(`${holder.release ?? ""} ${holder.label}`);
      // Claims of a release are listed under the release.
      if (holder.release !== undefined && leaving.has(`Release ${holder.release}`)) return [];
      const told = ofHolder(
        holder,
        change,
        fresh.get(place(holder)),
        holder.release !== undefined && unseen.has(holder.release),
      );
      if (told === undefined) return [];
      const risk = withVolumes(told, [holder], retained);
      return [{ name: holder.label, ...risk, change }];
    }),
  ];
}

/** Holders are matched by what they are, wherever a plan knows them from. */
function place({ label, release }: Holder): string {
  return `${release ?? ""} ${label}`;
}

function goes(action: Change["action"]): boolean {
  return action === "delete" || action === "replace";
}

/** @param namespaces those that are deleted with everything in them */
function ofRelease(
  change: Change,
  all: readonly Holder[],
  namespaces: ReadonlySet<string>,
  retained: ReadonlySet<string>,
): Risk[] {
  const { label, old, action } = change;
  if (old === undefined) return [];
  const own = all.filter(({ release }) => `Release ${release}` === label);
  if (own.length === 0 && !old.protect && !old.retainOnDelete) return [];
  const risk = (told: Told): Risk[] => [{ name: label, change, ...withVolumes(told, own, retained) }];
  if (action === "delete" && stays(old)) return risk(kept(old));
  const remedy = "save the data first (docs/recovery.md), then name it in allowDataLoss";
  const what = own.length === 0 ? "what it holds" : `the claims of ${listed(own)}`;
  if (action === "replace" && old.retainOnDelete)
    return risk({
      effect: "orphaned",
      reason: `the old release stays with its data, and the new one starts empty`,
      remedy,
    });
  const removed = own.some(({ kind, item, whenDeleted }) =>
    kind === "StatefulSet" ? whenDeleted === "Delete" : item === undefined || !stays(item),
  );
  if (removed || namespaces.has(old.namespace ?? ""))
    return risk({ effect: "destroyed", reason: `Helm uninstalls it, and ${what} go with it`, remedy });
  return risk({
    effect: "orphaned",
    reason: `Helm uninstalls it: ${what} stay as long as their namespace, and nothing uses or backs them up`,
    remedy,
  });
}

/** @param unseen the head's chart was not rendered, so that only the ledger could know the holder */
function ofHolder(
  old: Holder,
  change: Change | undefined,
  fresh: Holder | undefined,
  unseen: boolean,
): Told | undefined {
  if (change?.action === "delete") return ofDeleted(old);
  if (change?.action === "replace" && change.fails === undefined) return ofReplaced(old, change, fresh);
  if (fresh === undefined) {
    // Without a change its object was not rendered: then only the two ledgers show that it is gone.
    const known = change !== undefined || (old.item === undefined && unseen);
    return known ? allGone(old) : undefined;
  }
  // A chart's claims change in place or not at all: Helm fails first, which the consequences tell.
  const fixed = old.release === undefined ? ofChanged(old, fresh) : undefined;
  return fixed ?? ofPolicy(old, fresh);
}

function ofDeleted(old: Holder): Told {
  const { item, kind, whenDeleted } = old;
  if (item !== undefined && stays(item)) return kept(item);
  const remedy = "save the data first (docs/recovery.md), then name it in allowDataLoss";
  if (kind === "PersistentVolumeClaim")
    return { effect: "destroyed", reason: "the claim is deleted, and its volume with it", remedy };
  if (kind === "StatefulSet" && whenDeleted === "Retain")
    return {
      effect: "orphaned",
      reason: `its claims (${names(old.claims)}) stay as long as their namespace, and nothing uses or backs them up`,
      remedy,
    };
  const who = kind === "StatefulSet" ? "Kubernetes" : "its operator";
  return { effect: "destroyed", reason: `${who} deletes its claims (${names(old.claims)}) with it`, remedy };
}

function ofReplaced(old: Holder, { old: was, fresh: is, reasons }: Change, fresh: Holder | undefined): Told {
  const why = reasons.join("; ");
  const what = old.kind === "PersistentVolumeClaim" ? "its volume" : "its claims";
  const remedy = "undo this part of the change, or save the data first and restore it afterwards";
  const moved = was?.name !== is?.name || was?.namespace !== is?.namespace;
  if (moved)
    return {
      effect: old.kind === "StatefulSet" && old.whenDeleted === "Retain" ? "orphaned" : "destroyed",
      reason: `another object takes its place and starts empty (${why})`,
      remedy,
    };
  if (old.kind !== "StatefulSet" || old.whenDeleted === "Delete")
    return { effect: "destroyed", reason: `it is deleted with ${what} and recreated, empty (${why})`, remedy };
  const changed = fresh === undefined ? allGone(old) : ofChanged(old, fresh);
  return (
    changed ?? {
      effect: "kept",
      reason: `it is recreated, and its pods are down meanwhile; it adopts its claims at their present size (${why})`,
      remedy: "where a template requests more, resize the claims themselves with kubectl patch",
    }
  );
}

/** What becomes of claims whose templates differ. */
function ofChanged(old: Holder, fresh: Holder): Told | undefined {
  const now = new Map(fresh.claims.map((claim) => [claim.name, claim]));
  const gone = old.claims.filter(({ name }) => !now.has(name));
  if (gone.length > 0)
    return old.kind === "Cluster"
      ? {
          effect: "impossible",
          reason: `the operator refuses to remove storage from a server (${names(gone)})`,
          remedy: "keep it, or make another server and move the databases",
        }
      : {
          effect: "orphaned",
          reason: `its pods lose the claims ${names(gone)} and start without their data`,
          remedy: "keep the claim's name, or move the data before its template is removed",
        };
  const pairs = old.claims.flatMap((claim) => {
    const is = now.get(claim.name);
    return is === undefined ? [] : [[claim, is] as const];
  });
  const shrunk = pairs.filter(([was, is]) => was.size !== undefined && is.size !== undefined && is.size < was.size);
  if (shrunk.length > 0)
    return {
      effect: "impossible",
      reason: `a claim never shrinks: ${shrunk.map(([was, is]) => `${was.name} ${size(was)} → ${size(is)}`).join(", ")}`,
      remedy: "keep the size; to shrink, make another one, move the data, and delete this one",
    };
  const other = pairs.filter(
    ([was, is]) => isOther(was.storageClass, is.storageClass) || isOther(was.accessModes, is.accessModes),
  );
  // CloudNativePG takes another class for servers that it makes from then on; those that run keep theirs.
  if (other.length === 0 || old.kind === "Cluster") return undefined;
  return {
    effect: "impossible",
    reason: `existing claims keep their class and access modes (${names(other.map(([was]) => was))}); only new claims get the new ones`,
    remedy: "make another one with the new class, and move the data",
  };
}

/** What becomes of claims that stay, for now. */
function ofPolicy(old: Holder, fresh: Holder): Told | undefined {
  if (old.whenDeleted === "Retain" && fresh.whenDeleted === "Delete")
    return {
      effect: "exposed",
      reason: "after this change, deleting it deletes its claims",
      remedy: "keep persistentVolumeClaimRetentionPolicy.whenDeleted at Retain",
    };
  if (fresh.kind === "StatefulSet" && fresh.whenScaled === "Delete" && fresh.replicas < old.replicas)
    return {
      effect: "destroyed",
      reason: `with ${fresh.replicas} instead of ${old.replicas} replicas, Kubernetes deletes the claims of the removed replicas`,
      remedy: "set persistentVolumeClaimRetentionPolicy.whenScaled to Retain first",
    };
  return undefined;
}

function allGone(old: Holder): Told {
  return {
    effect: "orphaned",
    reason: `it loses the claims ${names(old.claims)}: its pods start without their data`,
    remedy: "keep the claims, or move the data before they are removed",
  };
}

function isOther(was: string | undefined, is: string | undefined): boolean {
  return was !== undefined && is !== undefined && was !== is;
}

function names(claims: readonly Claim[]): string {
  return claims.map(({ name }) => name).join(", ");
}

function size({ size: bytes }: Claim): string {
  return bytes === undefined ? "unknown" : formatBytes(bytes);
}
