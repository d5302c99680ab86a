import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { Resource } from "@pulumi/pulumi";
import type { SharedFolder } from "../kit/bindings.ts";
import { claim } from "../kit/claim.ts";
import { outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { fileData } from "../kit/ledger.ts";
import type { Pod, Server, Task } from "../kit/pod.ts";
import type { Pods } from "../kit/pods.ts";
import type { Bytes } from "../kit/quantities.ts";
import { grant } from "../kit/rights.ts";
import type { Keyed } from "../kit/secret.ts";
import { sharedVolume } from "../kit/shared-volume.ts";
import { job, statefulSet } from "../kit/workload.ts";
import { account, image } from "./confluence-pod.ts";
import type { NodeHome } from "./confluence-pod.ts";
import { moveScript, paths } from "./scripts.ts";

/** A cluster of nodes. */
export interface ClusterArgs {
  /** The home that the nodes share: a folder, or the size of a claim with the storage role `shared`. */
  readonly sharedHome: SharedFolder | { readonly size: Bytes };
  /** Whether the home of a Confluence that ran alone is kept, and copied to the shared home before the first node starts. */
  readonly movesHome: boolean;
}

/** Names of the objects of a cluster. */
export const clusterNames = {
  /** The StatefulSet: its pods are `sts-NAME-0` and so on. */
  nodes: (name: string) => `sts-${name}`,
  /** The headless Service of the nodes. */
  service: (name: string) => `svc-${name}-nodes`,
  sharedHome: (name: string) => `pvc-${name}-shared`,
  /** The claims of the nodes' own homes. Without nodes, that of the first one is kept for its next start. */
  homes: (name: string, replicas: number) =>
    Array.from({ length: Math.max(1, replicas) }, (_, node) => `${homeTemplate}-sts-${name}-${node}`),
};

const homeTemplate = "home";

/** Where the objects of a cluster are, and what they have in common. */
interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The pods of a cluster, with the ports of Confluence and of the cluster. */
type Nodes = Pods<"http" | "hazelcast">;

/** What a node mounts, and what must be there before it starts. */
export interface Membership {
  readonly home: NodeHome;
  readonly ready: readonly Resource[];
}

/** What the nodes of a cluster need besides the pod: the shared home, the Service that lists them, and the right to read it. */
export function membership(owner: Component, place: Place, nodes: Nodes, { sharedHome }: ClusterArgs): Membership {
  const shared = home(owner, place, nodes, sharedHome);
  const service = discovery(owner, place, nodes);
  return {
    home: {
      kind: "node",
      template: homeTemplate,
      shared: clusterNames.sharedHome(place.name),
      serviceAccount: clusterNames.nodes(place.name),
      cluster: place.name,
      service: clusterNames.service(place.name),
    },
    ready: [shared, ...service],
  };
}

/** The nodes, which start and restart one after another. */
export function clusterNodes(
  owner: Component,
  role: string,
  { labels, name, namespace }: Place,
  { pod, replicas, storage }: { readonly pod: Pod<Server>; readonly replicas: number; readonly storage: Bytes },
  dependsOn: readonly Resource[],
): void {
  statefulSet(
    owner,
    role,
    {
      name: clusterNames.nodes(name),
      namespace,
      labels,
      pod,
      replicas,
      serviceName: clusterNames.service(name),
      claims: { [homeTemplate]: { size: storage, role: "bulk" } },
    },
    { dependsOn },
  );
  const { accepted, spareClaims } = owner.environment.ledger;
  for (const home of clusterNames.homes(name, replicas))
    spareClaims.push({ namespace, claim: home, reason: "a node builds its index and caches again" });
  if (replicas === 1)
    accepted.push({
      check: "GP050",
      object: `StatefulSet ${namespace}/${clusterNames.nodes(name)}`,
      reason: "the first node of a cluster is set up before a second one starts",
    });
}

/** A Job that copies the home of a Confluence that ran alone to the shared home. */
export function movedHome(
  owner: Component,
  { labels, name, namespace }: Place,
  { previous, scripts }: { readonly previous: string; readonly scripts: Keyed },
  dependsOn: readonly Resource[],
): Resource {
  const copying: Task = {
    name: "move-home",
    image,
    command: ["/bin/sh", `${paths.scripts}/move.sh`],
    mounts: {
      [paths.previousHome]: { volume: "previous-home", readOnly: true },
      [paths.sharedHome]: { volume: "shared-home" },
      [paths.scripts]: { volume: "scripts", readOnly: true },
    },
    writable: ["/tmp"],
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "512Mi" } },
  };
  const pod: Pod<Task> = {
    priority: "applications",
    runAs: { user: account, group: account },
    containers: [copying],
    volumes: {
      "previous-home": { claim: previous },
      "shared-home": { claim: clusterNames.sharedHome(name) },
      scripts: { from: scripts },
    },
  };
  // Attachments of years may be hundreds of gigabytes.
  const spec = { name: `${name}-move`, namespace, labels, pod, activeDeadlineSeconds: 12 * 3600 };
  const { accepted, spareClaims } = owner.environment.ledger;
  spareClaims.push({ namespace, claim: previous, reason: "the shared home has its files" });
  accepted.push({
    check: "GP041",
    object: `Job ${namespace}/${name}-move-job-*`,
    reason: "it runs a shell of Confluence's image, and no Java",
  });
  return job(owner, "move-home", spec, "move-home", moveScript(), { dependsOn }).resource;
}

