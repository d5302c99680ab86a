import { labelValue } from "../../components/kit/names.ts";
import { compare } from "../../components/kit/stable.ts";
import { at, text } from "../../components/kit/unknown.ts";
import { labelOf } from "../compare/items.ts";
import { fullName } from "../doctor/probes/inventory.ts";
import type { Live } from "../doctor/probes/kubectl.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import type { Existing } from "./import-file.ts";

/** The names of the objects that a cluster has, by kind as kubectl accepts it, such as `Deployment.apps`. */
export type Names = ReadonlyMap<string, ReadonlySet<string>>;

/** An object of the plan that the cluster has. */
export interface Found {
  readonly object: PlannedObject;
  /** `StatefulSet sysdb/pg`. */
  readonly label: string;
  readonly existing: Existing;
}

/** An object of a chart that the cluster has, although Helm did not install it there. */
export interface Unowned {
  readonly label: string;
  /** The release that the plan installs, as `namespace/name`. */
  readonly release: string;
  /** The object as an argument of kubectl: `statefulset.apps/pg -n sysdb`. */
  readonly argument: string;
}

/** The kind of an object as kubectl accepts it: with its group, because two groups can have the same kind. */
export function kindOf({ apiVersion, kind }: Pick<PlannedObject, "apiVersion" | "kind">): string {
  return apiVersion.includes("/") ? `${kind}.${apiVersion.split("/")[0]}` : kind;
}

/** The program's own objects that the cluster has. */
export function found({ objects, resources }: Plan, names: Names): Found[] {
  const types = new Map(resources.map(({ name, type, urn }) => [urn, { name, type }]));
  return objects.flatMap((object): Found[] => {
    const id = idOf(object);
    const resource = types.get(object.urn);
    if (resource === undefined || names.get(kindOf(object))?.has(id) !== true) return [];
    return [{ object, label: labelOf(object.kind, object.namespace, object.name), existing: { ...resource, id } }];
  });
}

/** The releases of the plan that Helm has installed. @param installed as `namespace/name` */
export function foundReleases({ releases }: Plan, installed: ReadonlySet<string>): Existing[] {
  return releases.flatMap(({ name, namespace, urn }): Existing[] => {
    const id = `${namespace}/${name}`;
    if (!installed.has(id)) return [];
    return [{ type: "kubernetes:helm.sh/v3:Release", name: urn.split("::").at(-1) ?? "", id }];
  });
}

/**
 * Objects of charts that exist, of releases that Helm has not installed: Helm refuses to take them over without its label and
 * annotations (Helm, "Adopt existing resources").
 */
export function unowned({ rendered }: Plan, names: Names, installed: ReadonlySet<string>): Unowned[] {
  return rendered.flatMap((object): Unowned[] => {
    const { kind, name, namespace, release = "" } = object;
    if (installed.has(release) || names.get(kindOf(object))?.has(idOf(object)) !== true) return [];
    const where = namespace === undefined ? "" : ` -n ${namespace}`;
    const argument = `${kindOf(object).toLowerCase()}/${name}${where}`;
    return [{ label: labelOf(kind, namespace, name), release, argument }];
  });
}

/** The commands that let Helm take over an object. */
export function handOver({ argument, release }: Unowned, kubectl: string): string[] {
  const [namespace = "", name = ""] = release.split("/");
  const annotations = `meta.helm.sh/release-name=${name} meta.helm.sh/release-namespace=${namespace}`;
  return [
    `${kubectl} label ${argument} --overwrite app.kubernetes.io/managed-by=Helm`,
    `${kubectl} annotate ${argument} --overwrite ${annotations}`,
  ];
}

/** A generated password that no number can rotate, and the key of a Secret that has its present value. */
export interface KeptPassword {
  readonly existing: Omit<Existing, "id">;
  readonly name: string;
  readonly secret: { readonly namespace: string; readonly name: string; readonly key: string };
}

/**
 * Passwords that a server was created with and that no Job changes there: the stack must go on with the ones in use. All others are
 * replaced on their servers by Jobs of the next `up`.
 */
export function keptPasswords({ ledger }: Plan, names: Names): KeptPassword[] {
  return ledger.credentials.flatMap(({ kind, name, recipe, resource, secrets }): KeptPassword[] => {
    const place = secrets.find((one) => names.get("Secret")?.has(`${one.namespace}/${one.name}`));
    if (kind !== "password" || resource === undefined || place === undefined || !recipe.startsWith("refused: "))
      return [];
    const existing = { type: "random:index/randomPassword:RandomPassword", name: resource };
    return [{ existing, name, secret: place }];
  });
}

/** A Secret with a generated key that only the state or the Secret itself has, and what depends on it. */
export interface GuardedSecret {
  readonly namespace: string;
  readonly name: string;
  readonly why: string;
}

/**
 * Secrets with keys that the next `up` would replace: Pulumi can read a password into its state, but no keystore and no private key.
 * Keys that the configuration contains are not replaced.
 */
export function guardedSecrets({ ledger }: Plan): GuardedSecret[] {
  return ledger.credentials.flatMap(({ imported, kind, name, recipe, secrets }) =>
    kind !== "key" || imported === true
      ? []
      : secrets.map((one) => ({
          namespace: one.namespace,
          name: one.name,
          why: `the next up would replace its key ${name}, which cannot be read into the state (${recipe.replace(/^refused: /, "")})`,
        })),
  );
}

/**
 * Running pods in the namespaces of the plan with which no connection is declared: once the plan's network policies exist, they reach
 * nothing but name resolution, and nothing reaches them.
 */
export function isolatedPods({ ledger, objects, stack }: Plan, pods: readonly Live[]): string[] {
  const namespaces = new Set(objects.flatMap(({ kind, name }) => (kind === "Namespace" ? [name] : [])));
  // What every pod of the cluster may do, such as asking an ACME solver, is declared for none in particular.
  const declared = ledger.edges
    .filter(({ from, to }) => from.kind !== "cluster" && to.kind !== "cluster")
    .flatMap(({ from, to }) => [from, to])
    .filter((peer) => peer.kind === "pods");
  return pods
    .filter(({ metadata: { labels = {}, namespace = "" }, status }) => {
      const phase = text(at(status, "phase"));
      if (!namespaces.has(namespace) || phase === "Succeeded" || phase === "Failed") return false;
      // The stack's own pods have the connections that they need.
      if (labels["groundplan/stack"] === labelValue(stack)) return false;
      return !declared.some(
        (peer) =>
          peer.namespace === namespace &&
          Object.entries(peer.labels ?? {}).every(([key, value]) => labels[key] === value),
      );
    })
    .map(({ metadata: { name, namespace } }) => fullName({ kind: "Pod", namespace, name }))
    .sort(compare);
}

function idOf({ name, namespace }: PlannedObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
