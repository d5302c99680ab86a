import { formatBytes } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import type { Change } from "./change.ts";
import { fieldChanges, lastKey } from "./fields.ts";
import type { FieldChange } from "./fields.ts";
import { claimsOf, ledgerHolders } from "./holders.ts";
import type { Claim } from "./holders.ts";
import { annotation, items } from "./items.ts";
import type { Item } from "./items.ts";
import type { SavedPlan } from "./schema.ts";
import { visibleTextAt } from "./hidden.ts";

/** What a change sets in motion on the cluster. */
export interface Consequences {
  readonly restarts: readonly Restart[];
  readonly jobs: readonly JobRun[];
  readonly rotations: readonly Rotation[];
  /** Why `up` will fail. */
  readonly failures: readonly Failure[];
}

/** Pods that are replaced by new ones. */
export interface Restart {
  /** Such as `Deployment sysdb/pgsqlha-pgpool`; a release where its chart was not rendered. */
  readonly label: string;
  readonly release?: string;
  readonly causes: readonly string[];
}

/** A Job that runs. */
export interface JobRun {
  readonly label: string;
  readonly release?: string;
  readonly why: string;
}

/** A generated secret that gets another value. */
export interface Rotation {
  readonly credential: string;
  readonly from: number;
  readonly to: number;
  /** What happens then; starts with `refused: ` where it must not be. */
  readonly recipe: string;
  readonly consumers: readonly string[];
}

/** A change that is refused while it is applied. */
export interface Failure {
  readonly label: string;
  readonly release?: string;
  readonly reason: string;
  /** What to do instead, where there is a way. */
  readonly remedy?: string;
}

/**
 * @param changes all of them
 * @param unrendered releases whose objects take no part in the comparison
 */
export function consequences(
  changes: readonly Change[],
  base: SavedPlan,
  head: SavedPlan,
  unrendered: ReadonlySet<string>,
): Consequences {
  return {
    restarts: [...changes.flatMap(restart), ...hiddenRestarts(changes, unrendered)].sort(byLabel),
    jobs: [...changes.flatMap(jobRun), ...hooks(changes, head)].sort(byLabel),
    rotations: rotations(base, head),
    failures: [...changes.flatMap(failure), ...hiddenFailures(base, head, unrendered)].sort(byLabel),
  };
}

const workloads = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

function restart({ action, label, release, kind, old, fresh, fields, fails }: Change): Restart[] {
  if (old === undefined || fresh === undefined || fails !== undefined) return [];
  const place = { label, release };
  if (workloads.has(kind)) {
    if (action === "replace") return [{ ...place, causes: ["it is recreated"] }];
    const template = fields.filter(({ path }) => path.startsWith("spec.template."));
    if (template.length === 0) return [];
    const waits = visibleTextAt(fresh.body, "spec", "updateStrategy", "type") === "OnDelete";
    return [
      {
        ...place,
        causes: [
          ...causesOf(template),
          ...(waits ? ["only after its pods are deleted (updateStrategy OnDelete)"] : []),
        ],
      },
    ];
  }
  // CloudNativePG rolls its servers and poolers by itself, one at a time.
  if (fresh.group !== "postgresql.cnpg.io" || !["Cluster", "Pooler"].includes(kind)) return [];
  const rolling = fields.filter(({ path }) =>
    /^spec\.(imageName|plugins|resources|postgresql|affinity|template|pgbouncer)/.test(path),
  );
  return rolling.length === 0 ? [] : [{ ...place, causes: causesOf(rolling) }];
}

/** What changes in a pod, in words. */
function causesOf(fields: readonly FieldChange[]): string[] {
  const causes = fields.map((field) => {
    const { path } = field;
    const key = lastKey(path);
    if (key === "image" || key === "imageName") return `image ${field.old ?? "none"} → ${field.new ?? "none"}`;
    if (/checksum/i.test(path) && key !== "chartChecksum") return "a Secret or ConfigMap that it uses";
    if (path.includes(".resources")) return "requests and limits";
    if (/\.env(From)?\b/.test(path)) return "environment variables";
    if (/\.(labels|annotations)\b/.test(path)) return "labels or annotations of its pods";
    return "its pods' settings";
  });
  return [...new Set(causes)].sort(compare);
}

/** Of a release that is not rendered, only its values can say whether pods restart. */
function hiddenRestarts(changes: readonly Change[], unrendered: ReadonlySet<string>): Restart[] {
  return changes.flatMap(({ action, label, kind, fields }) => {
    if (kind !== "Release" || action !== "update" || !unrendered.has(label.slice("Release ".length))) return [];
    const values = fields.filter(({ path }) => /^(values|chart|version)\b/.test(path));
    if (values.length === 0) return [];
    const known = values.filter(({ path }) => /checksum|image|resources|podAnnotations/i.test(path));
    return [{ label, causes: known.length > 0 ? causesOf(known) : ["possibly: its chart was not rendered"] }];
  });
}

