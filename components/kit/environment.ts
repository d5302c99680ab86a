import type { Output, Resource } from "@pulumi/pulumi";
import type { ChartSource } from "./catalogue.ts";
import type { ImagePolicy } from "./images.ts";
import type { Ledger } from "./ledger.ts";

/** The roles of storage: `fast` for databases, `bulk` for logs and backups, `shared` for volumes that several pods write to. */
export type StorageRole = "fast" | "bulk" | "shared";

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

/** The environment that all components share: one per stack, derived from the settings. */
export interface Environment {
  readonly stack: string;
  /** Whether the profile is prod: stateful objects are protected, and retained when they are removed from the program. */
  readonly production: boolean;
  readonly domain: string;
  readonly placement: Placement;
  readonly images: ImagePolicy;
  /** The storage class of a role; undefined means the cluster's default class. */
  readonly storageClass: (role: StorageRole) => string | undefined;
  readonly charts: ChartSource;
  /** Rotation numbers by credential name. Default: 1. */
  readonly rotation: Readonly<Record<string, number>>;
  /** A random string of the stack that keys the checksums of secrets, so that a guessed secret cannot be confirmed. */
  readonly checksumKey: Output<string>;
  /** The namespaces that this program creates: objects inside them wait for them. */
  readonly namespaces: ReadonlyMap<string, Resource>;
  readonly ledger: Ledger;
}
