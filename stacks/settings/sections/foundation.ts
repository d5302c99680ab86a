import { z } from "zod";
import { anyAddress, defaultCluster } from "../../../components/kit/environment.ts";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { connection } from "./connections.ts";
import { images } from "./images.ts";
import { podExtrasKeys } from "./pod-extras.ts";
import { nodeGroup } from "./review.ts";

/** The cluster, the placement of pods, and the sources of images and charts. */
export function foundationSection(profile: Profile) {
  return {
    domain: key(formats.domain(), {
      is: "The parent domain of the stack's host names.",
      changing: "Every host gets a new name and certificate; data is kept.",
    }),
    cluster: key(cluster(), {
      is: "The Kubernetes cluster that the stack deploys to.",
    }),
    placement: key(placementKeys(platformNodes(profile)).prefault({}), {
      is: "The nodes that run the platform's pods.",
      changing: "Restarts every pod.",
    }),
    images: key(images().prefault({}), { is: "The source of container images." }),
    charts: key(charts().prefault({}), { is: "The source of Helm charts." }),
    isolation: key(z.enum(["enforced", "reported"]).default("enforced"), {
      is: "Whether network policies and Pod Security are enforced in the stack's namespaces. With `reported`, no network policies are created, and Pod Security warns instead of refusing: for namespaces with pods of an existing installation, until they are moved. The command `adopt` lists what `enforced` would refuse.",
      changing:
        "`enforced` refuses new pods that Pod Security does not allow, and cuts off connections that are not declared. Running pods are not stopped.",
    }),
    namespaces: key(z.record(formats.name(), namespace()).default({}), {
      is: "Namespaces by name: additional ones, or options for namespaces that components create.",
      unset: "Only the namespaces that components need are created.",
      changing:
        "Removing a name deletes the namespace and everything in it. In prod, a namespace that holds data is protected.",
      accepts: "an object of namespaces by name",
    }),
    rotation: key(z.record(formats.credentialName(), z.number().int().min(1).max(1_000_000)).default({}), {
      is: "Rotation numbers of generated secrets, by name; the plan lists the names. `all` applies to every secret that supports rotation by number.",
      unset: "Every secret keeps its first value.",
      changing: "A higher number replaces the secret, applies the new value and restarts its consumers.",
      accepts: "an object of whole numbers from 1, by name of the secret",
    }),
  };
}

