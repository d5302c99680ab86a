import { at, record, textAt, texts } from "../../../components/kit/unknown.ts";

/** A Kubernetes object that a stack's state contains. */
export interface StateObject {
  /** The kind as kubectl accepts it: `Secret`, `Deployment.apps`. */
  readonly kind: string;
  /** Undefined for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly name: string;
  /** The Helm release that created it, as `namespace/name`; undefined for an object that Pulumi created itself. */
  readonly release?: string;
  /** The inputs of an object that Pulumi created itself. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** Whether Pulumi refuses to delete it. */
  readonly protect: boolean;
}

/** A Helm release of the state. */
export interface StateRelease {
  readonly namespace: string;
  readonly name: string;
}

/** A resource of `pulumi stack export`, as far as the doctor reads it. */
export interface Exported {
  readonly urn?: string;
  readonly type?: string;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly protect?: boolean;
  /** Set on the old resource of a replacement that has not ended. */
  readonly delete?: boolean;
}

const releaseType = "kubernetes:helm.sh/v3:Release";

/** The Helm release that a resource is; undefined for any other resource. */
export function releaseOf({ type, inputs }: Exported): StateRelease | undefined {
  const [namespace, name] = [textAt(inputs, "namespace"), textAt(inputs, "name")];
  return type === releaseType && namespace !== undefined && name !== undefined ? { namespace, name } : undefined;
}

/** The object that a resource is; undefined for components, providers, releases and generated values. */
export function objectOf({ type = "", inputs, protect = false }: Exported): StateObject | undefined {
  if (!type.startsWith("kubernetes:") || type === releaseType) return undefined;
  const [apiVersion, kind] = [textAt(inputs, "apiVersion"), textAt(inputs, "kind")];
  const name = textAt(inputs, "metadata", "name");
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  const namespace = textAt(inputs, "metadata", "namespace");
  return { kind: `${kind}${group}`, namespace, name, inputs: record(inputs), protect };
}

/**
 * The objects of a release. Jobs are left out: charts create them for an installation or an upgrade, and they can be deleted
 * when they have completed.
 */
export function objectsOfRelease(resource: Exported): StateObject[] {
  const release = releaseOf(resource);
  if (release === undefined) return [];
  return Object.entries(record(at(resource.outputs, "resourceNames"))).flatMap(([key, names]) => {
    // Keys are `Deployment.apps/apps/v1` and `Service/v1` (pulumi-kubernetes, provider/pkg/provider/helm_release.go).
    const kind = key.split("/")[0] ?? key;
    if (kind === "Job.batch") return [];
    return texts(names).map((full): StateObject => {
      const [name = full, namespace] = full.split("/").reverse();
      return { kind, namespace, name, release: `${release.namespace}/${release.name}`, protect: false };
    });
  });
}
