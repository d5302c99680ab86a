import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import { keepsData } from "./component.ts";
import type { Component } from "./component.ts";
import type { PodGroup } from "./ledger.ts";
import type { Bytes } from "./quantities.ts";
import type { StorageRole } from "./storage-class.ts";

/** A PersistentVolumeClaim for the pods of one workload, or for those of all nodes. */
export interface ClaimSpec {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly size: Bytes;
  /** The role of storage, which gives the class. */
  readonly role: StorageRole;
  /** Whether pods of several nodes mount it at the same time. Default: those of one node. */
  readonly shared?: boolean;
}

/** A claim: in production it is protected, and retained when it is removed from the program. */
export function claim(
  owner: Component,
  role: string,
  { name, namespace, labels, size, role: storage, shared = false }: ClaimSpec,
): { readonly resource: PersistentVolumeClaim; readonly entry: NonNullable<PodGroup["claims"]>[number] } {
  const storageClass = owner.environment.storageClass(storage);
  const resource = owner.object(
    PersistentVolumeClaim,
    role,
    // A class may bind a claim when a pod uses it, and the pod is created after the claim.
    { name, namespace, labels, annotations: { "pulumi.com/skipAwait": "true" } },
    {
      spec: {
        accessModes: [shared ? "ReadWriteMany" : "ReadWriteOnce"],
        resources: { requests: { storage: size } },
        storageClassName: storageClass,
      },
    },
    keepsData(owner.environment),
  );
  return { resource, entry: { name, size, storageClass } };
}
