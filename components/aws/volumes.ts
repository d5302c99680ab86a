import type { Input } from "@pulumi/pulumi";
import { awsDrivers } from "../kit/eks.ts";
import type { StorageClassSpec } from "../kit/storage-class.ts";

/** What the classes of AWS' drivers refer to. */
export interface AwsVolumes {
  /** The ARN of the key that encrypts volumes. */
  readonly keyArn: Input<string>;
  /** The id of the file system for shared volumes. */
  readonly filesId?: Input<string>;
}

/**
 * A storage class with what only the stack knows: the key of volumes that are encrypted, and the file system of shared ones
 * (aws-ebs-csi-driver, docs/parameters.md; aws-efs-csi-driver, docs/README.md). What the class says itself stays.
 */
export function awsClass(spec: StorageClassSpec, { filesId, keyArn }: AwsVolumes): StorageClassSpec {
  const { parameters, provisioner } = spec;
  if (provisioner === awsDrivers.volumes && parameters["encrypted"] === "true")
    return { ...spec, parameters: { kmsKeyId: keyArn, ...parameters } };
  if (provisioner === awsDrivers.files && filesId !== undefined)
    return {
      ...spec,
      parameters: { fileSystemId: filesId, provisioningMode: "efs-ap", directoryPerms: "700", ...parameters },
    };
  return spec;
}
