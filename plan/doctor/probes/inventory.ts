import { answered } from "../diagnosis.ts";
import type { Answer } from "../diagnosis.ts";
import type { Kubectl, Live } from "./kubectl.ts";
import type { StateObject } from "./state-objects.ts";
import type { KnownStack } from "./state.ts";

/** The cluster's objects of the kinds that the state contains. */
export interface Inventory {
  /** Names by kind: `namespace/name`, or `name` for cluster-scoped kinds. */
  readonly names: ReadonlyMap<string, Answer<ReadonlySet<string>>>;
  /** Objects with `metadata.managedFields`, by kind. Secrets are never read. */
  readonly managed: ReadonlyMap<string, readonly Live[]>;
}

/** The kinds of charts' objects that are scaled and edited by hand. */
const workloads = new Set(["Deployment.apps", "StatefulSet.apps", "DaemonSet.apps"]);

/** Lists each kind twice: all names, and those of the stack and of Helm with the managers of their fields. */
export async function probeInventory(
  kubectl: Kubectl,
  stack: string,
  { objects, pending }: KnownStack,
): Promise<Inventory> {
  const interrupted = pending.flatMap(({ object }) => object ?? []);
  const kinds = [...new Set([...objects, ...interrupted].map(({ kind }) => kind))].sort();
  const own = new Set(objects.filter(({ release }) => release === undefined).map(({ kind }) => kind));
  const names = kinds.map(async (kind) => [kind, await kubectl.names(kind)] as const);
  const managed = kinds.map(async (kind) => {
    const selectors = [
      ...(own.has(kind) && kind !== "Secret" ? [`groundplan/stack=${stack}`] : []),
      ...(workloads.has(kind) ? ["app.kubernetes.io/managed-by=Helm"] : []),
    ];
    const lists = selectors.map((selector) => kubectl.list(kind, "-l", selector, "--show-managed-fields"));
    const got = (await Promise.all(lists)).flatMap((answer) => (answered(answer) ? answer.got : []));
    return [kind, got] as const;
  });
  return { names: new Map(await Promise.all(names)), managed: new Map(await Promise.all(managed)) };
}

/** Whether the cluster has an object; undefined if its kind could not be listed. */
export function exists({ kind, namespace, name, release }: StateObject, { names }: Inventory): boolean | undefined {
  const of = names.get(kind);
  if (of === undefined || !answered(of)) return undefined;
  if (namespace !== undefined) return of.got.has(`${namespace}/${name}`);
  // A chart's object without a namespace is in the release's.
  return of.got.has(name) || (release !== undefined && of.got.has(`${release.split("/")[0]}/${name}`));
}

/** `Deployment hello/hello`. */
export function fullName({ kind, namespace, name }: Pick<StateObject, "kind" | "namespace" | "name">): string {
  const [short = kind] = kind.split(".");
  return `${short} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
