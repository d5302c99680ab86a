import { isAmazonEndpoint } from "../kit/bindings.ts";
import type { Bucket } from "../kit/bindings.ts";
import { Pods } from "../kit/pods.ts";
import { parseDuration } from "../kit/quantities.ts";
import type { Duration } from "../kit/quantities.ts";
import type { Size } from "../kit/resources.ts";
import { compare } from "../kit/stable.ts";

/** The release's name, and the name of its Deployment, which the chart fixes. */
export const releaseName = "velero";

/** The service account of all of Velero's pods, by which a store with roles knows them. */
export const account = "velero";

/** The name of the storage location. */
export const location = "default";

/** The ConfigMap that says what becomes of each volume. */
export const policiesName = "velero-volumes";

/** The ConfigMap with the resources of the pods that copy files. */
export const copiesName = "velero-copies";

/**
 * What becomes of volumes: `all` are copied, by a snapshot where the storage class has one and file by file otherwise; `snapshots`
 * only by snapshots; `none`.
 */
export type Volumes = "all" | "snapshots" | "none";

/** A storage class whose volumes can be snapshot. */
export interface SnapshotClass {
  readonly storageClass: string;
  readonly snapshotClass: string;
  /** The CSI driver. Default: it is not known, and Velero takes the VolumeSnapshotClass that it finds for the driver. */
  readonly driver?: string;
}

/** What is copied, and how. */
export interface Copies {
  /** The namespaces, each of which has a Schedule. */
  readonly namespaces: readonly string[];
  /** A cron schedule in UTC. */
  readonly schedule: string;
  /** The age at which a backup is deleted. */
  readonly keep: Duration;
  readonly volumes: Volumes;
  /** Whether Secrets are copied: they are not encrypted in the bucket. */
  readonly secrets: boolean;
  readonly snapshots: readonly SnapshotClass[];
  /** Whether an agent on each node copies files: it mounts the kubelet's folder. */
  readonly agents: boolean;
}

/** Requests and limits of its containers. */
export const sizes = {
  server: { cpu: "50m", memory: "128Mi", memoryLimit: "1Gi" },
  plugin: { cpu: "10m", memory: "16Mi", memoryLimit: "64Mi" },
  agent: { cpu: "20m", memory: "64Mi", memoryLimit: "512Mi" },
} as const satisfies Record<string, Size>;

/** Requests and limits of the pods that Velero itself makes, as its own configuration writes them; `0`: no limit. */
export const madePods = { cpuRequest: "50m", memoryRequest: "128Mi", cpuLimit: "0", memoryLimit: "2Gi" } as const;

/**
 * The pods of the chart, by the labels of its templates. Those that Velero makes for a time have other labels: its namespace holds
 * nothing else.
 */
export function veleroPods(namespace: string) {
  const labels = { "app.kubernetes.io/instance": releaseName, "app.kubernetes.io/name": "velero" };
  return {
    servers: new Pods(namespace, { ...labels, name: "velero" }, { metrics: 8085 }),
    agents: new Pods(namespace, { ...labels, name: "node-agent" }, {}),
  };
}

/** The folder of a stack in its bucket. restic's repositories are in the folders `STACK` and `STACK.NAMESPACE`. */
export function veleroFolder(stack: string): string {
  return `velero/${stack}`;
}

/** The name of a namespace's Schedule; a backup's name is this and the time. */
export function scheduleName(namespace: string): string {
  return namespace;
}

/**
 * What becomes of each volume, by the first condition that it meets (Velero, "Resource filtering", "Creating resource policies").
 * Volumes that exist only as long as a pod are never copied.
 */
export function volumePolicies({ snapshots, volumes }: Pick<Copies, "snapshots" | "volumes">): object {
  const fleeting = ["configMap", "downwardAPI", "emptyDir", "ephemeral", "projected", "secret"];
  const classes = snapshots.map(({ storageClass }) => storageClass).sort(compare);
  const otherwise = volumes === "all" ? "fs-backup" : "skip";
  return {
    version: "v1",
    volumePolicies: [
      { conditions: { volumeTypes: fleeting }, action: { type: "skip" } },
      ...(volumes === "none" || classes.length === 0
        ? []
        : [{ conditions: { storageClass: classes }, action: { type: "snapshot" } }]),
      { conditions: {}, action: { type: otherwise } },
    ],
  };
}

/**
 * The annotations of a Schedule, which its backups inherit: the VolumeSnapshotClass of each driver (Velero, "Container Storage
 * Interface Snapshot Support").
 */
export function snapshotAnnotations({ snapshots, volumes }: Pick<Copies, "snapshots" | "volumes">) {
  if (volumes === "none") return {};
  const named = snapshots.flatMap(({ driver, snapshotClass }) =>
    driver === undefined
      ? []
      : [[`velero.io/csi-volumesnapshot-class_${driver.toLowerCase()}`, snapshotClass] as const],
  );
  // The first class of a driver: Velero takes one for each.
  return Object.fromEntries(named.reverse());
}

/** The spec of a namespace's Schedule (velero.io/v1). */
export function scheduleSpec(namespace: string, { keep, schedule, secrets, volumes }: Copies) {
  return {
    schedule,
    template: {
      includedNamespaces: [namespace],
      // Events are history, and leader elections start again.
      excludedNamespaceScopedResources: [
        "events",
        "events.events.k8s.io",
        "leases.coordination.k8s.io",
        ...(secrets ? [] : ["secrets"]),
      ],
      resourcePolicy: { kind: "configmap", name: policiesName },
      snapshotVolumes: volumes !== "none",
      snapshotMoveData: false,
      storageLocation: location,
      ttl: `${parseDuration(keep)}s`,
    },
  };
}

/** How a namespace is copied, in words. */
export function methodOf({ agents, secrets, snapshots, volumes }: Copies): string {
  const ways = [
    ...(volumes !== "none" && snapshots.length > 0 ? ["by snapshots"] : []),
    ...(agents ? ["file by file, if a pod mounts them"] : []),
  ];
  const ofVolumes = ways.length === 0 ? "no volumes" : `volumes ${ways.join(" or ")}`;
  return `Velero: objects ${secrets ? "and Secrets in plain text" : "without Secrets"}, ${ofVolumes}`;
}

/** The configuration of the bucket for Velero's plug-in for AWS (velero-plugin-for-aws, backupstoragelocation.md). */
export function locationConfig({ endpoint, pathStyle, region }: Bucket): Record<string, string> {
  return {
    region,
    ...(isAmazonEndpoint(endpoint)
      ? {}
      : {
          s3Url: endpoint,
          s3ForcePathStyle: String(pathStyle),
          // Other stores refuse the checksums that the plug-in adds.
          checksumAlgorithm: "",
        }),
  };
}
