import type { ComponentResourceOptions, Output, Resource } from "@pulumi/pulumi";
import type { ChartSource } from "./catalogue.ts";
import type { ImagePolicy } from "./images.ts";
import type { Ledger } from "./ledger.ts";
import type { ChartOverrides } from "./overrides.ts";
import type { StorageRole } from "./storage-class.ts";

/** A toleration of a node's taint, in the format of a pod's `spec.tolerations`. */
export interface Toleration {
  readonly key?: string;
  readonly operator?: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** The nodes on which the platform's pods run. */
export interface Placement {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
}

/** The fields of a pod's spec that place it. A field without content is absent: the API server would drop it. */
export function placed({ nodeSelector, tolerations }: Placement): {
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
} {
  return {
    nodeSelector: Object.keys(nodeSelector).length === 0 ? undefined : { ...nodeSelector },
    tolerations: tolerations.length === 0 ? undefined : tolerations.map((toleration) => ({ ...toleration })),
  };
}

/** In what clusters differ, as far as components need it. */
export interface Cluster {
  /** Its Kubernetes version, such as `1.35`. */
  readonly version: string;
  /** The domain of its Services, such as `cluster.local`. */
  readonly domain: string;
  /** The ports of its API server: of the Service and of the servers. Network policies apply to either. */
  readonly apiServerPorts: readonly number[];
  /** Address ranges (CIDR) of the API server. */
  readonly apiServerCidrs: readonly string[];
  /** Address ranges (CIDR) of the pods. */
  readonly podCidrs: readonly string[];
  /** The pods that resolve names: their namespace, their labels (none: every pod of the namespace) and their ports. */
  readonly dnsNamespace: string;
  readonly dnsLabels: Readonly<Record<string, string>>;
  readonly dnsPorts: readonly number[];
  /** Addresses (CIDR) that resolve names and belong to no pod, such as those of a cache on each node. */
  readonly dnsCidrs: readonly string[];
  /** The network plugin, if the standard policies are not enough for it. */
  readonly networkPlugin: "standard" | "cilium";
}

/** Every address of both families. Most network plugins include pods: the policies of the pods' own namespaces protect them. */
export const anyAddress: readonly string[] = ["0.0.0.0/0", "::/0"];

/** What most clusters have in common. */
export const defaultCluster: Cluster = {
  version: "1.35",
  // Kubernetes, "DNS for Services and Pods".
  domain: "cluster.local",
  apiServerPorts: [443, 6443],
  apiServerCidrs: anyAddress,
  podCidrs: anyAddress,
  dnsNamespace: "kube-system",
  dnsLabels: {},
  dnsPorts: [53],
  // Kubernetes, "Using NodeLocal DNSCache in Kubernetes Clusters".
  dnsCidrs: ["169.254.20.10/32"],
  networkPlugin: "standard",
};

/** What the user adds to the pods of a namespace. Labels of the platform win over those with the same key. */
export interface PodExtras {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The priority class in place of the platform's. Default: the platform's. */
  readonly priorityClassName?: string;
}

/** The environment that all components share: one per stack, derived from the settings. */
export interface Environment {
  readonly stack: string;
  /** Whether the profile is prod: stateful objects are protected, and retained when they are removed from the program. */
  readonly production: boolean;
  readonly domain: string;
  readonly cluster: Cluster;
  readonly placement: Placement;
  readonly images: ImagePolicy;
  /** The storage class of a role; undefined means the cluster's default class. */
  readonly storageClass: (role: StorageRole) => string | undefined;
  /** The class of a role for volumes that exist only for a time: they are deleted with their pods. */
  readonly scratchClass: (role: StorageRole) => string | undefined;
  /** The VolumeSnapshotClass of the class of a role; undefined: volumes of it cannot be snapshot. */
  readonly snapshotClass: (role: StorageRole) => string | undefined;
  readonly charts: ChartSource;
  readonly overrides: ChartOverrides;
  /** Rotation numbers by credential name, and that of all others as `all`: see `rotationNumber`. Default: 1. */
  readonly rotation: Readonly<Record<string, number>>;
  /** A random string of the stack that keys the checksums of secrets, so that a guessed secret cannot be confirmed. */
  readonly checksumKey: Output<string>;
  /** The namespaces that this program creates: objects inside them wait for them. */
  readonly namespaces: ReadonlyMap<string, Resource>;
  /** `reported`: Pod Security warns only, and there are no network policies. Default: `enforced`. */
  readonly isolation?: "enforced" | "reported";
  /** By namespace: what writes its login of the registry. Objects inside it wait for that, because their pods pull images. */
  readonly logins?: ReadonlyMap<string, Resource>;
  /** By namespace: what the user adds to its pods. Default: nothing. */
  readonly pods?: Readonly<Record<string, PodExtras>>;
  readonly ledger: Ledger;
  /** Options of components that are created without their own, such as the parent. Default: none. */
  readonly inside?: ComponentResourceOptions;
}

/** Whether the cluster has IPv6 addresses only: its API server has no other. */
export function isIpv6Only({ cluster }: Pick<Environment, "cluster">): boolean {
  return cluster.apiServerCidrs.every((cidr) => cidr.includes(":"));
}

/** The address at which a program listens to all others, if it accepts one only. Without IPv6 in the kernel, `::` would fail. */
export function everyAddress(environment: Pick<Environment, "cluster">): string {
  return isIpv6Only(environment) ? "::" : "0.0.0.0";
}

/** The full host name of a Service inside the cluster, or of the pods behind a headless one. */
export function serviceHost({ cluster }: Pick<Environment, "cluster">, service: string, namespace: string): string {
  return `${service}.${namespace}.svc.${cluster.domain}`;
}

/** The cluster's domain for software whose default is `cluster.local`; undefined if it is that. */
export function unusualDomain({ cluster }: Pick<Environment, "cluster">): string | undefined {
  return cluster.domain === defaultCluster.domain ? undefined : cluster.domain;
}
