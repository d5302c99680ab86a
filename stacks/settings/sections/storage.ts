import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const replaced = "The class is deleted and created again under its name. Existing volumes keep their options.";

/** Storage classes, their roles, and existing volumes. */
export function storageSection(profile: Profile) {
  const role = (what: string) =>
    key(formats.name().optional(), {
      is: `The storage class for ${what}.`,
      unset: "The cluster's default class is used.",
      changing: "Existing PersistentVolumeClaims keep their class: move the data first, then recreate them.",
    });
  return {
    storage: key(
      z
        .strictObject({
          classes: key(z.array(storageClass(profile)).default([]), {
            is: "Storage classes that this stack creates or uses.",
            unset: "Claims use the cluster's default class.",
            changing: "Removing one keeps its volumes. New claims of that class stay pending.",
            accepts: "a list of storage classes",
          }),
          roles: key(
            z
              .strictObject({
                fast: role("databases and queues"),
                bulk: role("logs, metrics and backups"),
                shared: role("volumes that several pods write to at once (ReadWriteMany)"),
              })
              .prefault({}),
            { is: "The storage class of each role: the name of one of `storage.classes`." },
          ),
          volumes: key(z.array(volume()).default([]), {
            is: "Existing PersistentVolumes, each bound to a PersistentVolumeClaim by name. Use it to restore data after the loss of a cluster.",
            changing: "Removing one releases the volume; its content is kept.",
            accepts: "a list of volumes",
          }),
        })
        .prefault({}),
      { is: "Storage classes, the roles that they have, and existing volumes with data." },
    ),
  };
}

function storageClass(profile: Profile) {
  return z.strictObject({
    name: key(formats.name(), {
      is: "The class's name, as PersistentVolumeClaims and `storage.roles` refer to it.",
      changing: "A new class. Claims keep the old name.",
    }),
    existing: key(z.boolean().default(false), {
      is: "Whether the class already exists in the cluster. If so, the other keys have no effect, except `snapshotClass`.",
      changing: "Changing it to true keeps the class unchanged.",
    }),
    provisioner: key(formats.provisioner().optional(), {
      is: "The CSI driver, such as `csi.vsphere.vmware.com`, `ebs.csi.aws.com`, `cinder.csi.openstack.org` or `nfs.csi.k8s.io`.",
      unset: "Required unless `existing` is true.",
      changing: replaced,
    }),
    parameters: key(z.record(formats.plainText(253, "type"), formats.plainText(10_000, "gp3", 0)).default({}), {
      is: "The driver's parameters, as its documentation names them. Values must be strings.",
      changing: replaced,
      accepts: "an object of strings by name",
    }),
    reclaimPolicy: key(z.enum(["Retain", "Delete"]).default(byProfile(profile, { prod: "Retain", dev: "Delete" })), {
      is: "What happens to a volume when its claim is deleted. `Delete` destroys the data; in prod, a warning is shown.",
      changing: replaced,
    }),
    allowExpansion: key(z.boolean().default(true), {
      is: "Whether claims can be expanded later.",
      changing: "Volumes that were expanded keep their size.",
    }),
    bindingMode: key(z.enum(["WaitForFirstConsumer", "Immediate"]).default("WaitForFirstConsumer"), {
      is: "When a volume is created: `WaitForFirstConsumer` waits for a pod and uses its node, `Immediate` does not wait.",
      changing: replaced,
    }),
    mountOptions: key(z.array(formats.plainText(253, "noatime")).default([]), {
      is: "Mount options of the volumes, such as `noatime`.",
      changing: replaced,
      accepts: "a list of strings",
    }),
    snapshotClass: key(formats.name().optional(), {
      is: "The VolumeSnapshotClass with which backups take snapshots of its volumes. It must exist in the cluster, with the snapshot controller and a driver that supports snapshots.",
      unset: "Backups mount the volumes themselves, on the node of the pods that use them.",
      changing: "The next backup reads the files in the other way.",
    }),
    default: key(z.boolean().default(false), {
      is: "Whether claims without a class use this one. At most one class can be the default.",
      changing: "Affects new claims only.",
    }),
  });
}

function volume() {
  const source = z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("csi"), {
        is: "A volume of a CSI driver.",
        changing: "Creates a new PersistentVolume object.",
      }),
      driver: key(formats.provisioner(), {
        is: "The CSI driver, such as `cinder.csi.openstack.org`.",
        changing: "Creates a new PersistentVolume object.",
      }),
      handle: key(formats.plainText(1000, "vol-0123456789abcdef0"), {
        is: "The volume's ID in the storage system.",
        changing: "Creates a new PersistentVolume object.",
      }),
      fsType: key(formats.plainText(30, "ext4").default("ext4"), {
        is: "The file system of the volume.",
        changing: "Creates a new PersistentVolume object.",
      }),
      attributes: key(z.record(formats.plainText(253, "share"), formats.plainText(1000, "/exports", 0)).default({}), {
        is: "Attributes of the volume that the driver recorded (`spec.csi.volumeAttributes`). Values must be strings.",
        changing: "Creates a new PersistentVolume object.",
        accepts: "an object of strings by name",
      }),
    }),
    z.strictObject({
      kind: key(z.literal("nfs"), {
        is: "A directory of an NFS server.",
        changing: "Creates a new PersistentVolume object.",
      }),
      server: key(formats.address(), {
        is: "The NFS server's address.",
        changing: "Creates a new PersistentVolume object.",
      }),
      path: key(formats.absolutePath(), {
        is: "The exported directory on the server.",
        changing: "Creates a new PersistentVolume object.",
      }),
    }),
  ]);
  return z.strictObject({
    name: key(formats.name(), {
      is: "The PersistentVolume's name.",
      changing: "Creates a new PersistentVolume object; the content is kept.",
    }),
    size: key(formats.bytes(), {
      is: "The size of the existing volume.",
      changing: "Grows the PersistentVolume object; the content is kept.",
    }),
    accessMode: key(z.enum(["ReadWriteOnce", "ReadWriteMany"]).default("ReadWriteOnce"), {
      is: "Which pods can mount it: those of one node, or those of several.",
      changing: "Creates a new PersistentVolume object.",
    }),
    storageClass: key(formats.name().optional(), {
      is: "The storage class of the claim that the volume is bound to.",
      unset: "It can be bound to a claim without a class only.",
      changing: "Creates a new PersistentVolume object.",
    }),
    zone: key(formats.labelValue().optional(), {
      is: "The zone of the volume. Pods that use it run on nodes of this zone only.",
      unset: "Every node can mount the volume.",
      changing: "Creates a new PersistentVolume object.",
    }),
    claim: key(
      z.strictObject({
        namespace: key(formats.name(), {
          is: "The claim's namespace.",
          changing: "Creates a new PersistentVolume object.",
        }),
        name: key(formats.claimName(), {
          is: "The claim's name, such as `data-pgsqlha-postgresql-0`.",
          changing: "Creates a new PersistentVolume object.",
        }),
      }),
      {
        is: "The PersistentVolumeClaim that the volume is reserved for.",
        changing: "Creates a new PersistentVolume object.",
      },
    ),
    source: key(source, {
      is: "Where the data is: a volume of a CSI driver, or a directory of an NFS server.",
      changing: "Creates a new PersistentVolume object.",
      accepts: "an object with `kind: csi` or `kind: nfs`",
    }),
  });
}
