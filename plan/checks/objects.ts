import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { emptyFields } from "./empties.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import { at, text, textMap } from "../../components/kit/unknown.ts";

/** Checks of whether the API server accepts the objects. */
export const objectChecks: readonly Check[] = [
  {
    id: "GP090",
    title: "Every kind of object exists",
    severity: "error",
    reason: "The API server rejects objects of unknown kinds, and the update stops halfway.",
    fix: "Install the chart with the CustomResourceDefinition, or disable what creates the object.",
    examine: definitions,
  },
  {
    id: "GP091",
    title: "Custom resources wait for their CustomResourceDefinition",
    severity: "error",
    reason: "On an empty cluster, the object may be created before its kind exists: the first update fails.",
    fix: "Add the release with the CustomResourceDefinition to dependsOn.",
    examine: definitionOrder,
  },
  {
    id: "GP092",
    title: "The program's objects have a parent and the standard labels",
    severity: "error",
    reason:
      "Without a parent, a resource belongs to no component in the plan; without labels, to no component in the cluster.",
    fix: "Create the object with `Component.object`.",
    examine: ownership,
  },
  {
    id: "GP094",
    title: "No object has two sources",
    severity: "error",
    reason: "Two sources of one object overwrite each other's changes with every update, or the second is rejected.",
    fix: "Disable the object in one source, or rename one.",
    examine: duplicates,
  },
  {
    id: "GP096",
    title: "The cluster's version serves every API",
    severity: "error",
    reason: "The API server rejects objects with a removed API version.",
    fix: "Use the later API version; for a chart, use a chart version that does.",
    examine: removedApis,
  },
  {
    id: "GP097",
    title: "The program's objects have no empty values",
    severity: "error",
    reason:
      "The API server drops empty values, so that they are missing in the stack's state: a preview can show the same change after every update.",
    fix: "Leave the field out where it has no value.",
    examine: emptyValues,
  },
];

/** API groups that are built into Kubernetes; the core group has no name. */
const builtIn = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "extensions",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

/** API versions that Kubernetes has removed, and since when (Kubernetes, "Deprecated API Migration Guide"). */
const removed: readonly (readonly [apiVersion: string, kinds: readonly string[] | "all", since: string])[] = [
  ["extensions/v1beta1", "all", "1.22"],
  ["networking.k8s.io/v1beta1", "all", "1.22"],
  ["rbac.authorization.k8s.io/v1beta1", "all", "1.22"],
  ["apiextensions.k8s.io/v1beta1", "all", "1.22"],
  ["admissionregistration.k8s.io/v1beta1", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"], "1.22"],
  ["storage.k8s.io/v1beta1", ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], "1.22"],
  ["batch/v1beta1", "all", "1.25"],
  ["discovery.k8s.io/v1beta1", "all", "1.25"],
  ["events.k8s.io/v1beta1", "all", "1.25"],
  ["policy/v1beta1", "all", "1.25"],
  ["autoscaling/v2beta1", "all", "1.25"],
  ["autoscaling/v2beta2", "all", "1.26"],
  ["storage.k8s.io/v1beta1", ["CSIStorageCapacity"], "1.27"],
  ["flowcontrol.apiserver.k8s.io/v1beta2", "all", "1.29"],
  ["flowcontrol.apiserver.k8s.io/v1beta3", "all", "1.32"],
];

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** The CustomResourceDefinition of each custom kind, by group and kind. */
function customKinds(plan: Plan): Map<string, PlannedObject> {
  return new Map(
    inventoryOf(plan)
      .ofKind("CustomResourceDefinition")
      .map((definition) => {
        const { spec } = definition.manifest;
        return [`${text(at(spec, "group"))}/${text(at(spec, "names", "kind"))}`, definition];
      }),
  );
}

function customObjects(plan: Plan): PlannedObject[] {
  return inventoryOf(plan).objects.filter(({ apiVersion }) => !builtIn.has(groupOf(apiVersion)));
}

function definitions(plan: Plan): Examination {
  const examination = new Examination();
  // A chart that was not rendered may define any kind.
  if (!inventoryOf(plan).complete) return examination;
  const kinds = customKinds(plan);
  for (const object of customObjects(plan)) {
    examination.look(objectName(object));
    if (!kinds.has(`${groupOf(object.apiVersion)}/${object.kind}`))
      examination.find(
        objectName(object),
        `is a ${object.kind} of ${groupOf(object.apiVersion)}, a kind that nothing in the stack defines`,
      );
  }
  return examination;
}

