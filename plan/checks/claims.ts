import type { PodGroup } from "../../components/kit/ledger.ts";
import { at, list, text, whole } from "../../components/kit/unknown.ts";
import { nearest } from "../../stacks/settings/problems.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf } from "./inventory.ts";

/** Checks of existing volumes, which are bound to claims by name. */
export const claimChecks: readonly Check[] = [
  {
    id: "GP115",
    title: "Existing volumes are for claims that the stack creates",
    severity: "error",
    reason:
      "A volume is bound to its claim by name. With a wrong name, the component gets a new, empty volume, and the old one waits unused.",
    fix: "Correct storage.volumes[].claim: its namespace, or its name.",
    examine: knownClaims,
  },
];

function knownClaims(plan: Plan): Examination {
  const examination = new Examination();
  const claims = claimsOf(plan);
  for (const { claim, name } of plan.settings.storage.volumes) {
    const here = claims.get(claim.namespace);
    // Claims of an application that others deploy are unknown.
    if (here === undefined && !claimedElsewhere(claims, claim.name)) continue;
    const object = `PersistentVolume ${name}`;
    examination.look(object);
    if (here?.has(claim.name) === true) continue;
    const near = nearestClaim(claims, claim);
    const meant = near === undefined ? "" : `; did you mean ${near}?`;
    examination.find(object, `is for the claim ${claim.namespace}/${claim.name}, which no component creates${meant}`);
  }
  return examination;
}

/** The names of all claims that a plan creates, by namespace: those of charts are known from the ledger. */
export function claimsOf(plan: Plan): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const add = (namespace: string, names: readonly string[]) => {
    const all = found.get(namespace) ?? new Set();
    for (const name of names) all.add(name);
    if (all.size > 0) found.set(namespace, all);
  };
  for (const object of inventoryOf(plan).objects) add(object.namespace ?? "", namesOf(object));
  for (const group of plan.ledger.podGroups) add(group.namespace, groupNames(group));
  return found;
}

function namesOf({ apiVersion, kind, manifest, name }: PlannedObject): string[] {
  const spec = manifest["spec"];
  if (kind === "Cluster" && apiVersion.startsWith("postgresql.cnpg.io/"))
    return operatorNames(name, whole(at(spec, "instances")) ?? 1, at(spec, "walStorage") === undefined ? 1 : 2);
  if (kind === "PersistentVolumeClaim") return [name];
  if (kind !== "StatefulSet") return [];
  const templates = list(at(spec, "volumeClaimTemplates")).flatMap((one) => text(at(one, "metadata", "name")) ?? []);
  return templates.flatMap((template) => replicaNames(`${template}-${name}`, whole(at(spec, "replicas")) ?? 1));
}

/** Names of the claims of pods in the ledger, which are those of a StatefulSet, or an operator's. */
export function groupNames({ claims = [], name, replicas }: PodGroup): string[] {
  return [
    ...claims.flatMap((claim) => replicaNames(`${claim.name}-${name}`, replicas)),
    ...(claims.length === 0 ? [] : operatorNames(name, replicas, claims.length)),
  ];
}

/** Names that operators choose: CloudNativePG ("PersistentVolumeClaims") and the Prometheus operator (pkg/operator, "VolumeClaimName"). */
function operatorNames(name: string, replicas: number, claims: number): string[] {
  const numbers = Array.from({ length: replicas }, (_, index) => index + 1);
  const instances = numbers.flatMap((number) => [
    `${name}-${number}`,
    ...(claims > 1 ? [`${name}-${number}-wal`] : []),
  ]);
  const kinds = ["prometheus", "alertmanager"].filter((kind) => name.endsWith(`-${kind}`));
  return [...instances, ...kinds.flatMap((kind) => replicaNames(`${kind}-${name}-db-${kind}-${name}`, replicas))];
}

/** Names with the number of each replica behind them. */
export function replicaNames(name: string, replicas: number): string[] {
  return Array.from({ length: replicas }, (_, index) => `${name}-${index}`);
}

function claimedElsewhere(claims: ReadonlyMap<string, ReadonlySet<string>>, name: string): boolean {
  return [...claims.values()].some((names) => names.has(name));
}

/** The claim with the most similar name, in the same namespace first. */
function nearestClaim(
  claims: ReadonlyMap<string, ReadonlySet<string>>,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): string | undefined {
  const here = nearest(name, [...(claims.get(namespace) ?? [])]);
  if (here !== undefined) return `${namespace}/${here}`;
  const elsewhere = [...claims].find(([, names]) => names.has(name));
  return elsewhere === undefined ? undefined : `${elsewhere[0]}/${name}`;
}
