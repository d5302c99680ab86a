import { FileSystem } from "@pulumi/aws/efs/fileSystem.js";
import { MountTarget } from "@pulumi/aws/efs/mountTarget.js";
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLifecycleConfiguration } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import type * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../kit/stable.ts";
import { AwsComponent } from "./component.ts";
import { bucketName } from "./names.ts";
import type { Place } from "./names.ts";
import type { AwsNetwork } from "./network.ts";
import { tlsOnly } from "./policies.ts";

/** Where the data of a stack is. */
export interface StorageArgs {
  /** The buckets, by the names that consumers ask for. */
  readonly buckets: readonly string[];
  /** Days that deleted and overwritten objects stay as old versions. */
  readonly versionDays: number;
  /** Whether there is a file system for volumes that several pods write to. */
  readonly sharedFiles: boolean;
}

/** The port of NFS, at which EFS answers. */
const nfsPort = 2049;

/** The stack's key, its buckets and its file system. */
export class AwsStorage extends AwsComponent {
  /** The key that encrypts Kubernetes' Secrets, volumes and files. */
  readonly key: Key;
  /** The file system for shared volumes. */
  readonly files?: FileSystem;

  private readonly place: Place;

  constructor(
    place: Place,
    args: StorageArgs,
    ground: { readonly network: AwsNetwork; readonly cidr: string },
    production: boolean,
    options: pulumi.ComponentResourceOptions,
  ) {
    super("AwsStorage", "aws-storage", production, options);
    this.place = place;
    this.key = this.child(
      Key,
      "key",
      {
        description: `Secrets, volumes and files of ${place.name}`,
        enableKeyRotation: true,
        // The longest time in which a deletion can be taken back.
        deletionWindowInDays: 30,
      },
      this.keepsData(),
    );
    this.child(Alias, "key", { name: `alias/${place.name}`, targetKeyId: this.key.keyId });
    for (const bucket of args.buckets) this.bucket(bucket, args.versionDays);
    if (args.sharedFiles) this.files = this.fileSystem(ground);
  }

  /** A bucket that nobody outside the account reads: each of the resources below closes it in another way. */
  private bucket(name: string, versionDays: number): void {
    const role = `bucket-${name}`;
    const own = this.child(Bucket, role, { bucket: bucketName(this.place, name) }, this.keepsData());
    const bucket = own.id;
    const closed = this.child(BucketPublicAccessBlock, role, {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    this.child(BucketOwnershipControls, role, { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } });
    this.child(BucketServerSideEncryptionConfiguration, role, {
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" }, bucketKeyEnabled: false }],
    });
    const versioning = this.child(BucketVersioning, role, { bucket, versioningConfiguration: { status: "Enabled" } });
    this.child(
      BucketLifecycleConfiguration,
      role,
      {
        bucket,
        rules: [
          {
            id: "old-versions",
            status: "Enabled",
            filter: { prefix: "" },
            noncurrentVersionExpiration: { noncurrentDays: versionDays },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
            expiration: { expiredObjectDeleteMarker: true },
          },
        ],
      },
      { dependsOn: [versioning] },
    );
    this.child(
      BucketPolicy,
      role,
      { bucket, policy: stableJson(tlsOnly(this.place, name)) },
      // Two changes of a bucket at once conflict.
      { dependsOn: [closed] },
    );
  }

  private fileSystem({ cidr, network }: { readonly network: AwsNetwork; readonly cidr: string }): FileSystem {
    const files = this.child(
      FileSystem,
      "files",
      {
        creationToken: this.place.name,
        encrypted: true,
        kmsKeyId: this.key.arn,
        performanceMode: "generalPurpose",
        throughputMode: "elastic",
        tags: { Name: this.place.name },
      },
      this.keepsData(),
    );
    const group = network.reachable("files", nfsPort, cidr, "nodes mount the shared file system by NFS");
    for (const { zone, subnet } of network.privateSubnets)
      this.child(MountTarget, `files-${zone}`, {
        fileSystemId: files.id,
        subnetId: subnet.id,
        securityGroups: [group.id],
      });
    return files;
  }
}
