import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { nodeGroup } from "./review.ts";

/** The cluster, where pods run in it, and where images and charts come from. */
export function foundationSection(profile: Profile) {
  return {
    domain: key(formats.domain(), {
      is: "The domain under which every host of the stack stands.",
      left: "An error: there is no sensible default.",
      changing: "New certificates and addresses for every host; data stays.",
    }),
    cluster: key(cluster(), {
      is: "The Kubernetes cluster that the stack stands on.",
      left: "An error: the context is required.",
      changing: "See the keys.",
    }),
    placement: key(placement(profile).prefault({}), {
      is: "On which nodes the platform's pods run.",
      changing: "Restarts every pod.",
    }),
    images: key(images().prefault({}), { is: "Where container images come from.", changing: "See the keys." }),
    charts: key(charts().prefault({}), { is: "Where Helm charts come from.", changing: "See the keys." }),
    namespaces: key(z.record(formats.name(), namespace()).default({}), {
      is: "Namespaces by name: further ones, or more about those that components bring along.",
      left: "Only the namespaces that components need.",
      changing:
        "Removing a name deletes the namespace with everything in it; one that keeps data is protected in prod.",
      accepts: "an object of namespaces by name",
    }),
    rotation: key(z.record(formats.credentialName(), z.number().int().min(1).max(1_000_000)).default({}), {
      is: "Rotation numbers of generated secrets, by name (`npm start` lists the names); `all` stands for every one that a number can rotate.",
      left: "Every secret stays as it was first made.",
      changing: "A higher number replaces that secret, applies it and restarts who uses it.",
      accepts: "an object of whole numbers from 1, by the secret's name",
    }),
  };
}