function home(
  owner: Component,
  { labels, name, namespace }: Place,
  { labels: consumer }: Nodes,
  sharedHome: ClusterArgs["sharedHome"],
): Resource {
  const own = clusterNames.sharedHome(name);
  const files = { user: account, group: account };
  if ("server" in sharedHome)
    return sharedVolume(owner, "shared", { name: own, namespace }, sharedHome, files, { consumer }).resource;
  const { size } = sharedHome;
  const { resource } = claim(owner, "shared-claim", {
    name: own,
    namespace,
    labels,
    size,
    role: "shared",
    shared: true,
  });
  const storage = { size, role: "shared" } as const;
  owner.environment.ledger.data.push(
    fileData({ namespace, claim: own, storage, shared: true, account: files, consumer }),
  );
  return resource;
}

/**
 * How nodes find each other: Hazelcast reads the addresses of the Service from its Endpoints. A node that may not read them does not
 * fail: it starts as a cluster of its own on the same database. Other objects that it asks for, such as nodes and pods, are for
 * features that Confluence does not use: Hazelcast logs the refusal and goes on.
 */
function discovery(owner: Component, { labels, name, namespace }: Place, nodes: Nodes): readonly Resource[] {
  const { cluster, ledger } = owner.environment;
  const service = clusterNames.service(name);
  const port = nodes.port("hazelcast");
  // Nodes that outlive the program must still find each other.
  const kept = outlives(owner.environment);
  const listed = owner.object(
    Service,
    "nodes",
    { name: service, namespace, labels },
    {
      spec: {
        clusterIP: "None",
        // A node joins while it starts. Two that start at the same time must find each other, too.
        publishNotReadyAddresses: true,
        ports: [{ name: "hazelcast", port, targetPort: "hazelcast" }],
        selector: { ...nodes.labels },
      },
    },
    kept,
  );
  const place = { name: clusterNames.nodes(name), namespace };
  const metadata = { ...place, labels };
  const account = owner.object(ServiceAccount, "account", metadata, { automountServiceAccountToken: false }, kept);
  const rule = { apiGroups: [""], resources: ["endpoints"], resourceNames: [service], verbs: ["get"] };
  const granted = grant(owner, "discovery", { ...place, name: service }, place, [rule], kept);
  ledger.edges.push(
    { from: nodes.peer, to: nodes.peer, ports: [port], purpose: "nodes of Confluence's cluster" },
    {
      from: nodes.peer,
      to: { kind: "apiServer" },
      ports: cluster.apiServerPorts,
      purpose: "nodes of Confluence find each other",
    },
  );
  return [listed, account, granted];
}
