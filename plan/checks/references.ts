import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { allContainers } from "../pods.ts";
import { Examination, nameOf } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName, selects } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { at, list, record, records, text, textMap, texts } from "../../components/kit/unknown.ts";

/** Checks of references between objects. */
export const referenceChecks: readonly Check[] = [
  {
    id: "GP093",
    title: "Selectors match existing objects",
    severity: "warning",
    reason:
      "The API server accepts a Service, disruption budget or ServiceMonitor that selects nothing, but it has no effect: requests fail, metrics are missing.",
    fix: "Compare the selector with the labels of the pods, and named ports with the pods' ports.",
    examine: selectors,
  },
  {
    id: "GP095",
    title: "Objects that pods refer to exist",
    severity: "warning",
    reason:
      "A pod does not start if its Secret, ConfigMap, claim or service account is missing, and no error stops the update.",
    fix: "Create the object in the pod's namespace, or correct the name or the key. Accept the finding if the object is created later.",
    examine: references,
  },
  {
    id: "GP098",
    title: "Helm renders every chart",
    severity: "error",
    reason:
      "`up` fails at a chart that Helm rejects, such as for its Kubernetes version or the schema of its values, and at an object without a name.",
    fix: "Correct the setting that Helm's reason names, or set cluster.version to the cluster's version. A chart that is not at hand is no finding.",
    examine: charts,
  },
];

function charts({ notRendered, releases, unnamed = [] }: Plan): Examination {
  const examination = new Examination();
  const missing = new Map(notRendered.map((one) => [one.release, one]));
  for (const { namespace, name } of releases) {
    const release = nameOf("Release", name, namespace);
    const found = missing.get(`${namespace}/${name}`);
    if (found === undefined || found.refused === true) examination.look(release);
    if (found?.refused === true) examination.find(release, `is rejected by Helm: ${found.reason}`);
    for (const one of unnamed)
      if (one.release === `${namespace}/${name}`)
        examination.find(release, `has an object of the kind ${one.kind} without metadata.name`);
  }
  return examination;
}

function selectors(plan: Plan): Examination {
  const examination = new Examination();
  const { ofKind, select, unseen } = inventoryOf(plan);
  // The selector may match objects of a chart that was not rendered.
  const seen = ({ namespace = "" }: PlannedObject) => !unseen.has(namespace);
  for (const object of ofKind("Service").filter(seen)) {
    const selector = record(at(object.manifest, "spec", "selector"));
    if (Object.keys(selector).length === 0) continue;
    examination.look(objectName(object));
    const pods = select(object.namespace ?? "", { matchLabels: selector });
    if (pods.length === 0) examination.find(objectName(object), "selects no pod of the plan");
    else for (const message of portMessages(object, pods)) examination.find(objectName(object), message);
  }
  for (const object of ofKind("PodDisruptionBudget").filter(seen)) {
    examination.look(objectName(object));
    if (select(object.namespace ?? "", at(object.manifest, "spec", "selector")).length === 0)
      examination.find(objectName(object), "selects no pod of the plan");
  }
  monitors(plan, examination);
  podMonitors(plan, examination);
  return examination;
}

/** Named target ports that no selected pod declares. */
function portMessages({ manifest }: PlannedObject, pods: readonly Pod[]): string[] {
  if (pods.some(({ operated }) => operated)) return [];
  const declared = new Set(
    pods.flatMap((pod) => allContainers(pod).flatMap(({ ports }) => ports.map(({ name }) => name))),
  );
  return records(at(manifest, "spec", "ports"))
    .map(({ targetPort }) => targetPort)
    .filter((port) => typeof port === "string" && !/^[0-9]+$/.test(port) && !declared.has(port))
    .map((port) => `leads to the port ${String(port)}, which no selected pod declares`);
}

/** The namespaces in which a ServiceMonitor or a PodMonitor selects; undefined: all (Prometheus operator, "NamespaceSelector"). */
function watchedNamespaces({ manifest, namespace = "" }: PlannedObject): readonly string[] | undefined {
  const scope = record(at(manifest, "spec", "namespaceSelector"));
  const names = texts(scope["matchNames"]);
  if (scope["any"] === true) return undefined;
  return names.length > 0 ? names : [namespace];
}

