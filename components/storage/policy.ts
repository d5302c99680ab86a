import type { Limit } from "./store.ts";

/** A statement of a bucket's policy (Amazon S3, "Policies and permissions in Amazon S3"). */
export interface Statement {
  readonly Effect: "Allow";
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/**
 * The statements of a user with limits, and of the bucket's owner: where a bucket has a policy, versitygw 1.8 asks nothing else about its
 * owner.
 */
export function policyOf(bucket: string, user: string, { folder, removes }: Limit): Statement[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const allow = (name: string, Action: readonly string[], ...Resource: readonly string[]): Statement => ({
    ...{ Effect: "Allow", Principal: { AWS: [name] } },
    Action,
    Resource,
  });
  return [
    allow(bucket, ["s3:*"], arn, `${arn}/*`),
    allow(user, ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], arn),
    allow(
      user,
      ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
      `${arn}/${folder}/*`,
    ),
    allow(user, ["s3:DeleteObject"], `${arn}/${folder}/${removes}/*`),
  ];
}