function cluster() {
  return z.strictObject({
    provider: key(z.enum(["context", "aws"]).default("context"), {
      is: "Where the cluster comes from: `context` is a cluster that exists; with `aws`, the stack creates one of EKS in the account of the section `aws`.",
      changing: "The stack moves to the other cluster. Data stays on the old one.",
    }),
    context: key(formats.context(), {
      is: "The kubeconfig context that this stack deploys to. No other context is used, not even the currently selected one. With `provider: aws`, the name of the context that `aws eks update-kubeconfig --alias` creates for people.",
      changing:
        "`up`, then `up --refresh`, creates everything on the other cluster (docs/recovery.md). Data stays on the old cluster.",
    }),
    kubeconfig: key(formats.plainText(1000, "kubeconfig.yaml").optional(), {
      is: "Path of the kubeconfig file.",
      accepts: 'the path of a file, such as "kubeconfig.yaml"',
      unset: "`KUBECONFIG` or `~/.kube/config` is used.",
      changing: "No effect if the file has the same cluster under this context.",
    }),
    domain: key(formats.domain().default(defaultCluster.domain), {
      is: "The domain of the cluster's Services, which kubelets get as `clusterDomain`.",
      changing:
        "Restarts every pod that connects to another. Certificates for names inside the cluster are issued again.",
    }),
    networkPlugin: key(z.enum(["standard", "cilium"]).default(defaultCluster.networkPlugin), {
      is: "The network plugin that enforces network policies. Cilium does not match nodes and the API server by address: with `cilium`, CiliumNetworkPolicies allow these connections. `standard` is every other plugin, and Cilium with `policyCIDRMatchMode: nodes`.",
      changing: "Adds or removes CiliumNetworkPolicies.",
    }),
    apiServerPorts: key(ports([...defaultCluster.apiServerPorts]), {
      is: "The ports of the API server: of the Service `kubernetes`, and of the servers behind it. Most network plugins compare a policy with the port of the server, some with that of the Service.",
      unit: "TCP port",
      changing: "Changes network policies only. With a wrong port, controllers cannot reach the API server.",
      accepts: "a list of ports, such as [443, 16443]",
    }),
    apiServerCidrs: key(
      z
        .array(formats.cidr())
        .min(1)
        .default([...anyAddress]),
      {
        is: "Address ranges of the API server: it calls webhooks from there, and pods reach it there.",
        unit: "CIDR",
        changing: "Changes network policies only. With a wrong range, webhooks time out.",
        accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
      },
    ),
    podCidrs: key(
      z
        .array(formats.cidr())
        .min(1)
        .default([...defaultCluster.podCidrs]),
      {
        is: "Address ranges of the pods, and of the nodes if the gateway's pods use their network. The login of an application accepts the client's address and host name only from there.",
        unit: "CIDR",
        changing:
          "Restarts the logins of applications. With a wrong range, browsers return to the wrong page after a login.",
        accepts: 'a list of address ranges, such as ["10.244.0.0/16"]',
      },
    ),
    dnsCidrs: key(z.array(formats.cidr()).default([...defaultCluster.dnsCidrs]), {
      is: "Addresses that resolve names and belong to no pod: of a DNS cache on each node, and of the Service `kube-dns` if the cache answers there.",
      unit: "CIDR",
      changing: "Changes network policies only. With a wrong address, pods cannot resolve names.",
      accepts: 'a list of address ranges, such as ["169.254.25.10/32"]',
    }),
    dnsNamespace: key(formats.name().default(defaultCluster.dnsNamespace), {
      is: "The namespace of the pods that resolve names.",
      changing: "Changes network policies only. With a wrong namespace, pods cannot resolve names.",
    }),
    dnsLabels: key(z.record(formats.labelKey(), formats.labelValue()).default({ ...defaultCluster.dnsLabels }), {
      is: "Labels of the pods that resolve names.",
      unset: "Every pod of `dnsNamespace` may be asked for names.",
      changing: "Changes network policies only. With wrong labels, pods cannot resolve names.",
      accepts: "an object of labels; values must be strings",
    }),
    dnsPorts: key(ports([...defaultCluster.dnsPorts]), {
      is: "The ports of the pods and addresses that resolve names: 5353 on OpenShift.",
      unit: "TCP and UDP port",
      changing: "Changes network policies only. With a wrong port, pods cannot resolve names.",
      accepts: "a list of ports, such as [53]",
    }),
    nodeCidrs: key(
      z
        .array(formats.cidr())
        .min(1)
        .default([...anyAddress]),
      {
        is: "Address ranges of the nodes. Prometheus scrapes kubelets and host-network pods there.",
        unit: "CIDR",
        changing: "Changes network policies only. With a wrong range, metrics of nodes are missing.",
        accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
      },
    ),
    version: key(
      formats
        .formed(/^1\.[0-9]{2}$/, 'a Kubernetes version in quotes, such as "1.35"', "1.34")
        .default(defaultCluster.version),
      {
        is: "The cluster's Kubernetes version. Plans render charts for it, and from 1.30 on, servers go on for 5 s when their pods are replaced, so that no connection is refused. With `provider: aws`, the cluster and its nodes have it.",
        changing:
          "Restarts pods if it passes 1.30. With `provider: aws`, a higher version upgrades the cluster and its nodes, and AWS refuses a lower one.",
      },
    ),
    nodeGroups: key(z.array(nodeGroup()).default([]), {
      is: "The cluster's nodes. Plans compare their capacity with the pods' requests.",
      unset: "Plans do not compare requests with capacity.",
      changing: "Affects plans only.",
      accepts: "a list of node groups",
    }),
  });
}

function ports(all: number[]) {
  return z.array(formats.port()).min(1).max(20).default(all);
}

function platformNodes(profile: Profile) {
  return byProfile<Record<string, string>>(profile, { prod: { "system-tag": "world-cereal-system" }, dev: {} });
}

/** The nodes of pods. @param nodeSelector default labels */
export function placementKeys(nodeSelector: Record<string, string>) {
  return z.strictObject({
    nodeSelector: key(z.record(formats.labelKey(), formats.labelValue()).default(nodeSelector), {
      is: "Labels of the nodes that run the pods.",
      changing:
        "Restarts every pod. A pod stays pending if its PersistentVolumeClaim is bound to a node without these labels.",
      accepts: "an object of node labels; values must be strings",
    }),
    tolerations: key(z.array(toleration()).default([]), {
      is: "Node taints that the pods tolerate.",
      changing: "Restarts every pod.",
      accepts: "a list of tolerations",
    }),
  });
}

/** A taint of nodes that pods tolerate. */
export function toleration() {
  return z.strictObject({
    key: key(formats.labelKey().optional(), {
      is: "The taint's key. Required with `operator: Equal`.",
      unset: "Every taint is tolerated.",
      changing: "Restarts every pod.",
    }),
    operator: key(z.enum(["Exists", "Equal"]).default("Equal"), {
      is: "How the taint is compared: `Equal` compares key and value, `Exists` the key only.",
      changing: "Restarts every pod.",
    }),
    value: key(formats.labelValue().optional(), {
      is: "The taint's value, for `operator: Equal`.",
      unset: "Only a taint with an empty value is tolerated.",
      changing: "Restarts every pod.",
    }),
    effect: key(z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(), {
      is: "The taint's effect, which the pods tolerate.",
      unset: "Every effect is tolerated.",
      changing: "Restarts every pod.",
    }),
  });
}

