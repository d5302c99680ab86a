/** A Secret or ConfigMap that a pod uses, and the key of it where it names one. */
export interface Reference {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  readonly key?: string;
}

interface Source {
  readonly name?: string;
  readonly secretName?: string;
  readonly key?: string;
  readonly items?: readonly { readonly key: string }[];
  readonly optional?: boolean;
}

/** The fields of a pod's spec that name a Secret or ConfigMap (Kubernetes API, PodSpec: variables, volumes, projections). */
const fields: Readonly<Record<string, Reference["kind"]>> = {
  secret: "Secret",
  secretRef: "Secret",
  secretKeyRef: "Secret",
  configMap: "ConfigMap",
  configMapRef: "ConfigMap",
  configMapKeyRef: "ConfigMap",
};

/** The Secrets and ConfigMaps without which the kubelet does not start a pod. @param spec the pod's, as plain data */
export function references(spec: unknown): Reference[] {
  if (Array.isArray(spec)) return spec.flatMap(references);
  if (typeof spec !== "object" || spec === null) return [];
  return Object.entries(spec as Record<string, unknown>).flatMap(([field, value]) => {
    const kind = fields[field];
    return kind === undefined ? references(value) : named(kind, value as Source);
  });
}

function named(kind: Reference["kind"], { name, secretName, key, items, optional }: Source): Reference[] {
  if (optional === true) return [];
  const place = { kind, name: secretName ?? name ?? "" };
  const keys = items?.map((item) => item.key) ?? (key === undefined ? [] : [key]);
  return keys.length === 0 ? [place] : keys.map((one) => ({ ...place, key: one }));
}
