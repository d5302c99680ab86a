import { object, one, podOf, remove } from "../draft.ts";
import { workload } from "../good.ts";
import type { Loose } from "../draft.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";
const budget = "PodDisruptionBudget app/web";

const constraints = (pod: Loose) => pod.topologySpreadConstraints as Record<string, Loose>[];
const constraint = (pod: Loose, index: number) => constraints(pod)[index] as Record<string, Loose>;

/** Puts an anti-affinity in the place of a constraint. */
function byAffinity(pod: Loose, index: number, topologyKey: string): void {
  constraints(pod).splice(index, 1);
  const podAffinityTerm = { topologyKey, labelSelector: { matchLabels: { app: "web" } } };
  pod.affinity = {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm }] },
  };
}

const kept = { protect: true, retainOnDelete: true };

const scaler = (minReplicas: number | undefined) =>
  object("autoscaling/v2", "HorizontalPodAutoscaler", "app/web", {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, minReplicas, maxReplicas: 4 },
  });

/** Cases of plan/checks/availability.ts and data.ts. */
export const availabilityCases: readonly Case[] = [
  {
    id: "GP050",
    name: "one replica in prod",
    when: (draft) => (one(draft, web).manifest.spec.replicas = 1),
    finds: [[web, /runs 1 replica/]],
  },
  {
    id: "GP050",
    name: "one replica in dev",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      one(draft, web).manifest.spec.replicas = 1;
    },
    finds: [],
  },
  {
    id: "GP050",
    name: "a Deployment that was scaled to nothing",
    when: (draft) => (one(draft, web).manifest.spec.replicas = 0),
    finds: [],
  },
  ...(
    [
      [undefined, [/runs 1 replica/]],
      [1, [/runs 1 replica/]],
      [3, []],
    ] as [number | undefined, RegExp[]][]
  ).map(([minReplicas, finds]): Case => ({
    id: "GP050",
    name: `a Deployment whose autoscaler starts ${minReplicas ?? "the default number of"} replicas`,
    when: (draft) => {
      remove(draft, budget);
      one(draft, web).manifest.spec.replicas = minReplicas === 3 ? undefined : 2;
      draft.objects.push(scaler(minReplicas));
    },
    finds: finds.map((message) => [web, message]),
    also: minReplicas === 3 ? ["GP051"] : [],
  })),
  {
    id: "GP053",
    name: "a budget that requires as many pods as the autoscaler starts at least",
    when: (draft) => {
      one(draft, budget).manifest.spec = { minAvailable: 2, selector: { matchLabels: { app: "web" } } };
      one(draft, web).manifest.spec.replicas = undefined;
      draft.objects.push(scaler(2));
    },
    finds: [[budget, /requires 2 of 2 pods/]],
  },
  {
    id: "GP051",
    name: "no disruption budget",
    when: (draft) => remove(draft, budget),
    finds: [[web, /has no disruption budget/]],
  },
  {
    id: "GP051",
    name: "a budget of other pods",
    when: (draft) => (one(draft, budget).manifest.spec.selector.matchLabels = { app: "wbe" }),
    finds: [[web, /has no disruption budget/]],
    also: ["GP093"],
  },
  ...(
    [
      ["may share a node", (pod) => void constraints(pod).shift(), true],
      [
        "are kept apart from pods of others",
        (pod) => (constraint(pod, 0)["labelSelector"] = { matchLabels: { app: "x" } }),
        true,
      ],
      ["are kept apart by a constraint without a selector", (pod) => delete constraint(pod, 0)["labelSelector"], true],
      ["are kept apart by an affinity", (pod) => byAffinity(pod, 0, "kubernetes.io/hostname"), false],
    ] as [string, (pod: Loose) => void, boolean][]
  ).map(([name, change, finds]): Case => ({
    id: "GP052",
    name: `replicas that ${name}`,
    when: (draft) => change(podOf(draft, web)),
    finds: finds ? [[web, /may run all replicas on one node/]] : [],
  })),
  ...(
    [
      ["may share a zone", (pod) => void constraints(pod).pop(), /may run all replicas in one zone/],
      ["are in different zones by an affinity", (pod) => byAffinity(pod, 1, "topology.kubernetes.io/zone"), undefined],
      [
        "need a zone each",
        (pod) => (constraint(pod, 1)["whenUnsatisfiable"] = "DoNotSchedule"),
        /starts only on nodes whose zone is known/,
      ],
    ] as [string, (pod: Loose) => void, RegExp | undefined][]
  ).map(([name, change, message]): Case => ({
    id: "GP105",
    name: `replicas that ${name}`,
    when: (draft) => change(podOf(draft, web)),
    finds: message === undefined ? [] : [[web, message]],
  })),
  {
    id: "GP105",
    name: "one replica in one zone",
    when: (draft) => {
      podOf(draft, web).topologySpreadConstraints = undefined;
      one(draft, web).manifest.spec.replicas = 1;
    },
    finds: [],
    also: ["GP050"],
  },
  {
    id: "GP105",
    name: "servers of an operator in one zone",
    when: (draft) => delete one(draft, "Cluster app/db").manifest.spec.topologySpreadConstraints,
    finds: [["Cluster app/db", /may run all replicas in one zone/]],
  },
  {
    id: "GP106",
    name: "a class that the settings name",
    when: (draft) => {
      draft.settings["namespaces"] = {
        ...(draft.settings["namespaces"] as object | undefined),
        elsewhere: { pods: { priorityClassName: "high" } },
      };
      podOf(draft, "StatefulSet app/mongo").priorityClassName = "high";
    },
    finds: [],
  },
  {
    id: "GP106",
    name: "pods without a priority, and with a class that is missing",
    when: (draft) => {
      delete podOf(draft, web).priorityClassName;
      podOf(draft, "StatefulSet app/mongo").priorityClassName = "tset";
      podOf(draft, "Deployment app/logs").priorityClassName = "system-node-critical";
      delete one(draft, "Cluster app/db").manifest.spec.priorityClassName;
    },
    finds: [
      ["Cluster app/db", /has no priority class/],
      [web, /has no priority class/],
      ["StatefulSet app/mongo", /has the priority class tset, which the stack does not create/],
    ],
  },
  ...(
    [
      ["as many as there are", { minAvailable: 2 }, /requires 2 of 2 pods/],
      ["a percentage that rounds up to all", { minAvailable: "51%" }, /requires 2 of 2 pods/],
      ["none away", { maxUnavailable: 0 }, /allows none of 2 pods to be unavailable/],
      ["no percent away", { maxUnavailable: "0%" }, /allows none/],
    ] as const
  ).map(([name, bounds, message]): Case => ({
    id: "GP053",
    name,
    when: (draft) => {
      delete one(draft, budget).manifest.spec.maxUnavailable;
      Object.assign(one(draft, budget).manifest.spec, bounds);
    },
    finds: [[budget, message]],
  })),
  {
    id: "GP053",
    name: "a budget for a single replica",
    when: (draft) => {
      one(draft, web).manifest.spec.replicas = 1;
      one(draft, budget).manifest.spec = { minAvailable: 1, selector: { matchLabels: { app: "web" } } };
    },
    finds: [[budget, /requires 1 of 1 pod/]],
    also: ["GP050"],
  },
  {
    id: "GP053",
    name: "two budgets of the same pods",
    when: (draft) =>
      draft.objects.push(
        object("policy/v1", "PodDisruptionBudget", "app/more", {
          spec: { maxUnavailable: 1, selector: { matchLabels: { app: "web" } } },
        }),
      ),
    finds: [
      ["PodDisruptionBudget app/more", /which another budget also selects/],
      [budget, /which another budget also selects/],
    ],
  },
  {
    id: "GP126",
    name: "Matrix' database on a class of NFS by its name, by its driver, and as the default",
    when: (draft) => {
      const claimed = (name: string, image: string, storageClassName?: string) => {
        draft.objects.push(
          object("v1", "PersistentVolumeClaim", `app/${name}`, { spec: { storageClassName } }, { recorded: kept }),
          ...workload("Deployment", `app/${name}`, image),
        );
        podOf(draft, `Deployment app/${name}`).volumes = [{ name, persistentVolumeClaim: { claimName: name } }];
      };
      draft.objects.push(
        object("storage.k8s.io/v1", "StorageClass", "shared", {
          provisioner: "nfs.csi.k8s.io",
          reclaimPolicy: "Retain",
        }),
        object("storage.k8s.io/v1", "StorageClass", "standard", {
          metadata: { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
          provisioner: "k8s-sigs.io/nfs-subdir-external-provisioner",
          reclaimPolicy: "Retain",
        }),
      );
      claimed("a", "docker.io/matrixconduit/matrix-conduit:v0.10.12", "nfs-big");
      claimed("b", "ghcr.io/matrix-construct/tuwunel:v1.9.0", "shared");
      claimed("c", "ghcr.io/matrix-construct/tuwunel:v1.9.0");
      claimed("fine", "ghcr.io/matrix-construct/tuwunel:v1.9.0", "fast");
      claimed("files", "docker.io/example/files:1.0", "shared");
    },
    finds: [
      ["Deployment app/a", /Conduit has its database on the class nfs-big/],
      ["Deployment app/b", /on the class shared/],
      ["Deployment app/c", /tuwunel has its database on the class standard/],
    ],
    also: ["GP043"],
  },
  {
    id: "GP060",
    name: "a class in use that deletes",
    when: (draft) => (one(draft, "StorageClass fast").manifest.reclaimPolicy = "Delete"),
    finds: [["StorageClass fast", /has the reclaim policy Delete/]],
  },
  {
    id: "GP060",
    name: "the default class that says nothing, for a claim that names none",
    when: (draft) =>
      draft.objects.push(
        object("storage.k8s.io/v1", "StorageClass", "standard", {
          metadata: { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
        }),
        object("v1", "PersistentVolumeClaim", "app/files", { spec: { resources: { requests: { storage: "1Gi" } } } }),
      ),
    finds: [["StorageClass standard", /Delete/]],
  },
  {
    id: "GP060",
    name: "a volume that deletes, and one that keeps",
    when: (draft) =>
      draft.objects.push(
        ...["Delete", "Retain"].map((persistentVolumeReclaimPolicy) =>
          object("v1", "PersistentVolume", persistentVolumeReclaimPolicy.toLowerCase(), {
            spec: { persistentVolumeReclaimPolicy },
          }),
        ),
      ),
    finds: [["PersistentVolume delete", /has the reclaim policy Delete/]],
  },
  {
    id: "GP060",
    name: "a class that nobody uses",
    when: (draft) =>
      draft.objects.push(object("storage.k8s.io/v1", "StorageClass", "scratch", { reclaimPolicy: "Delete" })),
    finds: [],
  },
  {
    id: "GP061",
    name: "a database that is not protected",
    when: (draft) => Object.assign(one(draft, "Cluster app/db").recorded, { protect: false, retainOnDelete: false }),
    finds: [["Cluster app/db", /holds data and is not protected and is deleted when it is removed/]],
  },
  {
    id: "GP061",
    name: "claims, volumes and StatefulSets that are not protected, among objects that hold nothing",
    when: (draft) => {
      const recorded = { protect: false };
      draft.objects.push(
        object("v1", "PersistentVolumeClaim", "app/files", { spec: { storageClassName: "fast" } }, { recorded }),
        object("v1", "PersistentVolume", "volume", {}, { recorded }),
      );
      one(draft, "StatefulSet app/mongo").manifest.spec.volumeClaimTemplates = [{ spec: {} }];
      one(draft, "StatefulSet app/mongo").recorded = recorded;
      one(draft, "ConfigMap app/web").recorded = recorded;
    },
    finds: [
      ["PersistentVolume volume", /is not protected/],
      ["PersistentVolumeClaim app/files", /is not protected/],
      ["StatefulSet app/mongo", /is not protected/],
    ],
  },
  {
    id: "GP061",
    name: "a namespace with claims that is not protected",
    when: (draft) => (one(draft, "Namespace app").recorded.protect = false),
    finds: [["Namespace app", /is not protected/]],
  },
  {
    id: "GP061",
    name: "a release with claims that is not protected",
    when: (draft) => {
      const [store, pdb] = workload("StatefulSet", "app/store", "docker.io/example/store:1.0");
      if (store === undefined || pdb === undefined) throw new Error("no workload");
      store.manifest.spec.volumeClaimTemplates = [{ spec: { storageClassName: "fast" } }];
      draft.objects.push({ ...store, release: "app/operator" }, pdb);
      draft.recordedReleases["app/operator"] = { retainOnDelete: false };
    },
    finds: [["Release app/operator", /is deleted when it is removed from the program/]],
  },
  {
    id: "GP061",
    name: "the same in dev",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      one(draft, "Cluster app/db").recorded.protect = false;
    },
    finds: [],
  },
  {
    id: "GP062",
    name: "kept pods whose Secret goes",
    when: (draft) => (one(draft, "Secret app/web").recorded.retainOnDelete = false),
    finds: [["Deployment app/web", /is retained, but not the Secret web that its pods need/]],
  },
  {
    id: "GP062",
    name: "kept pods whose priority class goes",
    when: (draft) => (one(draft, "PriorityClass test").recorded.retainOnDelete = false),
    finds: [web, "Deployment app/logs", "StatefulSet app/mongo", "Cluster app/db"]
      .sort()
      .map((owner) => [owner, /is retained, but not the PriorityClass test that its pods need/]),
  },
  {
    id: "GP062",
    name: "kept pods of a release whose service account goes with another",
    when: (draft) => {
      const account = object("v1", "ServiceAccount", "app/mongo", {}, { release: "app/operator" });
      draft.objects.push(account);
      draft.recordedReleases["app/operator"] = { retainOnDelete: false };
      podOf(draft, "StatefulSet app/mongo").serviceAccountName = "mongo";
    },
    finds: [["StatefulSet app/mongo", /is retained, but not the ServiceAccount mongo/]],
  },
  {
    id: "GP062",
    name: "a Secret that goes with the pods that use it",
    when: (draft) => {
      one(draft, "Secret app/web").recorded.retainOnDelete = false;
      one(draft, "Deployment app/web").recorded.retainOnDelete = false;
    },
    finds: [],
  },
];