function charts() {
  return z.strictObject({
    source: key(z.enum(["upstream", "oci", "folder"]).default("upstream"), {
      is: "The source of charts: `upstream` (each chart's own repository), `oci` (an OCI registry with copies) or `folder` (a folder of `NAME-VERSION.tgz` files).",
      changing: "Upgrades every release in place. Pods restart only if a chart's content differs.",
    }),
    registry: key(formats.ociRegistry().optional(), {
      is: "The OCI registry, with its path, for `source: oci`.",
      unset: "Required with `source: oci`.",
      changing: "Same as for `source`.",
    }),
    folder: key(formats.relativePath().optional(), {
      is: "The folder, relative to the project, for `source: folder`.",
      unset: "Required with `source: folder`.",
      changing: "Same as for `source`. Pulumi compares the path as a string.",
    }),
    versions: key(z.record(formats.name(), formats.chartVersion()).default({}), {
      is: "Versions of charts, by the chart's name, in place of those that this program is tested with.",
      changing: "Upgrades or downgrades the release of the chart.",
    }),
    values: key(z.record(formats.name(), z.record(formats.plainText(253, "replicaCount"), z.unknown())).default({}), {
      is: "Values of charts that no setting covers, by the name of the release. Objects are merged with the component's values; null removes a default of the chart. Plans list what they change.",
      changing: "Upgrades the release in place.",
    }),
    override: key(z.array(formats.valuePath()).default([]), {
      is: "Paths in `values`, as `RELEASE.path`, at which a value that the component sets itself is replaced. Without an entry the component's value stays, because wiring or security depends on it.",
      changing: "Same as for `values`.",
    }),
  });
}

function namespace() {
  const quota = z.strictObject({
    cpu: key(formats.cpu().optional(), {
      is: "Maximum sum of the pods' CPU requests.",
      unset: "The sum is not limited.",
      changing: "No effect on running pods.",
    }),
    memory: key(formats.bytes().optional(), {
      is: "Maximum sum of the pods' memory requests.",
      unset: "The sum is not limited.",
      changing: "No effect on running pods.",
    }),
    storage: key(formats.bytes().optional(), {
      is: "Maximum sum of the sizes of PersistentVolumeClaims.",
      unset: "The sum is not limited.",
      changing: "No effect on running pods.",
    }),
    pods: key(z.number().int().min(1).max(100_000).optional(), {
      is: "Maximum number of pods.",
      unset: "The number is not limited.",
      changing: "No effect on running pods.",
    }),
  });
  const limitRange = z.strictObject({
    cpu: key(formats.cpu().optional(), {
      is: "Default CPU request of a container.",
      unset: "Containers without a CPU request get none.",
      changing: "Affects new pods only.",
    }),
    memory: key(formats.bytes().optional(), {
      is: "Default memory request of a container.",
      unset: "Containers without a memory request get none.",
      changing: "Affects new pods only.",
    }),
    memoryLimit: key(formats.bytes().optional(), {
      is: "Default memory limit of a container.",
      unset: "Containers without a memory limit get none.",
      changing: "Affects new pods only.",
    }),
  });
  return z.strictObject({
    labels: key(z.record(formats.namespaceLabelKey(), formats.labelValue()).default({}), {
      is: "Labels of the namespace, such as a cost center or what a service mesh asks for.",
      changing: "No effect on running pods.",
    }),
    annotations: key(z.record(formats.ownLabelKey(), formats.plainText(1000, "team-maps")).default({}), {
      is: "Annotations of the namespace.",
      changing: "No effect on running pods.",
    }),
    pods: key(podExtrasKeys().prefault({}), {
      is: "Labels, annotations and the priority class of the namespace's pods (docs/applications.md).",
    }),
    podSecurity: key(z.enum(["restricted", "baseline", "privileged"]).default("restricted"), {
      is: "The Pod Security Standard that the namespace enforces.",
      changing: "A stricter level rejects pods when they are created again.",
    }),
    keepsData: key(z.boolean().default(false), {
      is: "Whether PersistentVolumeClaims in the namespace hold data. In prod, such a namespace is protected, and Pulumi never deletes it.",
      changing: "No effect on running pods.",
    }),
    connections: key(z.array(connection()).default([]), {
      is: "Connections of your own applications in the namespace (docs/network.md).",
      changing: "Changes network policies only.",
      accepts: "a list of connections",
    }),
    quota: key(quota.optional(), {
      is: "Limits of the whole namespace (ResourceQuota).",
      unset: "The namespace is not limited.",
      changing: "No effect on running pods. New pods that exceed the quota are rejected.",
    }),
    limitRange: key(limitRange.optional(), {
      is: "Default requests and limits of containers (LimitRange).",
      unset: "Containers get no default requests and limits.",
      changing: "Affects new pods only.",
    }),
  });
}
