import { PersistentVolume } from "@pulumi/kubernetes/core/v1/persistentVolume.js";
import { StorageClass } from "@pulumi/kubernetes/storage/v1/storageClass.js";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { Component, keepsData } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { StorageClassSpec } from "../kit/storage-class.ts";

/** An existing volume, for the claim of a name. */
export interface VolumeSpec {
  readonly name: string;
  readonly size: Bytes;
  readonly accessMode: "ReadWriteOnce" | "ReadWriteMany";
  readonly storageClass?: string;
  readonly claim: { readonly namespace: string; readonly name: string };
  /** The zone of the volume: pods that use it run there. Default: every node can mount it. */
  readonly zone?: string;
  readonly source:
    | {
        readonly kind: "csi";
        readonly driver: string;
        readonly handle: string;
        readonly fsType: string;
        readonly attributes: Readonly<Record<string, string>>;
      }
    | { readonly kind: "nfs"; readonly server: string; readonly path: string };
}

/** Storage classes, and existing volumes, for example of a lost cluster. */
export class Storage extends Component {
  constructor(
    environment: Environment,
    settings: { readonly classes: readonly StorageClassSpec[]; readonly volumes: readonly VolumeSpec[] },
    options: ComponentResourceOptions,
  ) {
    super("storage:Storage", "storage", "storage", environment, options);
    for (const spec of settings.classes) if (!spec.existing) this.storageClass(spec);
    for (const spec of settings.volumes) this.volume(spec);
  }

  private storageClass(spec: StorageClassSpec): void {
    // Every class has the annotation: without it, a former default class would stay the default.
    const annotations = { "storageclass.kubernetes.io/is-default-class": String(spec.default) };
    this.object(
      StorageClass,
      `class-${spec.name}`,
      { name: spec.name, annotations },
      {
        provisioner: spec.provisioner ?? "",
        // Omitted if empty: the API server stores an empty object as none, and then rejects every update as a change.
        parameters: Object.keys(spec.parameters).length > 0 ? { ...spec.parameters } : undefined,
        reclaimPolicy: spec.reclaimPolicy,
        allowVolumeExpansion: spec.allowExpansion,
        volumeBindingMode: spec.bindingMode,
        mountOptions: spec.mountOptions.length > 0 ? [...spec.mountOptions] : undefined,
      },
    );
  }

  private volume({ name, size, accessMode, storageClass, claim, source, zone }: VolumeSpec): void {
    this.object(
      PersistentVolume,
      `volume-${name}`,
      { name },
      {
        spec: {
          accessModes: [accessMode],
          capacity: { storage: size },
          claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", ...claim },
          // It contains data from before this cluster, so it must not be deleted with its claim.
          persistentVolumeReclaimPolicy: "Retain",
          // A volume without a class has none; only a claim without one gets the default.
          storageClassName: storageClass,
          nodeAffinity: zone === undefined ? undefined : { required: zoneTerms(source, zone) },
          ...volumeSource(source),
        },
      },
      keepsData(this.environment),
    );
  }
}

function volumeSource(source: VolumeSpec["source"]) {
  if (source.kind === "nfs") return { nfs: { server: source.server, path: source.path } };
  const { attributes, driver, fsType, handle: volumeHandle } = source;
  const volumeAttributes = Object.keys(attributes).length === 0 ? undefined : { ...attributes };
  return { csi: { driver, volumeHandle, fsType, volumeAttributes } };
}

/** The labels of nodes by which drivers know zones: their own, or Kubernetes' (`topology.kubernetes.io/zone`). */
const zoneLabels: Readonly<Record<string, string>> = {
  // aws-ebs-csi-driver, pkg/driver/constants.go.
  "ebs.csi.aws.com": "topology.ebs.csi.aws.com/zone",
  // cloud-provider-openstack, pkg/csi/cinder/driver.go.
  "cinder.csi.openstack.org": "topology.cinder.csi.openstack.org/zone",
};

function zoneTerms(source: VolumeSpec["source"], zone: string) {
  const key = (source.kind === "csi" ? zoneLabels[source.driver] : undefined) ?? "topology.kubernetes.io/zone";
  return { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: "In", values: [zone] }] }] };
}
