import type { PodGroup } from "../../components/kit/ledger.ts";
import type { PlannedObject, PlannedRelease } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { Examination, nameOf } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import { at, list, text } from "../../components/kit/unknown.ts";
import { keepsClaims } from "./operators.ts";
import { referencesOf } from "./references.ts";

/** Checks of the safety of data. They apply to stacks with the profile `prod`. */
export const dataChecks: readonly Check[] = [
  {
    id: "GP060",
    title: "Volumes are retained when their claims are deleted in prod",
    severity: "error",
    reason: "With the reclaim policy Delete, deleting a claim or its namespace also deletes the data permanently.",
    fix: "Set reclaimPolicy: Retain in storage.classes. The class is replaced; existing volumes keep their policy.",
    examine: reclaim,
  },
  {
    id: "GP061",
    title: "Resources with data are protected in prod",
    severity: "error",
    reason:
      "Without protection, the next update deletes the claims of a renamed or removed component, and all claims in a removed namespace.",
    fix: "Pass `keepsData(environment)` as the options of the object, the release or the namespace.",
    examine: protection,
  },
  {
    id: "GP062",
    title: "Dependencies of retained pods are retained in prod",
    severity: "error",
    reason:
      "Retained pods keep running when they are removed from the program. After the loss of their node, they cannot start again without their Secrets, ConfigMaps, service account and priority class.",
    fix: "Pass `outlives(environment)` as the options of the Secret, the ConfigMap, the service account or the release that creates it.",
    examine: needs,
  },
];

function reclaim(plan: Plan): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  const { get } = inventoryOf(plan);
  for (const name of usedClasses(plan)) {
    // A class that is not in the plan belongs to the cluster, and its policy is unknown.
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

/** Storage classes that claims name, or get as the default class. */
function usedClasses(plan: Plan): Set<string> {
  const { pods, ofKind } = inventoryOf(plan);
  const claims = [
    ...pods.flatMap((pod) => pod.claims),
    ...ofKind("PersistentVolumeClaim").map(({ manifest }) => manifest),
  ]
    .filter((claim) => !endsWithJob(claim))
    .map((claim) => text(at(claim, "spec", "storageClassName")));
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
      ...(resource.retainOnDelete ? [] : ["is deleted when it is removed from the program"]),
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
 * The releases that may create pods which no rendered object creates: releases of the same component in the namespace, if possible the
 * one whose name, or the name in whose values, the pods' name starts with. A criterion that matches no release is skipped.
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

/** The objects that pods of a retained resource refer to and that are deleted on their own removal. */
function needs(plan: Plan): Examination {
  const examination = new Examination();
  const kept = new Map(plan.resources.map(({ urn, retainOnDelete }) => [urn, retainOnDelete]));
  const { pods, get } = inventoryOf(plan);
  for (const pod of pods) {
    const owner = get(pod.kind, pod.namespace, pod.name);
    if (owner === undefined || pod.once || kept.get(owner.urn) !== true) continue;
    examination.look(pod.owner);
    const priority = text(pod.spec["priorityClassName"]);
    for (const { kind, name } of [
      ...referencesOf(pod),
      ...(priority === undefined ? [] : [{ kind: "PriorityClass", name: priority }]),
    ]) {
      const needed = get(kind, kind === "PriorityClass" ? undefined : pod.namespace, name);
      // GP061 checks claims.
      if (kind !== "PersistentVolumeClaim" && needed !== undefined && kept.get(needed.urn) === false)
        examination.find(pod.owner, `is retained, but not the ${kind} ${name} that its pods need`);
    }
  }
  return examination;
}

/** Whether Kubernetes deletes a claim together with a Job: what it holds is needed only while the Job runs. */
function endsWithJob(claim: unknown): boolean {
  return list(at(claim, "metadata", "ownerReferences")).some((owner) => at(owner, "kind") === "Job");
}

/** Whether deleting an object deletes data or the access to it, directly or through its operator. */
function holdsData({ apiVersion, kind, name, manifest }: PlannedObject): boolean {
  if (kind === "PersistentVolumeClaim") return !endsWithJob(manifest);
  if (kind === "PersistentVolume") return true;
  if (kind === "StatefulSet") return at(manifest, "spec", "volumeClaimTemplates") !== undefined;
  return keepsClaims(apiVersion, kind, name, manifest["spec"]);
}