/** ServiceMonitors whose labels or ports match no Service. */
function monitors(plan: Plan, examination: Examination): void {
  const { ofKind, unseen } = inventoryOf(plan);
  const services = serviceIndex(ofKind("Service"));
  for (const object of ofKind("ServiceMonitor")) {
    const { manifest } = object;
    const namespaces = watchedNamespaces(object);
    if (namespaces === undefined || namespaces.some((name) => unseen.has(name))) continue;
    examination.look(objectName(object));
    const selector = at(manifest, "spec", "selector");
    const found = namespaces
      .flatMap((name) => services(name, at(selector, "matchLabels")))
      .filter((service) => selects(selector, textMap(at(service.manifest, "metadata", "labels"))));
    const ports = new Set(
      found.flatMap((service) => records(at(service.manifest, "spec", "ports")).map(({ name }) => name)),
    );
    const wanted = records(at(manifest, "spec", "endpoints")).flatMap(({ port }) => text(port) ?? []);
    if (found.length === 0) examination.find(objectName(object), "selects no Service of the plan");
    else if (!wanted.every((port) => ports.has(port)))
      examination.find(
        objectName(object),
        `scrapes the port ${wanted.filter((port) => !ports.has(port)).join(", ")}, which no selected Service has`,
      );
  }
}

/** PodMonitors that select no pod, or a port that no selected pod declares. */
function podMonitors(plan: Plan, examination: Examination): void {
  const { ofKind, select, unseen } = inventoryOf(plan);
  for (const object of ofKind("PodMonitor")) {
    const { manifest } = object;
    const namespaces = watchedNamespaces(object);
    if (namespaces === undefined || namespaces.some((name) => unseen.has(name))) continue;
    examination.look(objectName(object));
    const pods = namespaces.flatMap((name) => select(name, at(manifest, "spec", "selector")));
    const ports = new Set(
      pods.flatMap((pod) => allContainers(pod).flatMap((one) => one.ports.map(({ name }) => name))),
    );
    const wanted = records(at(manifest, "spec", "podMetricsEndpoints")).flatMap(({ port }) => text(port) ?? []);
    const missing = wanted.filter((port) => !ports.has(port));
    if (pods.length === 0) examination.find(objectName(object), "selects no pod of the plan");
    else if (missing.length > 0 && !pods.some(({ operated }) => operated))
      examination.find(objectName(object), `scrapes the port ${missing.join(", ")}, which no selected pod declares`);
  }
}

/** Finds Services by namespace and labels, starting with the rarest label. */
function serviceIndex(all: readonly PlannedObject[]): (namespace: string, labels: unknown) => readonly PlannedObject[] {
  const index = new Map<string, PlannedObject[]>();
  const add = (id: string, service: PlannedObject) => {
    const known = index.get(id);
    if (known === undefined) index.set(id, [service]);
    else known.push(service);
  };
  for (const service of all) {
    add(service.namespace ?? "", service);
    for (const label of Object.entries(record(at(service.manifest, "metadata", "labels"))))
      add(`${service.namespace} ${label.join("=")}`, service);
  }
  return (namespace, labels) => {
    const wanted = Object.entries(record(labels));
    const lists = wanted.map((label) => index.get(`${namespace} ${label.join("=")}`) ?? []);
    const fewest = lists.reduce((a, b) => (b.length < a.length ? b : a), index.get(namespace) ?? []);
    return fewest.filter(({ manifest }) =>
      wanted.every(([key, value]) => at(manifest, "metadata", "labels", key) === value),
    );
  };
}

/** A reference to an object in the pod's namespace. */
export interface Reference {
  readonly kind: "Secret" | "ConfigMap" | "PersistentVolumeClaim" | "ServiceAccount";
  readonly name: string;
  readonly keys: readonly string[];
}

