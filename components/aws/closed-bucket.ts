import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLifecycleConfiguration } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import { stableJson } from "../kit/stable.ts";
import type { AwsComponent } from "./component.ts";
import { bucketName } from "./names.ts";
import type { Place } from "./names.ts";
import { tlsOnly } from "./policies.ts";

/** A bucket of a stack. */
export interface ClosedBucket {
  /** Its name, without the prefix of the place. */
  readonly name: string;
  /** Days that deleted and overwritten objects stay as old versions. */
  readonly versionDays: number;
}

/** Creates a bucket that cannot be read from outside the account: each of the resources below closes it in another way. */
export function closedBucket(owner: AwsComponent, place: Place, { name, versionDays }: ClosedBucket): void {
  const role = `bucket-${name}`;
  const own = owner.child(Bucket, role, { bucket: bucketName(place, name) }, owner.keepsData());
  const bucket = own.id;
  const closed = owner.child(BucketPublicAccessBlock, role, {
    bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  owner.child(BucketOwnershipControls, role, { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } });
  owner.child(BucketServerSideEncryptionConfiguration, role, {
    bucket,
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" }, bucketKeyEnabled: false }],
  });
  const versioning = owner.child(BucketVersioning, role, { bucket, versioningConfiguration: { status: "Enabled" } });
  owner.child(
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
  owner.child(
    BucketPolicy,
    role,
    { bucket, policy: stableJson(tlsOnly(place, name)) },
    // Two changes of a bucket at once conflict.
    { dependsOn: [closed] },
  );
}
