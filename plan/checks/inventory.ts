import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { podTemplate } from "../pods.ts";
import type { PodTemplate } from "../pods.ts";
import { nameOf } from "./check.ts";
import { at, list, record, records, text, textMap, texts } from "./look.ts";

/** A pod template with the object that holds it. */
export interface Pod extends PodTemplate {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Whether it is one of the program's own, not of a chart. */
  readonly own: boolean;
}

/** What checks look up in a plan. */
export interface Inventory {
  /** Own objects, then those of charts. */
  readonly objects: readonly PlannedObject[];
  readonly pods: readonly Pod[];
  /** The namespaces that the plan makes, with their labels. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Whether every chart was rendered: only then does a missing object mean that there is none. */
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

/** The inventory of a plan: made once, since most checks look at the same things. */
export function inventoryOf(plan: Plan): Inventory {
  const known = inventories.get(plan);
  if (known !== undefined) return known;
  const made = makeInventory(plan);
  inventories.set(plan, made);
  return made;
}

/** How findings name an object of a plan. */
export function objectName({ kind, name, namespace }: PlannedObject): string {
  return nameOf(kind, name, namespace);
}

/** Whether labels are what a label selector asks for (Kubernetes API, "LabelSelector"). */
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

/** Whether a label selector asks for nothing, so that it selects everything. */
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
      pods.push({ ...template, owner: objectName(object), kind, name, namespace, own: object.release === undefined });
    }
  }
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
      const wanted = Object.entries(textMap(record(selector)["matchLabels"]));
      const lists = wanted.map(([label, value]) => index.get(`${namespace} ${label}=${value}`) ?? []);
      // The rarest label leaves the fewest pods to compare, so that a large namespace costs no square.
      const fewest = lists.reduce((a, b) => (b.length < a.length ? b : a), index.get(namespace) ?? []);
      return fewest.filter(({ labels }) => selects(selector, labels));
    },
  };
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
