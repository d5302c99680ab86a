import { z } from "zod";
import * as formats from "../formats.ts";
import { byProfile, key } from "../key.ts";
import type { Profile } from "../key.ts";

const elsewhere = "Components use the other store from then on; what is in the present one stays there.";

/** Where components keep what belongs into buckets: long-term metrics, snapshots, backups. */
export function bucketsSection(profile: Profile) {
  return {
    buckets: key(
      z
        .strictObject({
          kind: key(z.enum(["none", "s3", "embedded"]).default("none"), {
            is: "Where buckets are: nowhere, at an S3-compatible service that exists, or on one small server of the stack's own, which keeps one copy.",
            changing: elsewhere,
          }),
          endpoint: key(
            formats
              .formed(
                /^https?:\/\/[^\s/@?#]+$/,
                'an address without a path, such as "https://s3.eu-west-1.amazonaws.com"',
                "https://s3.eu-west-1.amazonaws.com",
              )
              .optional(),
            { is: "The service's address, for `kind: s3`.", left: "An error with `kind: s3`.", changing: elsewhere },
          ),
          region: key(formats.plainText(63, "eu-west-1").default("us-east-1"), {
            is: "The service's region, for `kind: s3`.",
            changing: elsewhere,
          }),
          pathStyle: key(z.boolean().default(false), {
            is: "Whether a bucket is a path of the address instead of a host name before it, as most services but Amazon's want it.",
            changing: "Restarts who uses a bucket.",
          }),
          prefix: key(
            formats
              .formed(/^[a-z0-9][a-z0-9-]{0,30}$/, "lower-case letters, digits and '-', at most 31", "example-")
              .optional(),
            {
              is: "What the names of buckets begin with, for `kind: s3`: names are unique in the whole service. The buckets must exist.",
              left: "The buckets' names are those of the components alone.",
              changing: elsewhere,
            },
          ),
          roleArn: key(
            formats
              .formed(
                /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
                'the ARN of a role, such as "arn:aws:iam::123456789012:role/groundplan-buckets"',
                "arn:aws:iam::123456789012:role/groundplan-buckets",
              )
              .optional(),
            {
              is: "The role of AWS that components' service accounts take instead of a key, for Amazon S3 in a cluster of EKS. It trusts the service accounts `kps-prometheus` and `thanos-thanos` of the namespace `monitoring`.",
              left: "Components come with `accessKeyId` and its key.",
              changing: "Restarts who uses a bucket.",
            },
          ),
          accessKeyId: key(formats.plainText(128, "AKIAIOSFODNN7EXAMPLE").optional(), {
            is: "The name of the key with which buckets are read and written, for `kind: s3`.",
            left: "An error with `kind: s3`, unless there is a `roleArn`.",
            changing: "Restarts who uses a bucket.",
          }),
          secretAccessKeySecret: key(formats.secretName().optional(), {
            is: "The secret with the key itself.",
            left: "An error with `kind: s3`, unless there is a `roleArn`.",
            changing: "Restarts who uses a bucket.",
            secret: true,
          }),
          cidrs: key(z.array(formats.cidr()).min(1).default(["0.0.0.0/0"]), {
            is: "Address ranges of the service, and with `roleArn` of AWS' token service, for network policies.",
            unit: "CIDR",
            changing: "Network policies only.",
            accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
          }),
          storage: key(formats.bytes().default(byProfile(profile, { prod: "100Gi", dev: "5Gi" })), {
            is: "Size of the claim of the stack's own server, on the class with the role `bulk`.",
            changing: "Claim templates cannot change: grow the claim by hand first; shrinking loses data.",
          }),
        })
        .prefault({}),
      { is: "Buckets of an S3-compatible object store, for components that need one.", changing: "See the keys." },
    ),
  };
}
