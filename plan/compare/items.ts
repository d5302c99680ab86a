import type { SavedPlan, SavedResource } from "./schema.ts";
import { visibleTextAt } from "./hidden.ts";
import { without } from "./plain.ts";

/** One thing of a plan that can change: a resource, or an object that a chart brings. */
export interface Item {
  /** What it is matched by: the part of its URN that names no stack, or its release with its kind and name. */
  readonly id: string;
  readonly urn: string;
  /** Logical name of the component that makes it. */
  readonly component: string;
  /** As people and the setting `allowDataLoss` name it: `Namespace sysdb`, `Release sysdb/pgsqlha`, `PrivateKey ca-key`. */
  readonly label: string;
  /** Type token of the resource; for an object of a chart that of the release. */
  readonly type: string;
  /** Kubernetes kind, `Release`, or the class of another resource. */
  readonly kind: string;
  /** API group without its version; empty for the core group and for what is no Kubernetes object. */
  readonly group: string;
  readonly namespace?: string;
  readonly name: string;
  /** The Helm release that brings it, as `namespace/name`. */
  readonly release?: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Ids that it had before. */
  readonly aliases: readonly string[];
  /** URNs of the resources whose outputs a member of the body contains, by member: known only of a stack's state. */
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  /** Everything that is compared: a manifest or inputs. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Everything in a plan that can change. */
export function items(plan: SavedPlan): Item[] {
  // A chart puts generated values, or checksums of them, into the pods of its objects.
  const values = new Map(
    plan.resources.map(({ urn, propertyDependencies }) => [urn, propertyDependencies?.["values"]]),
  );
  const rendered = plan.rendered.map(
    ({ urn, component, release, apiVersion, kind, namespace, name, manifest }): Item => ({
      id: `${release} ${labelOf(kind, namespace, name)} ${groupOf(apiVersion)}`,
      urn,
      component,
      label: labelOf(kind, namespace, name),
      type: releaseType,
      kind,
      group: groupOf(apiVersion),
      namespace,
      name,
      release,
      protect: false,
      retainOnDelete: false,
      aliases: [],
      propertyDependencies: { spec: values.get(urn) ?? [] },
      body: manifest,
    }),
  );
  return [...plan.resources.map(itemOf), ...rendered];
}

/** The part of a URN that is the same in every stack: types and name. */
export function urnPath(urn: string): string {
  return urn.split("::").slice(2).join("::");
}

/** `Kind namespace/name`, or `Kind name` outside namespaces. */
export function labelOf(kind: string, namespace: string | undefined, name: string): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** The annotations of an object. */
export function annotation(item: Item, name: string): string | undefined {
  return visibleTextAt(item.body, "metadata", "annotations", name);
}

const releaseType = "kubernetes:helm.sh/v3:Release";

function itemOf(resource: SavedResource): Item {
  const { urn, type, parent, name, protect, retainOnDelete, aliases, propertyDependencies, inputs } = resource;
  const component = parent === "" ? name : (parent.split("::").at(-1) ?? name);
  const common = {
    id: urnPath(urn),
    urn,
    component,
    type,
    protect,
    retainOnDelete,
    aliases: aliases.map(urnPath),
    propertyDependencies,
  };
  const kubernetes = type.startsWith("kubernetes:");
  if (kubernetes && !type.startsWith("kubernetes:helm.sh/")) {
    const kind = visibleTextAt(inputs, "kind") ?? className(type);
    const namespace = visibleTextAt(inputs, "metadata", "namespace");
    const place = {
      namespace,
      name: visibleTextAt(inputs, "metadata", "name") ?? name,
    };
    const group = groupOf(visibleTextAt(inputs, "apiVersion") ?? "");
    return { ...common, label: labelOf(kind, namespace, place.name), kind, group, ...place, body: inputs };
  }
  if (type === releaseType) {
    const namespace = visibleTextAt(inputs, "namespace") ?? "";
    const own = visibleTextAt(inputs, "name") ?? name;
    // `compat` is a note of the SDK to its provider, and never in a state.
    const body = without(inputs, "compat");
    return { ...common, label: `Release ${namespace}/${own}`, kind: "Release", group: "", namespace, name: own, body };
  }
  const kind = resource.custom ? className(type) : "Component";
  return { ...common, label: `${kind} ${name}`, kind, group: "", name, body: inputs };
}

/** `RandomPassword` of `random:index/randomPassword:RandomPassword`; `Provider` of a provider. */
function className(type: string): string {
  return type.startsWith("pulumi:providers:") ? "Provider" : (type.split(":").at(-1) ?? type);
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}
