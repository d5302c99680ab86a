import { PersistentVolume } from "@pulumi/kubernetes/core/v1/persistentVolume.js";
import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import type { Resource } from "@pulumi/pulumi";
import type { SharedFolder } from "./bindings.ts";
import { keepsData } from "./component.ts";
import type { Component } from "./component.ts";
import type { FolderEntry } from "./ledger.ts";

/**
 * An NFS export as a claim that every pod of a namespace can mount: Pod Security `restricted` rejects pods with an NFS volume of
 * their own.
 *
 * @param account the account of the consumer's processes, which can write to the folder
 * @param place name and namespace of the claim; the volume is cluster-scoped, so its name contains both
 * @param holds what its files are: data of pods with these labels, which needs a backup, or `backups`
 */
export function sharedVolume(
  owner: Component,
  role: string,
  place: { readonly name: string; readonly namespace: string },
  folder: SharedFolder,
  account: FolderEntry["account"],
  holds: { readonly consumer: Readonly<Record<string, string>> } | "backups",
): { readonly claim: string; readonly resource: Resource } {
  const name = `${place.namespace}-${place.name}`;
  const accessModes = ["ReadWriteMany"];
  // An export has no size, but Kubernetes requires a number and compares that of the volume with that of the claim.
  const size = { storage: "1Gi" };
  const { name: claim, namespace } = place;
  const volume = owner.object(
    PersistentVolume,
    `${role}-volume`,
    { name },
    {
      spec: {
        accessModes,
        capacity: size,
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name: claim, namespace },
        persistentVolumeReclaimPolicy: "Retain",
        mountOptions: folder.mountOptions && [...folder.mountOptions],
        nfs: { server: folder.server, path: folder.path },
      },
    },
    keepsData(owner.environment),
  );
  const resource = owner.object(
    PersistentVolumeClaim,
    `${role}-claim`,
    place,
    // An empty class: no provisioner creates a volume for it.
    { spec: { accessModes, storageClassName: "", resources: { requests: size }, volumeName: name } },
    { ...keepsData(owner.environment), dependsOn: [volume] },
  );
  const what = `${folder.server}:${folder.path}`;
  const { data, folders, spareClaims } = owner.environment.ledger;
  folders.push({ what, namespace, claim, account });
  if (holds === "backups") spareClaims.push({ namespace, claim, reason: "it holds the backups" });
  else
    data.push({
      data: `Shared folder ${what}`,
      files: true,
      claim: { namespace, claim, shared: true, account, consumer: holds.consumer },
    });
  return { claim, resource };
}