function jobRun({ action, label, release, kind, reasons, fresh, fails }: Change): JobRun[] {
  if (kind !== "Job" || fresh === undefined || fails !== undefined) return [];
  const place = { label, release };
  if (isHook(fresh)) return [];
  if (action === "create") return [{ ...place, why: "it is new" }];
  return action === "replace" && release === undefined
    ? [{ label: fresh.label, why: `it is recreated (${reasons.join("; ")})` }]
    : [];
}

/** Jobs that Helm runs at each upgrade of their release, changed or not. */
function hooks(changes: readonly Change[], head: SavedPlan): JobRun[] {
  const touched = new Map(
    changes.flatMap(({ kind, action, label }) =>
      kind === "Release" && action !== "delete" ? [[label.slice("Release ".length), action] as const] : [],
    ),
  );
  if (touched.size === 0) return [];
  return items(head).flatMap((item) => {
    const action = item.release === undefined ? undefined : touched.get(item.release);
    const hook = annotation(item, "helm.sh/hook");
    if (item.kind !== "Job" || action === undefined || hook === undefined) return [];
    const runs = hook.includes(action === "update" ? "upgrade" : "install");
    return runs ? [{ label: item.label, release: item.release, why: `a hook of the chart (${hook})` }] : [];
  });
}

function isHook(item: Item): boolean {
  return annotation(item, "helm.sh/hook") !== undefined;
}

function rotations(base: SavedPlan, head: SavedPlan): Rotation[] {
  const before = new Map(base.credentials.map((credential) => [credential.name, credential]));
  return head.credentials.flatMap(({ name, rotation, recipe, consumers }) => {
    const from = before.get(name)?.rotation;
    if (from === undefined || from === rotation) return [];
    return [{ credential: name, from, to: rotation, recipe, consumers }];
  });
}

function failure({ fails, label, kind, release, reasons, old, fresh }: Change): Failure[] {
  if (fails === undefined) return [];
  const remedy =
    kind === "StatefulSet" && old !== undefined && fresh !== undefined
      ? remedyOf(old.namespace ?? "", old.name, claimsOf(old), claimsOf(fresh))
      : undefined;
  return [{ label, release, reason: `${fails}: ${reasons.join("; ")}`, remedy }];
}

/** How to change claim templates, which depends on whether a claim would shrink. */
function remedyOf(namespace: string, name: string, before: readonly Claim[], after: readonly Claim[]): string {
  const sizes = new Map(before.map((claim) => [claim.name, claim.size]));
  const smaller = after.some(({ name: claim, size }) => (size ?? Infinity) < (sizes.get(claim) ?? 0));
  return smaller
    ? "a claim cannot shrink: keep its size, or move the data to new servers (docs/recovery.md)"
    : orphaning(namespace, name);
}

/** How a StatefulSet gets other templates while its pods keep running: the recreated one adopts its pods and claims. */
function orphaning(namespace: string, name: string): string {
  return `kubectl delete statefulset ${name} -n ${namespace} --cascade=orphan first: it keeps the pods and claims; resize a claim with kubectl patch`;
}

/** A chart that was not rendered: the ledger knows the claim templates of its StatefulSets, which Helm cannot change. */
function hiddenFailures(base: SavedPlan, head: SavedPlan, unrendered: ReadonlySet<string>): Failure[] {
  if (unrendered.size === 0) return [];
  const before = new Map(ledgerHolders(base).map((holder) => [holder.label, holder]));
  return ledgerHolders(head).flatMap(({ label, kind, release, claims }) => {
    const old = before.get(label);
    if (kind !== "StatefulSet" || release === undefined || !unrendered.has(release) || old?.release !== release)
      return [];
    const readable = (list: readonly Claim[]) =>
      list.map(({ name, size, storageClass }) => ({
        name,
        size: size === undefined ? undefined : formatBytes(size),
        storageClass,
      }));
    const fields = fieldChanges(readable(old.claims), readable(claims));
    if (fields.length === 0) return [];
    const what = fields
      .map(({ path, old: was, new: is }) => `${path} ${was ?? "default"} → ${is ?? "default"}`)
      .join(", ");
    const reason = `the upgrade of ${release} fails: Helm cannot change claim templates (${what})`;
    const name = label.slice(label.indexOf("/") + 1);
    return [{ label, release, reason, remedy: remedyOf(old.namespace, name, old.claims, claims) }];
  });
}

function byLabel(a: { label: string }, b: { label: string }): number {
  return compare(a.label, b.label);
}