function cluster() {
  return z.strictObject({
    context: key(formats.context(), {
      is: "The kubeconfig context that this stack deploys to; no other is ever used.",
      left: "An error: a deployment must not go to whatever cluster happens to be selected.",
      changing:
        "`up`, then `up --refresh` makes everything on the other cluster (docs/recovery.md); data stays on the old one.",
    }),
    kubeconfig: key(formats.plainText(1000, "kubeconfig.yaml").optional(), {
      is: "Path of the kubeconfig file.",
      accepts: 'the path of a file, such as "kubeconfig.yaml"',
      left: "`KUBECONFIG`, or `~/.kube/config`.",
      changing: "Nothing, as long as it leads to the same cluster.",
    }),
    apiServerCidrs: key(z.array(formats.cidr()).min(1).default(["0.0.0.0/0"]), {
      is: "Address ranges from which the API server calls webhooks, and where it answers.",
      unit: "CIDR",
      changing: "Changes network policies only; a wrong range makes webhooks time out.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
    nodeCidrs: key(z.array(formats.cidr()).min(1).default(["0.0.0.0/0"]), {
      is: "Address ranges of the nodes, at which kubelets and what runs on their network answer Prometheus.",
      unit: "CIDR",
      changing: "Changes network policies only; a wrong range leaves nodes unmeasured.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    }),
    version: key(
      formats.formed(/^1\.[0-9]{2}$/, 'a Kubernetes version in quotes, such as "1.35"', "1.34").default("1.35"),
      {
        is: "The cluster's Kubernetes version, for rendering charts in a plan.",
        changing: "Nothing that runs: only plans read it.",
      },
    ),
    nodeGroups: key(z.array(nodeGroup()).default([]), {
      is: "The cluster's nodes, for comparing what pods ask for with what there is.",
      left: "No comparison.",
      changing: "Nothing that runs: only plans read it.",
      accepts: "a list of node groups",
    }),
  });
}

function placement(profile: Profile) {
  const nodeSelector = byProfile<Record<string, string>>(profile, {
    prod: { "system-tag": "world-cereal-system" },
    dev: {},
  });
  return z.strictObject({
    nodeSelector: key(z.record(formats.labelKey(), formats.labelValue()).default(nodeSelector), {
      is: "Labels of the nodes that run the platform's pods.",
      changing: "Restarts every pod; a claim bound to a node elsewhere keeps its pod pending.",
      accepts: "an object of node labels, all values as text",
    }),
    tolerations: key(z.array(toleration()).default([]), {
      is: "Taints of nodes that the platform's pods tolerate.",
      changing: "Restarts every pod.",
      accepts: "a list of tolerations",
    }),
  });
}

function toleration() {
  return z.strictObject({
    key: key(formats.labelKey().optional(), {
      is: "The taint's key. Without one, `operator` must be `Exists`.",
      left: "Every taint.",
      changing: "Restarts every pod.",
    }),
    operator: key(z.enum(["Exists", "Equal"]).default("Equal"), {
      is: "How the taint's value is compared: it must be the same, or anything where only the key counts.",
      changing: "Restarts every pod.",
    }),
    value: key(formats.labelValue().optional(), {
      is: "The taint's value, for `operator: Equal`.",
      left: "The empty value.",
      changing: "Restarts every pod.",
    }),
    effect: key(z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(), {
      is: "The taint's effect on pods that do not tolerate it.",
      left: "Every effect.",
      changing: "Restarts every pod.",
    }),
  });
}

function images() {
  return z.strictObject({
    mirror: key(formats.registry().optional(), {
      is: "Registry, with an optional path, that holds a copy of every image under its upstream repository.",
      left: "Images come from their own registries.",
      changing: "Restarts every pod.",
    }),
    pullSecret: key(
      z
        .strictObject({
          registry: key(formats.registry(), {
            is: "The registry that asks for a login.",
            left: "An error.",
            changing: "Images of the old one can no longer be pulled.",
          }),
          username: key(formats.plainText(253, "groundplan"), {
            is: "The login's name.",
            left: "An error.",
            changing: "Images are pulled with it from then on.",
          }),
          passwordSecret: key(formats.secretName(), {
            is: "The secret with the login's password or token.",
            left: "An error.",
            changing: "Images are pulled with it from then on.",
            secret: true,
          }),
        })
        .optional(),
      {
        is: "Login at a registry; the Secret `registry` stands in every namespace.",
        left: "Images are pulled without a login.",
        changing: "Restarts every pod when it comes or goes.",
      },
    ),
  });
}

function charts() {
  return z.strictObject({
    source: key(z.enum(["upstream", "oci", "folder"]).default("upstream"), {
      is: "Where charts come from: each chart's own repository, an OCI registry with copies, or a folder of `NAME-VERSION.tgz` files.",
      changing: "Upgrades every release in place; nothing restarts unless a chart's content differs.",
    }),
    registry: key(formats.ociRegistry().optional(), {
      is: "The OCI registry, with its path, for `source: oci`.",
      left: "An error with `source: oci`.",
      changing: "As for `source`.",
    }),
    folder: key(formats.relativePath().optional(), {
      is: "The folder, relative to the project, for `source: folder`.",
      left: "An error with `source: folder`.",
      changing: "As for `source`: Pulumi compares the path as text.",
    }),
  });
}

function namespace() {
  const quota = z.strictObject({
    cpu: key(formats.cpu().optional(), {
      is: "Sum of the CPU that pods ask for.",
      left: "No limit.",
      changing: "Nothing that runs.",
    }),
    memory: key(formats.bytes().optional(), {
      is: "Sum of the memory that pods ask for.",
      left: "No limit.",
      changing: "Nothing that runs.",
    }),
    storage: key(formats.bytes().optional(), {
      is: "Sum of the sizes of claims.",
      left: "No limit.",
      changing: "Nothing that runs.",
    }),
    pods: key(z.number().int().min(1).max(100_000).optional(), {
      is: "Number of pods.",
      left: "No limit.",
      changing: "Nothing that runs.",
    }),
  });
  const limitRange = z.strictObject({
    cpu: key(formats.cpu().optional(), {
      is: "CPU that a container asks for when it says nothing.",
      left: "None.",
      changing: "New pods only.",
    }),
    memory: key(formats.bytes().optional(), {
      is: "Memory that a container asks for when it says nothing.",
      left: "None.",
      changing: "New pods only.",
    }),
    memoryLimit: key(formats.bytes().optional(), {
      is: "Memory limit of a container that says none.",
      left: "None.",
      changing: "New pods only.",
    }),
  });
  return z.strictObject({
    podSecurity: key(z.enum(["restricted", "baseline", "privileged"]).default("restricted"), {
      is: "The Pod Security Standard that the namespace enforces.",
      changing: "A stricter level refuses pods the next time they start.",
    }),
    keepsData: key(z.boolean().default(false), {
      is: "Whether claims in it hold data: in prod it is then protected and never deleted by Pulumi.",
      changing: "Nothing that runs.",
    }),
    quota: key(quota.optional(), {
      is: "Upper bounds of the whole namespace (ResourceQuota).",
      left: "No bounds.",
      changing: "Nothing that runs; new pods over it are refused.",
    }),
    limitRange: key(limitRange.optional(), {
      is: "What containers get that say nothing (LimitRange).",
      left: "Nothing.",
      changing: "New pods only.",
    }),
  });
}
