import type { Output, Resource } from "@pulumi/pulumi";
import type { ChartSource } from "./catalogue.ts";
import type { ImagePolicy } from "./images.ts";
import type { Ledger } from "./ledger.ts";

/** The roles that storage plays: `fast` for databases, `bulk` for logs and backups, `shared` for what several pods write. */
export type StorageRole = "fast" | "bulk" | "shared";

/** A toleration of a node's taint, as in a pod's `spec.tolerations`. */
export interface Toleration {
  readonly key?: string;
  readonly operator?: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** On which nodes the platform's pods run. */
export interface Placement {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
}

/** What all components share: one value per stack, derived from the settings. */
export interface Environment {
  readonly stack: string;
  /** Whether the stack keeps data for people: stateful objects are protected and outlive their removal from the program. */
  readonly production: boolean;
  readonly domain: string;
  readonly placement: Placement;
  readonly images: ImagePolicy;
  /** The storage class of a role; undefined means the cluster's default class. */
  readonly storageClass: (role: StorageRole) => string | undefined;
  readonly charts: ChartSource;
  /** Rotation numbers by credential name; 1 where none is given. */
  readonly rotation: Readonly<Record<string, number>>;
  /** Random text of the stack with which checksums of secrets are keyed, so that a guess at a secret cannot be confirmed. */
  readonly checksumKey: Output<string>;
  /** The namespaces that this program makes: objects inside them wait for them. */
  readonly namespaces: ReadonlyMap<string, Resource>;
  readonly ledger: Ledger;
}
