import { scratchClass } from "../../components/kit/storage-class.ts";
import type { StorageClassSpec } from "../../components/kit/storage-class.ts";
import type { FolderSpec } from "../../components/nfs/exports.ts";
import type { NfsProvisionerArgs } from "../../components/nfs/provisioner.ts";
import type { NfsServerArgs } from "../../components/nfs/server.ts";
import { shareStorageClass } from "../../components/nfs/shares.ts";
import type { ShareSpec } from "../../components/nfs/shares.ts";
import { awsClass } from "../../components/aws/volumes.ts";
import type { AwsVolumes } from "../../components/aws/volumes.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import { backupPart } from "./backup.ts";
import { ownFolders } from "./folders.ts";
import type { Part } from "./part.ts";

/** The namespaces of the server and of the provisioner: their Pod Security level applies to nothing else. */
const serverNamespace = "nfs-server";
const provisionerNamespace = "nfs-storage";

export const nfsServerPart: Part = {
  section: "nfs",
  on: ({ nfs }) => nfs.server.enabled,
  needs: () => ({
    namespaces: [{ name: serverNamespace, keepsData: true, podSecurity: "privileged" }],
    // Kubernetes' metrics show its pod and its claim.
    watched: [{ component: "nfs", title: "NFS server", namespace: serverNamespace, alerts: [], panels: [] }],
  }),
};

export const provisionerPart: Part = {
  section: "nfs",
  on: ({ nfs }) => nfs.shares.length > 0,
  needs: ({ nfs: { provisioner, shares } }) => ({
    namespaces: [
      { name: provisionerNamespace, podSecurity: provisioner === "csi-driver-nfs" ? "privileged" : "baseline" },
    ],
    charts: provisioner === "csi-driver-nfs" ? ["csi-driver-nfs"] : [],
    folders: shares.flatMap((share) => ownFolders(share)),
  }),
};

/** The arguments of the NFS server. */
export function nfsServerArgs(settings: Settings, folders: readonly FolderSpec[]): NfsServerArgs {
  const { clusterIP = "", name, resources, storage } = settings.nfs.server;
  const { cpu, memory, memoryLimit } = resources;
  return {
    namespace: serverNamespace,
    name,
    address: clusterIP,
    storage,
    resources: { requests: { cpu, memory }, limits: { memory: memoryLimit } },
    folders,
    nodeCidrs: settings.cluster.nodeCidrs,
  };
}

/** The arguments of the provisioner of NFS volumes. */
export function provisionerArgs(settings: Settings): NfsProvisionerArgs {
  return { kind: settings.nfs.provisioner, namespace: provisionerNamespace, shares: sharesOf(settings) };
}

/**
 * Storage classes, those of NFS shares included, and existing volumes.
 * @param aws what the classes of AWS' drivers refer to. Default: the stack has nothing in AWS
 */
export function storageArgs(
  settings: Settings,
  aws: AwsVolumes | undefined,
): Pick<Settings["storage"], "volumes"> & {
  readonly classes: readonly StorageClassSpec[];
} {
  const classes = classesOf(settings);
  const scratch = classes.flatMap((one) => (usesScratch(settings, one.name) ? (scratchClass(one) ?? []) : []));
  const all = [...classes, ...scratch];
  return { classes: aws === undefined ? all : all.map((one) => awsClass(one, aws)), volumes: settings.storage.volumes };
}

/** The stack's storage classes, those of NFS shares included. */
export function classesOf(settings: ParsedSettings): StorageClassSpec[] {
  const ofShares = sharesOf(settings).map((share) => shareStorageClass(settings.nfs.provisioner, share));
  return [...settings.storage.classes, ...ofShares];
}

/** The class for volumes that exist only for a time, instead of a class that keeps them. */
export function scratchOf(settings: ParsedSettings, name: string | undefined): string | undefined {
  const spec = classesOf(settings).find((one) => one.name === name);
  return (spec && scratchClass(spec)?.name) ?? name;
}

/** The VolumeSnapshotClass that the settings name for a class. */
export function snapshotClassOf(settings: ParsedSettings, name: string | undefined): string | undefined {
  return settings.storage.classes.find((one) => one.name === name)?.snapshotClass;
}

/** Whether something has a volume of a class only for a time: smoke tests have one of every class, drills of the role `bulk`, backups one from a snapshot. */
function usesScratch(settings: ParsedSettings, name: string): boolean {
  const { backup, smokeTests, storage } = settings;
  if (smokeTests) return true;
  if (!backupPart.on(settings)) return false;
  const isDrilled = backup.drill.enabled && storage.roles.bulk === name;
  return isDrilled || snapshotClassOf(settings, name) !== undefined;
}

function sharesOf({ nfs }: ParsedSettings): ShareSpec[] {
  return nfs.shares.map(({ server, ...share }) =>
    server === undefined
      ? {
          ...share,
          server: nfs.server.clusterIP ?? "",
          mountOptions: share.mountOptions.length > 0 ? share.mountOptions : ["nfsvers=4.2"],
        }
      : { ...share, server },
  );
}