function references(plan: Plan): Examination {
  const examination = new Examination();
  const { pods, get, unseen } = inventoryOf(plan);
  const issued = new Set(
    inventoryOf(plan)
      .ofKind("Certificate")
      .map(({ namespace, manifest }) => `${namespace}/${text(at(manifest, "spec", "secretName"))}`),
  );
  const templated = new Set(pods.flatMap(claimsOf));
  for (const pod of pods) {
    if (unseen.has(pod.namespace)) continue;
    examination.look(pod.owner);
    for (const { kind, name, keys } of referencesOf(pod)) {
      const object = get(kind, pod.namespace, name);
      if (object === undefined) {
        if (kind === "Secret" && issued.has(`${pod.namespace}/${name}`)) continue;
        if (kind === "PersistentVolumeClaim" && templated.has(`${pod.namespace}/${name}`)) continue;
        examination.find(pod.owner, `needs the ${kind} ${name}, which is missing in the plan`);
      } else if (keys.length > 0) {
        const known = keysOf(object);
        const missing = keys.filter((key) => !known.has(key));
        if (missing.length > 0)
          examination.find(
            pod.owner,
            `needs ${missing.join(", ")} of the ${kind} ${name}, which has ${[...known].join(", ") || "no keys"}`,
          );
      }
    }
  }
  return examination;
}

/** The claims of a StatefulSet's templates, as `namespace/name` (Kubernetes, "StatefulSets", "Stable Storage"). */
function claimsOf({ claims, kind, most, name, namespace }: Pod): string[] {
  if (kind !== "StatefulSet") return [];
  return claims.flatMap((claim) =>
    Array.from({ length: most }, (_, index) => `${namespace}/${text(at(claim, "metadata", "name"))}-${name}-${index}`),
  );
}

/** The objects that a pod refers to, each once with all its keys, without optional references. */
export function referencesOf(pod: Pod): Reference[] {
  return unique(allReferences(pod));
}

function allReferences({ spec, ...pod }: Pod): Reference[] {
  const reference = (kind: Reference["kind"], source: unknown, name: unknown, keys: readonly unknown[] = []) =>
    typeof name !== "string" || name === "" || record(source)["optional"] === true
      ? []
      : [{ kind, name, keys: keys.flatMap((key) => text(key) ?? []) }];
  const account = text(spec["serviceAccountName"]) ?? "default";
  const volume = (source: unknown): Reference[] => {
    const { secret, configMap, persistentVolumeClaim, projected } = record(source);
    const items = (from: unknown) => records(at(from, "items")).map(({ key }) => key);
    return [
      // A Secret volume uses another field for the name than a projection.
      ...reference("Secret", secret, at(secret, "secretName") ?? at(secret, "name"), items(secret)),
      ...reference("ConfigMap", configMap, at(configMap, "name"), items(configMap)),
      ...reference("PersistentVolumeClaim", undefined, at(persistentVolumeClaim, "claimName")),
      ...list(at(projected, "sources")).flatMap(volume),
    ];
  };
  return [
    ...(account === "default" || pod.operated ? [] : reference("ServiceAccount", undefined, account)),
    ...records(spec["imagePullSecrets"]).flatMap(({ name }) => reference("Secret", undefined, name)),
    ...spec.volumes.flatMap(volume),
    ...allContainers({ ...pod, spec }).flatMap((container) => [
      ...records(container["envFrom"]).flatMap(({ secretRef, configMapRef }) => [
        ...reference("Secret", secretRef, at(secretRef, "name")),
        ...reference("ConfigMap", configMapRef, at(configMapRef, "name")),
      ]),
      ...container.env.flatMap(({ valueFrom }) => {
        const { secretKeyRef, configMapKeyRef } = record(valueFrom);
        return [
          ...reference("Secret", secretKeyRef, at(secretKeyRef, "name"), [at(secretKeyRef, "key")]),
          ...reference("ConfigMap", configMapKeyRef, at(configMapKeyRef, "name"), [at(configMapKeyRef, "key")]),
        ];
      }),
    ]),
  ];
}

/** One reference for each object, with all keys. */
function unique(all: readonly Reference[]): Reference[] {
  const found = new Map<string, Reference>();
  for (const one of all) {
    const id = `${one.kind} ${one.name}`;
    found.set(id, { ...one, keys: [...new Set([...(found.get(id)?.keys ?? []), ...one.keys])] });
  }
  // Every namespace has this one (Kubernetes, "RootCAConfigMap").
  found.delete("ConfigMap kube-root-ca.crt");
  return [...found.values()];
}

function keysOf({ manifest }: PlannedObject): Set<string> {
  return new Set(["data", "stringData", "binaryData"].flatMap((part) => Object.keys(record(manifest[part]))));
}
