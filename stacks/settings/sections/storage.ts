import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const replaced = "The class is made anew under its name; volumes that exist keep what they have.";

/** Storage classes, the roles they play, and volumes that exist already. */
export function storageSection(profile: Profile) {
  const role = (what: string) =>
    key(formats.name().optional(), {
      is: `The storage class for ${what}.`,
      left: "The cluster's default class.",
      changing: "Claims keep their class: move the data first, then recreate them.",
    });
  return {
    storage: key(
      z
        .strictObject({
          classes: key(z.array(storageClass(profile)).default([]), {
            is: "Storage classes that this stack makes or relies on.",
            left: "None: claims take the cluster's default class.",
            changing: "Removing one leaves its volumes; new claims of that class stay pending.",
            accepts: "a list of storage classes",
          }),
          roles: key(
            z
              .strictObject({
                fast: role("databases and queues"),
                bulk: role("logs, metrics and backups"),
                shared: role("what several pods write at once (ReadWriteMany)"),
              })
              .prefault({}),
            { is: "Which class plays which role; each names one of `storage.classes`.", changing: "See the keys." },
          ),
          volumes: key(z.array(volume()).default([]), {
            is: "Volumes that exist already, to be bound to a claim of a name: how data comes back after a cluster was lost.",
            left: "None.",
            changing: "Removing one releases the volume; its content stays.",
            accepts: "a list of volumes",
          }),
        })
        .prefault({}),
      { is: "Storage classes, the roles they play, and volumes that hold data already.", changing: "See the keys." },
    ),
  };
}

function storageClass(profile: Profile) {
  return z.strictObject({
    name: key(formats.name(), {
      is: "The class's name, as claims and `storage.roles` give it.",
      left: "An error.",
      changing: "A new class; claims keep the old name.",
    }),
    existing: key(z.boolean().default(false), {
      is: "Whether the cluster has the class already; the other keys then say nothing.",
      changing: "From false to true leaves the class as it is.",
    }),
    provisioner: key(formats.provisioner().optional(), {
      is: "The CSI driver, such as `csi.vsphere.vmware.com`, `ebs.csi.aws.com`, `cinder.csi.openstack.org` or `nfs.csi.k8s.io`.",
      left: "An error, unless the class exists already.",
      changing: replaced,
    }),
    parameters: key(z.record(formats.plainText(253, "type"), formats.plainText(10_000, "gp3", 0)).default({}), {
      is: "The driver's parameters, as its documentation names them; all values as text.",
      changing: replaced,
      accepts: "an object of texts by name",
    }),
    reclaimPolicy: key(z.enum(["Retain", "Delete"]).default(byProfile(profile, { prod: "Retain", dev: "Delete" })), {
      is: "What becomes of a volume when its claim is deleted. Delete destroys the data; in prod it is warned of.",
      changing: replaced,
    }),
    allowExpansion: key(z.boolean().default(true), {
      is: "Whether claims may grow after they were made.",
      changing: "Nothing of what has grown.",
    }),
    bindingMode: key(z.enum(["WaitForFirstConsumer", "Immediate"]).default("WaitForFirstConsumer"), {
      is: "When a volume is made: once a pod needs it, on that pod's node, or at once.",
      changing: replaced,
    }),
    mountOptions: key(z.array(formats.plainText(253, "noatime")).default([]), {
      is: "Mount options of its volumes, such as `noatime`.",
      changing: replaced,
      accepts: "a list of texts",
    }),
    default: key(z.boolean().default(false), {
      is: "Whether claims without a class take this one. At most one class may be the default.",
      changing: "New claims only.",
    }),
  });
}

function volume() {
  const source = z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("csi"), {
        is: "A volume of a CSI driver.",
        left: "An error.",
        changing: "A new volume object.",
      }),
      driver: key(formats.provisioner(), {
        is: "The CSI driver, such as `cinder.csi.openstack.org`.",
        left: "An error.",
        changing: "A new volume object.",
      }),
      handle: key(formats.plainText(1000, "vol-0123456789abcdef0"), {
        is: "The volume's id at the storage system.",
        left: "An error.",
        changing: "A new volume object.",
      }),
      fsType: key(formats.plainText(30, "ext4").default("ext4"), {
        is: "The file system on it.",
        changing: "A new volume object.",
      }),
    }),
    z.strictObject({
      kind: key(z.literal("nfs"), {
        is: "A directory of an NFS server.",
        left: "An error.",
        changing: "A new volume object.",
      }),
      server: key(formats.address(), {
        is: "The NFS server's address.",
        left: "An error.",
        changing: "A new volume object.",
      }),
      path: key(formats.absolutePath(), {
        is: "The exported directory on it.",
        left: "An error.",
        changing: "A new volume object.",
      }),
    }),
  ]);
  return z.strictObject({
    name: key(formats.name(), {
      is: "The PersistentVolume's name.",
      left: "An error.",
      changing: "A new volume object; the content stays.",
    }),
    size: key(formats.bytes(), {
      is: "The volume's size, as it was.",
      left: "An error.",
      changing: "The volume object grows; the content stays.",
    }),
    accessMode: key(z.enum(["ReadWriteOnce", "ReadWriteMany"]).default("ReadWriteOnce"), {
      is: "Who may mount it: the pods of one node, or those of many.",
      changing: "A new volume object.",
    }),
    storageClass: key(formats.name().optional(), {
      is: "The class of the claim that is to bind it.",
      left: "Claims without a class.",
      changing: "A new volume object.",
    }),
    claim: key(
      z.strictObject({
        namespace: key(formats.name(), {
          is: "The claim's namespace.",
          left: "An error.",
          changing: "A new volume object.",
        }),
        name: key(formats.claimName(), {
          is: "The claim's name, such as `data-pgsqlha-postgresql-0`.",
          left: "An error.",
          changing: "A new volume object.",
        }),
      }),
      { is: "The claim that gets the volume, and no other.", left: "An error.", changing: "A new volume object." },
    ),
    source: key(source, {
      is: "Where the data is: a CSI driver's volume, or a directory of an NFS server.",
      left: "An error.",
      changing: "A new volume object.",
      accepts: "an object with `kind: csi` or `kind: nfs`",
    }),
  });
}
