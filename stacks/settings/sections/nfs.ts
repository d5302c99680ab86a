import { z } from "zod";
import { provisioners } from "../../../components/nfs/shares.ts";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const replaced = "The class is deleted and created again under its name. Existing volumes stay where they are.";

/** An NFS server of the stack, and storage classes on NFS shares. */
export function nfsSection(profile: Profile) {
  return {
    nfs: key(
      z
        .strictObject({
          server: key(server(profile), {
            is: "An NFS server in the cluster, in user space, for folders and shares that name no other server.",
          }),
          provisioner: key(z.enum(provisioners).default("csi-driver-nfs"), {
            is: "The program that creates volumes on `shares`. `csi-driver-nfs` is maintained and mounts with its own client; `nfs-subdir-external-provisioner` is not maintained, and needs an NFS client on every node.",
            changing:
              "Every class is deleted and created again under its name. Volumes of the other program keep their folders, but that program no longer deletes them.",
          }),
          shares: key(z.array(share()).default([]), {
            is: "Exports of NFS servers on which a storage class creates volumes. The class of a share is `nfs-NAME`.",
            unset: "No storage class uses NFS.",
            changing: "Removing one keeps its volumes. New claims of its class stay pending.",
            accepts: "a list of shares",
          }),
        })
        .prefault({}),
      { is: "NFS: a server in the cluster, and storage classes on shares of any server." },
    ),
  };
}

function server(profile: Profile) {
  return z
    .strictObject({
      enabled: key(z.boolean().default(false), {
        is: "Whether the stack runs an NFS server.",
        changing: "In prod, a server that is turned off keeps running, because it holds data.",
      }),
      name: key(formats.name().default("nfs"), {
        is: "Name of the server's StatefulSet and Service.",
        changing: "A new, empty server. The old one and its claim are kept in prod.",
      }),
      clusterIP: key(formats.ipAddress().optional(), {
        is: "The address of the server: an unused one in the cluster's range of Service addresses, below its first 16 to 256 addresses, which Kubernetes does not assign by itself. Nodes mount by this address, because they do not resolve the names of Services.",
        unset: "Required if `enabled` is true.",
        changing: "Volumes with the old address must be replaced. Their files are kept.",
      }),
      storage: key(formats.bytes().default(byProfile(profile, { prod: "20Gi", dev: "1Gi" })), {
        is: "Size of the server's PersistentVolumeClaim (storage role `bulk`). It holds all folders.",
        changing:
          "To grow, resize the claim by hand first, because claim templates are immutable (docs/recovery.md). Shrinking loses data.",
      }),
      resources: key(formats.resources({ cpu: "50m", memory: "128Mi", memoryLimit: "512Mi" }, "NFS server"), {
        is: "Requests and limits of the NFS server.",
        changing: "Restarts the server. Clients wait and continue.",
      }),
    })
    .prefault({});
}

function share() {
  return z.strictObject({
    name: key(
      formats.formed(
        /^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/,
        "a name with lower-case letters, digits and '-', at most 30 characters",
        "big",
        30,
      ),
      {
        is: "The share's name. Its storage class is `nfs-NAME`.",
        changing: "A new class. Claims keep the old name.",
      },
    ),
    server: key(formats.address().optional(), {
      is: "The host name or IP address of the NFS server, as the cluster's nodes resolve it.",
      unset: "The share is a folder of the stack's own server (`nfs.server`).",
      changing: replaced,
    }),
    path: key(formats.absolutePath(), {
      is: "The exported folder on the server. On the stack's own server: `/NAME`, which is created.",
      changing: replaced,
    }),
    reclaimPolicy: key(z.enum(["Retain", "Delete"]).default("Retain"), {
      is: "What happens to a volume when its claim is deleted. `Delete` destroys the data, unless `archiveOnDelete` is true.",
      changing: replaced,
    }),
    archiveOnDelete: key(z.boolean().default(false), {
      is: "Whether `Delete` renames the volume's folder to `archived-…` instead of deleting it.",
      changing: replaced,
    }),
    pathPattern: key(
      formats
        .formed(
          /^(?!.*(^|\/)\.{1,2}(\/|$))(?!\/)([A-Za-z0-9._/-]|\$\{(namespace|claim)\})+$/,
          'a relative path with ${namespace} and ${claim} in it, such as "${namespace}/${claim}"',
          "${namespace}/${claim}",
        )
        .optional(),
      {
        is: "The folder of a volume below the share: a relative path in which `${namespace}` and `${claim}` are replaced with those of the PersistentVolumeClaim. A new claim of the same name then finds the old files.",
        unset: "Every volume gets a new folder.",
        changing: replaced,
      },
    ),
    mountOptions: key(z.array(formats.plainText(253, "nfsvers=4.1")).default([]), {
      is: "Mount options of the volumes, such as `nfsvers=4.1`.",
      unset: "Nodes and server agree on a version. The stack's own server is mounted with version 4.2.",
      changing: replaced,
      accepts: "a list of strings",
    }),
    default: key(z.boolean().default(false), {
      is: "Whether claims without a class use the class of this share. At most one class can be the default.",
      changing: "Affects new claims only.",
    }),
  });
}
