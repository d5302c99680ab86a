import { compare } from "../../../components/kit/stable.ts";
import { isRecord, list, record } from "../../../components/kit/unknown.ts";
import type { Live, ManagedFields } from "../probes/kubectl.ts";

/** A field that another program changed. */
export interface ChangedField {
  /** As kubectl prints it: `.spec.replicas`. */
  readonly path: string;
  /** The program that set it last, such as `kubectl`. */
  readonly manager: string;
}

/** The names under which Pulumi's provider and its Helm write fields. */
const ours = /^(pulumi-kubernetes|pulumi-resource-kubernetes|helm)/;

/** The names under which kubectl writes fields: `kubectl`, `kubectl-edit`, `kubectl-patch`, … */
const byHand = /^kubectl/;

/**
 * The fields of an object's inputs that another program changed: it manages the field, Pulumi no longer does, and the values
 * differ. Fields that the inputs do not set belong to the cluster's controllers.
 */
export function changedFields(inputs: unknown, live: Live): ChangedField[] {
  return foreign(live, () => true).filter(({ keys }) => {
    const wanted = valueAt(inputs, keys);
    return wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(valueAt(live, keys));
  });
}

/** The fields of the specification that kubectl set, for an object whose manifest is not known, such as a chart's. */
export function fieldsByHand(live: Live): ChangedField[] {
  // `kubectl rollout restart` changes only this annotation.
  const restart = "kubectl.kubernetes.io/restartedAt";
  return foreign(live, (manager) => byHand.test(manager)).filter(
    ({ keys }) => keys[0] === "spec" && keys.at(-1) !== restart,
  );
}

type Key = string | { readonly item: unknown };

function foreign(live: Live, wanted: (manager: string) => boolean): (ChangedField & { readonly keys: Key[] })[] {
  const entries = live.metadata.managedFields ?? [];
  const own = new Set(entries.filter(isOurs).flatMap(({ fieldsV1 }) => leaves(fieldsV1).map(pathOf)));
  const found = entries
    .filter((entry) => !isOurs(entry) && entry.subresource !== "status" && wanted(entry.manager ?? ""))
    .flatMap(({ manager = "another program", fieldsV1 }) =>
      leaves(fieldsV1).map((keys) => ({ keys, path: pathOf(keys), manager })),
    );
  return found.filter(({ path }) => !own.has(path)).sort((a, b) => compare(a.path, b.path));
}

function isOurs({ manager = "" }: ManagedFields): boolean {
  return ours.test(manager);
}

/** The paths of a set of fields (structured-merge-diff, "fieldpath: serialize"): `f:name`, `k:{keys of a list's item}`, `v:value`. */
function leaves(fields: unknown, above: Key[] = []): Key[][] {
  const inner = Object.entries(record(fields)).filter(([key]) => key !== ".");
  if (inner.length === 0) return above.length === 0 ? [] : [above];
  return inner.flatMap(([key, value]) => {
    const name = key.slice(2);
    return leaves(value, [...above, key.startsWith("f:") ? name : { item: JSON.parse(name) as unknown }]);
  });
}

function valueAt(value: unknown, keys: readonly Key[]): unknown {
  return keys.reduce<unknown>((inner, key) => {
    if (typeof key === "string") return record(inner)[key];
    const { item } = key;
    return list(inner).find((one) =>
      isRecord(item) ? Object.entries(item).every(([name, at]) => record(one)[name] === at) : one === item,
    );
  }, value);
}

function pathOf(keys: readonly Key[]): string {
  return keys
    .map((key) => {
      if (typeof key !== "string") return `[${JSON.stringify(key.item)}]`;
      return /^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    })
    .join("");
}
