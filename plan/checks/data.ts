import type { PodGroup } from "../../components/kit/ledger.ts";
import type { PlannedObject, PlannedRelease } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { Examination, nameOf } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import { at, text } from "./look.ts";
import { keepsClaims } from "./operators.ts";
import { referencesOf } from "./references.ts";

/** Checks of what happens to data. They concern stacks of the profile `prod`. */
export const dataChecks: readonly Check[] = [
  {
    id: "GP060",
    title: "Volumes outlive their claims in prod",
    severity: "error",
    reason: "With the reclaim policy Delete, whoever deletes a claim, or its namespace, deletes the data for good.",
    fix: "Set reclaimPolicy: Retain in storage.classes; a class is made anew, volumes keep what they have.",
    examine: reclaim,
  },
  {
    id: "GP061",
    title: "What holds data is protected in prod",
    severity: "error",
    reason:
      "A renamed or removed component would otherwise take its claims, and a removed namespace everybody's, with the next update.",
    fix: "Pass `keepsData(environment)` as the options of the object, the release or the namespace.",
    examine: protection,
  },
  {
    id: "GP062",
    title: "What kept pods need is kept in prod",
    severity: "error",
    reason:
      "Pods that stay when they leave the program run on until their node goes, and never start again without their Secrets, ConfigMaps and service account.",
    fix: "Pass `outlives(environment)` as the options of the Secret, the ConfigMap, the service account or the release that brings it.",
    examine: needs,
  },
];

function reclaim(plan: Plan): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  const { get } = inventoryOf(plan);
  for (const name of usedClasses(plan)) {
    // A class that is not in the plan is the cluster's own, and cannot be seen from here.
    const object = get("StorageClass", undefined, name);
    if (object === undefined) continue;
    examination.look(objectName(object));
    const policy = text(object.manifest["reclaimPolicy"]) ?? "Delete";
    if (policy !== "Retain") examination.find(objectName(object), `has the reclaim policy ${policy}`);
  }
  for (const object of inventoryOf(plan).ofKind("PersistentVolume")) {
    examination.look(objectName(object));
    const policy = text(at(object.manifest, "spec", "persistentVolumeReclaimPolicy"));
    if (policy !== undefined && policy !== "Retain")
      examination.find(objectName(object), `has the reclaim policy ${policy}`);
  }
  return examination;
}

/** Storage classes that claims name, or that they get because it is the default. */
function usedClasses(plan: Plan): Set<string> {
  const { pods, ofKind } = inventoryOf(plan);
  const claims = [
    ...pods.flatMap((pod) => pod.claims),
    ...ofKind("PersistentVolumeClaim").map(({ manifest }) => manifest),
  ].map((claim) => text(at(claim, "spec", "storageClassName")));
  const recorded = plan.ledger.podGroups.flatMap((group) =>
    (group.claims ?? []).map(({ storageClass }) => storageClass),
  );
  const defaults = ofKind("StorageClass").filter(
    ({ manifest }) => at(manifest, "metadata", "annotations", "storageclass.kubernetes.io/is-default-class") === "true",
  );
  return new Set([...claims, ...recorded].flatMap((name) => name ?? defaults.map((one) => one.name)));
}

function protection(plan: Plan): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  const byUrn = new Map(plan.resources.map((resource) => [resource.urn, resource]));
  const { objects, get } = inventoryOf(plan);
  const holders = objects.filter(holdsData);
  const judge = (name: string, urn: string) => {
    const resource = byUrn.get(urn);
    if (resource === undefined) return;
    examination.look(name);
    const lacking = [
      ...(resource.protect ? [] : ["is not protected"]),
      ...(resource.retainOnDelete ? [] : ["goes with its removal from the program"]),
    ];
    if (lacking.length > 0) examination.find(name, `holds data and ${lacking.join(" and ")}`);
  };
  for (const object of holders.filter(({ release }) => release === undefined)) judge(objectName(object), object.urn);

  const inRelease = new Set(holders.map(({ release }) => release));
  const claiming = plan.ledger.podGroups.filter(({ claims = [] }) => claims.length > 0);
  const own = new Set(holders.map(({ namespace, name }) => `${namespace}/${name}`));
  const hidden = claiming.filter(({ namespace, name }) => !own.has(`${namespace}/${name}`));
  const recorded = new Set(hidden.flatMap((group) => unrenderedReleases(plan, group)));
  for (const release of plan.releases) {
    const { name, namespace, urn } = release;
    if (inRelease.has(`${namespace}/${name}`) || recorded.has(release)) judge(nameOf("Release", name, namespace), urn);
  }

  const namespaces = new Set([...holders, ...claiming].map(({ namespace }) => namespace));
  for (const name of namespaces) {
    const object = name === undefined ? undefined : get("Namespace", undefined, name);
    if (object !== undefined) judge(objectName(object), object.urn);
  }
  return examination;
}

/**
 * The releases that may bring pods which no rendered object brings: of those in the namespace the same component's, and of
 * these the one after which the pods are named, or after the name that its values give. What tells nothing apart is passed over.
 */
function unrenderedReleases(plan: Plan, { component, namespace, name }: PodGroup): PlannedRelease[] {
  const unrendered = new Set(plan.notRendered.map(({ release }) => release));
  const isNamed = (release: PlannedRelease) => {
    const full = text(release.values["fullnameOverride"]) ?? release.name;
    return name === full || name.startsWith(`${full}-`);
  };
  const narrowed = (all: PlannedRelease[], is: (release: PlannedRelease) => boolean) =>
    all.some(is) ? all.filter(is) : all;
  const here = plan.releases.filter(
    (release) => release.namespace === namespace && unrendered.has(`${namespace}/${release.name}`),
  );
  return narrowed(
    narrowed(here, (release) => release.component === component),
    isNamed,
  );
}

/** What the pods of something that outlives its removal refer to, and what goes with its own. */
function needs(plan: Plan): Examination {
  const examination = new Examination();
  const kept = new Map(plan.resources.map(({ urn, retainOnDelete }) => [urn, retainOnDelete]));
  const { pods, get } = inventoryOf(plan);
  for (const pod of pods) {
    const owner = get(pod.kind, pod.namespace, pod.name);
    if (owner === undefined || pod.once || kept.get(owner.urn) !== true) continue;
    examination.look(pod.owner);
    for (const { kind, name } of referencesOf(pod)) {
      const needed = get(kind, pod.namespace, name);
      // Claims are what GP061 looks at.
      if (kind !== "PersistentVolumeClaim" && needed !== undefined && kept.get(needed.urn) === false)
        examination.find(pod.owner, `stays without the ${kind} ${name} that its pods need`);
    }
  }
  return examination;
}

/** Whether deleting an object, or what its operator does then, deletes data or the way to it. */
function holdsData({ apiVersion, kind, name, manifest }: PlannedObject): boolean {
  if (kind === "PersistentVolumeClaim" || kind === "PersistentVolume") return true;
  if (kind === "StatefulSet") return at(manifest, "spec", "volumeClaimTemplates") !== undefined;
  return keepsClaims(apiVersion, kind, name, manifest["spec"]);
}
