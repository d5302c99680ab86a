import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";
import { anyRanges } from "./ranges.ts";

const elsewhere = "Components use the other store from then on. Existing data is not moved.";

/** The object store for long-term metrics, snapshots and backups. */
export function bucketsSection(profile: Profile) {
  return {
    buckets: key(
      z
        .strictObject({
          kind: key(z.enum(["none", "s3", "aws", "embedded"]).default("none"), {
            is: "The object store: `none`, an existing S3-compatible service (`s3`), buckets of Amazon S3 that the stack creates (`aws`, only with `cluster.provider: aws`), or one small server in the stack that stores a single copy (`embedded`).",
            changing: elsewhere,
          }),
          endpoint: key(
            formats
              .formed(
                /^https?:\/\/[^\s/@?#]+$/,
                'a URL without a path, such as "https://s3.eu-west-1.amazonaws.com"',
                "https://s3.eu-west-1.amazonaws.com",
              )
              .optional(),
            { is: "The URL of the service, for `kind: s3`.", unset: "Required with `kind: s3`.", changing: elsewhere },
          ),
          region: key(formats.plainText(63, "eu-west-1").default("us-east-1"), {
            is: "The region of the service, for `kind: s3`.",
            changing: elsewhere,
          }),
          pathStyle: key(z.boolean().default(false), {
            is: "Whether the bucket is in the path of the URL instead of the host name. Most services other than Amazon S3 require it.",
            changing: "Restarts the components that use a bucket.",
          }),
          prefix: key(
            formats
              .formed(
                /^[a-z0-9][a-z0-9-]{0,30}$/,
                "lower-case letters, digits and '-', at most 31 characters",
                "example-",
              )
              .optional(),
            {
              is: "Prefix of the bucket names, for `kind: s3`, because bucket names are unique in the whole service. The buckets must exist.",
              unset: "The bucket names have no prefix.",
              changing: elsewhere,
            },
          ),
          roleArn: key(formats.roleArn().optional(), {
            is: "The AWS role that service accounts assume instead of using a key, for Amazon S3 from an EKS cluster. It must trust the service accounts `kps-prometheus` and `thanos-thanos` of the namespace `monitoring`, and `backup` of the namespace `backup`. With `postgresql.pointInTime`, it must also trust the servers' service account, and with `backup.velero` the service account `velero` of the namespace `velero`.",
            unset: "Components use `accessKeyId` and its secret key.",
            changing: "Restarts the components that use a bucket.",
          }),
          accessKeyId: key(formats.plainText(128, "AKIAIOSFODNN7EXAMPLE").optional(), {
            is: "The ID of the access key that reads and writes the buckets, for `kind: s3`.",
            unset: "Required with `kind: s3`, unless `roleArn` is set.",
            changing: "Restarts the components that use a bucket.",
          }),
          secretAccessKeySecret: key(formats.secretName().optional(), {
            is: "The secret with the secret access key.",
            unset: "Required with `kind: s3`, unless `roleArn` is set.",
            changing: "Restarts the components that use a bucket.",
            secret: true,
          }),
          cidrs: anyRanges(
            "Address ranges of the service, and of the AWS token service if `roleArn` is set, for network policies.",
          ),
          storage: key(formats.bytes().default(byProfile(profile, { prod: "100Gi", dev: "5Gi" })), {
            is: "Size of the PersistentVolumeClaim of the embedded server (storage role `bulk`).",
            changing:
              "To grow, resize the claim by hand first, because claim templates are immutable. Shrinking loses data.",
          }),
        })
        .prefault({}),
      { is: "Buckets of an S3-compatible object store, for components that need one." },
    ),
  };
}
