import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { podTemplate } from "../pods.ts";
import type { PodTemplate } from "../pods.ts";
import { nameOf } from "./check.ts";
import { at, list, record, records, text, textMap, texts, whole } from "../../components/kit/unknown.ts";

/** A pod template with its object. */
export interface Pod extends PodTemplate {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Whether the program creates it, not a chart. */
  readonly own: boolean;
  /** The maximum number of pods; `replicas` is the minimum where an autoscaler sets it. */
  readonly most: number;
}

/** An index of a plan for checks. */
export interface Inventory {
  /** The program's objects, then those of charts. */
  readonly objects: readonly PlannedObject[];
  readonly pods: readonly Pod[];
  /** The namespaces that the plan creates, with their labels. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Whether every chart was rendered: only then is an object that the plan does not have certainly missing. */
  readonly complete: boolean;
  /** Namespaces of releases that were not rendered. */
  readonly unseen: ReadonlySet<string>;
  /** Whether an object of the kind is in the plan. */
  readonly has: (kind: string, namespace: string | undefined, name: string) => boolean;
  /** An object of the kind by its name. */
  readonly get: (kind: string, namespace: string | undefined, name: string) => PlannedObject | undefined;
  readonly ofKind: (kind: string) => readonly PlannedObject[];
  /** The pods of a namespace that a label selector selects. */
  readonly select: (namespace: string, selector: unknown) => Pod[];
}

const inventories = new WeakMap<Plan, Inventory>();

/** The inventory of a plan, built once and shared by all checks. */
export function inventoryOf(plan: Plan): Inventory {
  const known = inventories.get(plan);
  if (known !== undefined) return known;
  const made = makeInventory(plan);
  inventories.set(plan, made);
  return made;
}

/** The name of a plan's object in findings. */
export function objectName({ kind, name, namespace }: PlannedObject): string {
  return nameOf(kind, name, namespace);
}

/** Whether labels match a label selector (Kubernetes API, "LabelSelector"). */
export function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels, matchExpressions } = record(selector);
  return (
    Object.entries(textMap(matchLabels)).every(([key, value]) => labels[key] === value) &&
    records(matchExpressions).every(({ key, operator, values }) => {
      const value = labels[text(key) ?? ""];
      switch (operator) {
        case "In":
          return value !== undefined && texts(values).includes(value);
        case "NotIn":
          return value === undefined || !texts(values).includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          return false;
      }
    })
  );
}

/** Whether a label selector is empty, so that it selects everything. */
export function selectsAll(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = record(selector);
  return Object.keys(record(matchLabels)).length === 0 && list(matchExpressions).length === 0;
}

function makeInventory(plan: Plan): Inventory {
  const objects = [...plan.objects, ...plan.rendered];
  const byKind = new Map<string, PlannedObject[]>();
  const byName = new Map<string, PlannedObject>();
  const pods: Pod[] = [];
  for (const object of objects) {
    append(byKind, object.kind, object);
    byName.set(key(object.kind, object.namespace, object.name), object);
    const template = podTemplate(object.manifest);
    if (template !== undefined) {
      const { kind, name, namespace = "" } = object;
      const own = object.release === undefined;
      pods.push({ ...template, owner: objectName(object), kind, name, namespace, own, most: template.replicas });
    }
  }
  scale(pods, byKind.get("HorizontalPodAutoscaler") ?? []);
  const index = podIndex(pods);
  const namespaces = (byKind.get("Namespace") ?? []).map(
    ({ name, manifest }) =>
      [name, { ...textMap(at(manifest, "metadata", "labels")), "kubernetes.io/metadata.name": name }] as const,
  );
  return {
    objects,
    pods,
    namespaces: new Map(namespaces),
    complete: plan.notRendered.length === 0,
    unseen: new Set(plan.notRendered.map(({ release }) => release.split("/")[0] ?? "")),
    has: (kind, namespace, name) => byName.has(key(kind, namespace, name)),
    get: (kind, namespace, name) => byName.get(key(kind, namespace, name)),
    ofKind: (kind) => byKind.get(kind) ?? [],
    select: (namespace, selector) => {
      // Null selects nothing, but an empty selector everything (Kubernetes API, "LabelSelector").
      if (selector === undefined || selector === null) return [];
      const wanted = Object.entries(textMap(record(selector)["matchLabels"]));
      const lists = wanted.map(([label, value]) => index.get(`${namespace} ${label}=${value}`) ?? []);
      // Compare only the pods with the rarest label, so that the time does not grow quadratically with the namespace.
      const fewest = lists.reduce((a, b) => (b.length < a.length ? b : a), index.get(namespace) ?? []);
      return fewest.filter(({ labels }) => selects(selector, labels));
    },
  };
}

/** Sets the replicas of workloads that an autoscaler scales; `minReplicas` is 1 by default (Kubernetes API, "HorizontalPodAutoscalerSpec"). */
function scale(pods: Pod[], autoscalers: readonly PlannedObject[]): void {
  for (const { manifest, namespace } of autoscalers) {
    const target = record(at(manifest, "spec", "scaleTargetRef"));
    const index = pods.findIndex(
      (pod) => pod.namespace === namespace && pod.kind === target["kind"] && pod.name === target["name"],
    );
    const pod = pods[index];
    if (pod === undefined) continue;
    const replicas = whole(at(manifest, "spec", "minReplicas")) ?? 1;
    pods[index] = { ...pod, replicas, most: whole(at(manifest, "spec", "maxReplicas")) ?? replicas };
  }
}

/** Pods by namespace, and by namespace and label. */
function podIndex(pods: readonly Pod[]): Map<string, Pod[]> {
  const index = new Map<string, Pod[]>();
  for (const pod of pods) {
    append(index, pod.namespace, pod);
    for (const [label, value] of Object.entries(pod.labels)) append(index, `${pod.namespace} ${label}=${value}`, pod);
  }
  return index;
}

function append<Key, Value>(map: Map<Key, Value[]>, at: Key, value: Value): void {
  const values = map.get(at);
  if (values === undefined) map.set(at, [value]);
  else values.push(value);
}

function key(kind: string, namespace: string | undefined, name: string): string {
  return `${kind} ${namespace ?? ""}/${name}`;
}
