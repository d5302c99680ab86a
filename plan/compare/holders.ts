import { recoveredFrom } from "../../components/kit/annotations.ts";
import { annotation, items, labelOf } from "./items.ts";
import type { Item } from "./items.ts";
import { bytes } from "../checks/look.ts";
import { storageRequest } from "./immutable.ts";
import type { SavedPlan } from "./schema.ts";
import { at } from "../../components/kit/unknown.ts";
import { visibleTextAt } from "./hidden.ts";

/** A claim for storage: one by itself, or a template of one for each replica. */
export interface Claim {
  readonly name: string;
  /** Bytes. */
  readonly size?: number;
  readonly storageClass?: string;
  readonly accessModes?: string;
}

/** Something whose claims hold data. */
export interface Holder {
  /** `Kind namespace/name`. */
  readonly label: string;
  readonly kind: string;
  readonly namespace: string;
  readonly component: string;
  /** The Helm release that brings it, as `namespace/name`. */
  readonly release?: string;
  /** Undefined where only the ledger knows of it: its chart was not rendered. */
  readonly item?: Item;
  readonly claims: readonly Claim[];
  readonly replicas: number;
  /** What becomes of the claims of a StatefulSet when it is deleted, and of those of a replica that goes. */
  readonly whenDeleted: "Retain" | "Delete";
  readonly whenScaled: "Retain" | "Delete";
}

/** Everything in a plan that has claims: of its own, in charts, and what the ledger says of charts that were not rendered. */
export function holders(plan: SavedPlan, all: readonly Item[] = items(plan)): Holder[] {
  const seen = all.flatMap(holderOf);
  const rendered = new Set(plan.rendered.map(({ release }) => release));
  return [...seen, ...ledgerHolders(plan).filter(({ release = "" }) => !rendered.has(release))];
}

/** What the ledger says of the claims that charts bring, rendered or not. */
export function ledgerHolders(plan: SavedPlan): Holder[] {
  const own = new Set(plan.objects.map(({ kind, namespace, name }) => labelOf(kind, namespace, name)));
  return plan.podGroups.flatMap(({ component, namespace, name, replicas, kind, claims = [] }): Holder[] => {
    const label = labelOf(kind, namespace, name);
    // The servers of an operator stand in the ledger as the StatefulSet that they are not.
    if (claims.length === 0 || own.has(label) || own.has(labelOf("Cluster", namespace, name))) return [];
    const release = releaseOf(plan, component, namespace, name);
    if (release === undefined) return [];
    const found = claims.map(({ name: claim, size, storageClass }) => ({
      name: claim,
      size: bytes(size),
      storageClass,
    }));
    const policies = { whenDeleted: "Retain", whenScaled: "Retain" } as const;
    return [{ label, kind, namespace, component, release, claims: found, replicas, ...policies }];
  });
}

/** The release that brings a group of pods: that of its component, or the one that its name starts with. */
function releaseOf(plan: SavedPlan, component: string, namespace: string, name: string): string | undefined {
  const own = plan.releases.filter((release) => release.component === component && release.namespace === namespace);
  const found = own.find((release) => name.startsWith(release.name)) ?? own[0];
  return found === undefined ? undefined : `${found.namespace}/${found.name}`;
}

function holderOf(item: Item): Holder[] {
  // A copy can be made again.
  const claims = annotation(item, recoveredFrom) === undefined ? claimsOf(item) : [];
  const { label, kind, namespace = "", component, release, body } = item;
  if (claims.length === 0) return [];
  const policy = (key: string) =>
    visibleTextAt(body, "spec", "persistentVolumeClaimRetentionPolicy", key) === "Delete" ? "Delete" : "Retain";
  const replicas = at(body, "spec", "replicas") ?? at(body, "spec", "instances");
  return [
    {
      label,
      kind,
      namespace,
      component,
      release,
      item,
      claims,
      replicas: typeof replicas === "number" ? replicas : 1,
      whenDeleted: policy("whenDeleted"),
      whenScaled: policy("whenScaled"),
    },
  ];
}

/** The claims that an object has, or makes from templates. */
export function claimsOf({ group, kind, name, body }: Item): Claim[] {
  if (group === "" && kind === "PersistentVolumeClaim") return [claimOf(name, body)];
  if (group === "postgresql.cnpg.io" && kind === "Cluster") return clusterClaims(body);
  if (kind === "StatefulSet" || isCustom(group)) return templates(at(body, "spec"));
  return [];
}

/** CloudNativePG's own notation of claims (postgresql.cnpg.io/v1, `ClusterSpec.storage`, `walStorage`, `tablespaces`). */
function clusterClaims(body: unknown): Claim[] {
  const storage = (name: string, value: unknown): Claim[] => {
    if (value === undefined) return [];
    const storageClass = visibleTextAt(value, "storageClass");
    return [{ name, size: bytes(visibleTextAt(value, "size")), storageClass }];
  };
  const tablespaces = at(body, "spec", "tablespaces");
  return [
    ...storage("data", at(body, "spec", "storage")),
    ...storage("wal", at(body, "spec", "walStorage")),
    ...(Array.isArray(tablespaces) ? tablespaces : []).flatMap((tablespace: unknown) =>
      storage(visibleTextAt(tablespace, "name") ?? "tablespace", at(tablespace, "storage")),
    ),
  ];
}

/** Claim templates wherever they stand: in a StatefulSet, or in an object from which an operator makes one. */
function templates(value: unknown): Claim[] {
  if (Array.isArray(value)) return value.flatMap(templates);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => {
    if (key === "volumeClaimTemplates" && Array.isArray(member))
      return member.map((template: unknown, index) =>
        claimOf(visibleTextAt(template, "metadata", "name") ?? String(index), template),
      );
    if (key === "volumeClaimTemplate") return [claimOf(visibleTextAt(member, "metadata", "name") ?? "data", member)];
    return templates(member);
  });
}

function claimOf(name: string, body: unknown): Claim {
  const size = storageRequest(body);
  const storageClass = visibleTextAt(body, "spec", "storageClassName");
  const modes = at(body, "spec", "accessModes");
  return {
    name,
    size,
    storageClass,
    accessModes: Array.isArray(modes) ? modes.map(String).join(", ") : undefined,
  };
}

/** API groups with a domain of their own: those of definitions, unlike `apps` or `rbac.authorization.k8s.io`. */
function isCustom(group: string): boolean {
  return group.includes(".") && !group.endsWith(".k8s.io");
}
