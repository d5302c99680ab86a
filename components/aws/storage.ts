import { FileSystem } from "@pulumi/aws/efs/fileSystem.js";
import { MountTarget } from "@pulumi/aws/efs/mountTarget.js";
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import type * as pulumi from "@pulumi/pulumi";
import { closedBucket } from "./closed-bucket.ts";
import { AwsComponent } from "./component.ts";
import type { Place } from "./names.ts";
import type { AwsNetwork } from "./network.ts";

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
    for (const name of args.buckets) closedBucket(this, place, { name, versionDays: args.versionDays });
    if (args.sharedFiles) this.files = this.fileSystem(ground);
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
