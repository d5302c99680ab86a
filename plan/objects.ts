import { chartOf } from "../components/kit/catalogue.ts";
import { compare, sorted } from "../components/kit/stable.ts";
import { isRecord } from "../components/kit/unknown.ts";
import { Secret } from "./recorder.ts";
import type { Recorded } from "./recorder.ts";

/** What stands for a secret value in everything that a plan writes. */
export const hidden = "(secret)";

/** A Kubernetes object of the plan. */
export interface PlannedObject {
  readonly urn: string;
  /** The component that made it. */
  readonly component: string;
  /** The Helm release that brings it, as `namespace/name`; undefined for an object of the program's own. */
  readonly release?: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Undefined for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly name: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** A Helm release of the plan. */
export interface PlannedRelease {
  readonly urn: string;
  readonly component: string;
  readonly name: string;
  readonly namespace: string;
  /** The chart's name, without where it comes from. */
  readonly chart: string;
  readonly version: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The name of the component that a resource belongs to: the logical name of its parent. */
export function componentOf({ parent, name }: Recorded): string {
  return parent === "" ? name : (parent.split("::").at(-1) ?? "");
}

/** The Kubernetes objects of a recording, with `show` deciding what becomes of secret values; ordered by namespace, kind and name. */
export function plannedObjects(
  resources: readonly Recorded[],
  show: (secret: Secret) => unknown = () => hidden,
): PlannedObject[] {
  const objects = resources.filter(({ type }) => isObject(type)).map((resource) => planned(resource, show));
  const order = ({ namespace = "", kind, name }: PlannedObject) => `${namespace}/${kind}/${name}`;
  return objects.sort((a, b) => compare(order(a), order(b)));
}

/** The Helm releases of a recording, by namespace and name. */
export function plannedReleases(
  resources: readonly Recorded[],
  show: (secret: Secret) => unknown = () => hidden,
): PlannedRelease[] {
  return resources
    .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
    .map((resource) => {
      const { chart, version, name, namespace, values } = revealed(resource.inputs, show) as Record<string, string> & {
        values?: Record<string, unknown>;
      };
      return {
        urn: resource.urn,
        component: componentOf(resource),
        name: name ?? "",
        namespace: namespace ?? "",
        ...chartOf(chart ?? "", version),
        values: sorted(values ?? {}) as Record<string, unknown>,
      };
    })
    .sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
}

/** A value with its secrets replaced by what `show` makes of them. */
export function revealed(value: unknown, show: (secret: Secret) => unknown): unknown {
  if (value instanceof Secret) {
    const shown = show(value);
    // The names of a Secret's keys are no secret, and a reader wants to see them.
    return shown === hidden && isRecord(value.value) && !(value.value instanceof Secret)
      ? Object.fromEntries(Object.keys(value.value).map((key) => [key, hidden]))
      : shown;
  }
  if (Array.isArray(value)) return value.map((element) => revealed(element, show));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revealed(member, show)]));
}

function isObject(type: string): boolean {
  return type.startsWith("kubernetes:") && !type.startsWith("kubernetes:helm.sh/");
}

function planned(resource: Recorded, show: (secret: Secret) => unknown): PlannedObject {
  const { apiVersion, kind, metadata, ...body } = revealed(resource.inputs, show) as Record<string, unknown>;
  const { name, namespace } = metadata as { name: string; namespace?: string };
  return {
    urn: resource.urn,
    component: componentOf(resource),
    apiVersion: String(apiVersion),
    kind: String(kind),
    ...(namespace === undefined ? {} : { namespace }),
    name,
    manifest: { apiVersion, kind, metadata: sorted(metadata), ...(sorted(body) as Record<string, unknown>) },
  };
}
