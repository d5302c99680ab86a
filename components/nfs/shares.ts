import type { StorageClassSpec } from "../kit/storage-class.ts";

/** The programs that create volumes on NFS servers. */
export const provisioners = ["csi-driver-nfs", "nfs-subdir-external-provisioner"] as const;

export type ProvisionerKind = (typeof provisioners)[number];

/** An export of an NFS server on which a storage class creates volumes: one folder each. */
export interface ShareSpec {
  /** The last part of the names: the class is `nfs-NAME`. */
  readonly name: string;
  readonly server: string;
  /** Absolute path of the export. */
  readonly path: string;
  readonly reclaimPolicy: "Retain" | "Delete";
  /** With `Delete`: whether a volume's folder is renamed instead of deleted. */
  readonly archiveOnDelete: boolean;
  /** The folder of a volume with `${namespace}` and `${claim}` in it. Default: a folder of its own for each volume. */
  readonly pathPattern?: string;
  readonly mountOptions: readonly string[];
  readonly default: boolean;
}

/** The name of a share's storage class. */
export function shareClass(name: string): string {
  return `nfs-${name}`;
}

/** The name under which the container of a share provisions volumes, which is that of its class. */
export function provisionerName(name: string): string {
  return `nfs-provisioner-${name}`;
}

/** The driver's name, which is that of its CSIDriver object. */
export const csiDriver = "nfs.csi.k8s.io";

/** The storage class of a share. */
export function shareStorageClass(kind: ProvisionerKind, share: ShareSpec): StorageClassSpec {
  const { archiveOnDelete, default: isDefault, mountOptions, name, reclaimPolicy } = share;
  const isCsi = kind === "csi-driver-nfs";
  return {
    name: shareClass(name),
    existing: false,
    provisioner: isCsi ? csiDriver : provisionerName(name),
    parameters: isCsi ? csiParameters(share) : subdirParameters(share, archiveOnDelete),
    reclaimPolicy,
    // A folder has no size. The driver records a larger one; the other provisioner does not know this request.
    allowExpansion: isCsi,
    // Every node can mount it: there is nothing to wait for.
    bindingMode: "Immediate",
    mountOptions,
    default: isDefault,
  };
}

/** csi-driver-nfs, docs/driver-parameters.md. */
function csiParameters({ archiveOnDelete, path, pathPattern, server }: ShareSpec): Record<string, string> {
  const subDir =
    pathPattern === undefined
      ? undefined
      : filled(pathPattern, { namespace: "${pvc.metadata.namespace}", claim: "${pvc.metadata.name}" });
  return {
    server,
    share: path,
    onDelete: archiveOnDelete ? "archive" : "delete",
    ...(subDir === undefined ? {} : { subDir }),
  };
}

/** nfs-subdir-external-provisioner, README.md, "Parameters". */
function subdirParameters({ pathPattern }: ShareSpec, archiveOnDelete: boolean): Record<string, string> {
  const parameters = { archiveOnDelete: String(archiveOnDelete) };
  if (pathPattern === undefined) return parameters;
  return {
    ...parameters,
    pathPattern: filled(pathPattern, { namespace: "${.PVC.namespace}", claim: "${.PVC.name}" }),
  };
}

function filled(pattern: string, names: Readonly<Record<"namespace" | "claim", string>>): string {
  return pattern.replaceAll("${namespace}", () => names.namespace).replaceAll("${claim}", () => names.claim);
}