function definitionOrder(plan: Plan): Examination {
  const examination = new Examination();
  const kinds = customKinds(plan);
  const after = followers(plan);
  for (const object of customObjects(plan)) {
    const definition = kinds.get(`${groupOf(object.apiVersion)}/${object.kind}`);
    // Helm itself installs a release's CustomResourceDefinitions before its other objects.
    if (definition === undefined || definition.urn === object.urn) continue;
    examination.look(objectName(object));
    if (!after(definition.urn).has(object.urn))
      examination.find(
        objectName(object),
        `does not wait for ${definition.release ?? objectName(definition)}, which defines ${object.kind}`,
      );
  }
  return examination;
}

/** The resources that wait for a resource, directly, through others, or through their parent. */
function followers({ resources }: Plan): (urn: string) => ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const { urn, dependencies, parent } of resources) {
    for (const dependency of [...dependencies, parent]) {
      const known = next.get(dependency);
      if (known === undefined) next.set(dependency, [urn]);
      else known.push(urn);
    }
  }
  const found = new Map<string, Set<string>>();
  return (urn) => {
    const known = found.get(urn);
    if (known !== undefined) return known;
    const reached = new Set<string>();
    const waiting = [...(next.get(urn) ?? [])];
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      if (reached.has(one)) continue;
      reached.add(one);
      waiting.push(...(next.get(one) ?? []));
    }
    found.set(urn, reached);
    return reached;
  };
}

function ownership(plan: Plan): Examination {
  const examination = new Examination();
  const parents = new Map(plan.resources.map(({ urn, parent }) => [urn, parent]));
  for (const object of plan.objects) {
    const name = objectName(object);
    examination.look(name);
    if (parents.get(object.urn) === "") examination.find(name, "has no parent");
    const labels = textMap(at(object.manifest, "metadata", "labels"));
    const missing = ["name", "component", "part-of", "managed-by"]
      .map((label) => `app.kubernetes.io/${label}`)
      .filter((label) => (labels[label] ?? "") === "");
    if (missing.length > 0) examination.find(name, `has no label ${missing.join(", ")}`);
    if (labels["groundplan/stack"] !== plan.stack)
      examination.find(
        name,
        `has the label groundplan/stack=${labels["groundplan/stack"] ?? ""} in the stack ${plan.stack}`,
      );
  }
  return examination;
}

function duplicates(plan: Plan): Examination {
  const examination = new Examination();
  const sources = new Map<string, string>();
  for (const object of inventoryOf(plan).objects) {
    const name = objectName(object);
    examination.look(name);
    const source = object.release ?? object.component;
    const id = `${groupOf(object.apiVersion)} ${name}`;
    const first = sources.get(id);
    if (first === undefined) sources.set(id, source);
    else
      examination.find(
        name,
        first === source ? `comes twice from ${source}` : `comes from ${first} and from ${source}`,
      );
  }
  return examination;
}

function removedApis(plan: Plan): Examination {
  const examination = new Examination();
  const { version } = plan.settings.cluster;
  const minor = (text: string) => Number(text.split(".")[1]);
  for (const object of inventoryOf(plan).objects) {
    const { apiVersion, kind } = object;
    examination.look(objectName(object));
    const entry = removed.find(([one, kinds]) => one === apiVersion && (kinds === "all" || kinds.includes(kind)));
    if (entry !== undefined && minor(entry[2]) <= minor(version))
      examination.find(
        objectName(object),
        `uses ${apiVersion}, which was removed in Kubernetes ${entry[2]}; the cluster runs ${version}`,
      );
  }
  return examination;
}

function emptyValues(plan: Plan): Examination {
  const examination = new Examination();
  for (const object of plan.objects) {
    // The API server keeps the empty values of custom resources.
    if (!builtIn.has(groupOf(object.apiVersion))) continue;
    examination.look(objectName(object));
    for (const path of emptyFields(object.kind, object.manifest))
      examination.find(objectName(object), `has an empty ${path}`);
  }
  return examination;
}
