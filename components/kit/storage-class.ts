import type { Input } from "@pulumi/pulumi";
import { childName } from "./names.ts";

/** The roles of storage: `fast` for databases, `bulk` for logs and backups, `shared` for volumes that several pods write to. */
export type StorageRole = "fast" | "bulk" | "shared";

/** A storage class of the stack. */
export interface StorageClassSpec {
  readonly name: string;
  /** Whether the class already exists in the cluster: it is not created. */
  readonly existing: boolean;
  readonly provisioner?: string;
  readonly parameters: Readonly<Record<string, Input<string>>>;
  readonly reclaimPolicy: "Retain" | "Delete";
  readonly allowExpansion: boolean;
  readonly bindingMode: "WaitForFirstConsumer" | "Immediate";
  readonly mountOptions: readonly string[];
  readonly default: boolean;
  /** The VolumeSnapshotClass with which backups take snapshots of its volumes. Default: they read the volumes themselves. */
  readonly snapshotClass?: string;
}

/** The name of the class for volumes that a pod or a test needs only for a time. */
export function scratchName(name: string): string {
  return childName(name, "scratch");
}

/**
 * The same class with the policy `Delete`: of a class with `Retain`, each scratch volume would stay. Undefined: the class itself
 * deletes its volumes, or it already exists, so that its parameters are unknown.
 */
export function scratchClass(spec: StorageClassSpec): StorageClassSpec | undefined {
  if (spec.existing || spec.reclaimPolicy === "Delete") return undefined;
  // A folder on NFS is deleted, not renamed, and never is another claim's folder.
  const changed: Readonly<Record<string, string | undefined>> = {
    archiveOnDelete: "false",
    onDelete: "delete",
    pathPattern: undefined,
    subDir: undefined,
  };
  const parameters = Object.entries(spec.parameters).flatMap(([name, value]): [string, Input<string>][] => {
    const other = Object.hasOwn(changed, name) ? changed[name] : value;
    return other === undefined ? [] : [[name, other]];
  });
  return {
    ...spec,
    name: scratchName(spec.name),
    parameters: Object.fromEntries(parameters),
    reclaimPolicy: "Delete",
    default: false,
  };
}
