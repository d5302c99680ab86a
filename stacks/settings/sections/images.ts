import { z } from "zod";
import { ecrForm } from "../../../components/kit/ecr.ts";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { anyRanges } from "./ranges.ts";

/** The source of container images. */
export function images() {
  return z.strictObject({
    mirror: key(formats.registry().optional(), {
      is: "Registry, with an optional path, that has a copy of every image under its upstream repository name.",
      unset: "Images are pulled from their upstream registries.",
      changing: "Restarts every pod.",
    }),
    tags: key(z.record(formats.imageRepository(), formats.imageTag()).default({}), {
      is: "Tags of images, by upstream repository with its registry, in place of those that this program is tested with.",
      changing: "Restarts the pods of the image.",
    }),
    lock: key(formats.relativePath().optional(), {
      is: "A file with the digest of every image, as written by `npm run images -- --stack STACK --lock`. Pods run exactly those contents.",
      unset: "Images are pulled by their tags, whose content the publisher can change.",
      changing: "Restarts the pods whose digests change.",
    }),
    pullSecret: key(
      z
        .strictObject({
          registry: key(formats.registry(), {
            is: "The registry that requires the login.",
            changing: "Images of the old registry can no longer be pulled.",
          }),
          username: key(formats.plainText(253, "groundplan"), {
            is: "The user name.",
            changing: "The next pulls use the new login.",
          }),
          passwordSecret: key(formats.secretName(), {
            is: "The secret with the password or token.",
            changing: "The next pulls use the new login.",
            secret: true,
          }),
        })
        .optional(),
      {
        is: "Login for a registry. Every namespace gets it as the Secret `registry`.",
        unset: "Images are pulled without a login.",
        changing: "Adding or removing it restarts every pod.",
      },
    ),
    ecr: key(ecr().optional(), {
      is: "A private registry of Amazon ECR, whose passwords are valid for 12 hours.",
      unset: "Images are pulled without a login of Amazon ECR.",
      changing: "Depends on the key.",
    }),
  });
}

/** A registry of Amazon ECR, and how images are pulled from it. */
function ecr() {
  return z.strictObject({
    registry: key(
      formats.formed(
        ecrForm,
        'the address of a private registry of Amazon ECR, such as "123456789012.dkr.ecr.eu-central-1.amazonaws.com"',
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
      ),
      {
        is: "The address of the registry, without a path. It contains the region.",
        changing: "Images of the old registry can no longer be pulled.",
      },
    ),
    identity: key(z.enum(["nodes", "role", "key"]).default("nodes"), {
      is: "How images are pulled: with the AWS role of the `nodes`, which creates nothing in the cluster; or with a password that a CronJob renews every 4 hours, by the `role` of its service account `ecr-login` in the namespace `registry-login`, or by an access `key`. The nodes' role needs the policy `AmazonEC2ContainerRegistryPullOnly`; for the CronJob's, the same policy is enough. With `cluster.provider: aws`, the stack creates both roles.",
      changing: "Changing to or from `nodes` restarts every pod.",
    }),
    roleArn: key(formats.roleArn().optional(), {
      is: "The AWS role of the service account, for `identity: role`, by IAM roles for service accounts.",
      unset: "The role is that of an association of EKS Pod Identity with the service account.",
      changing: "The next renewal uses the new role.",
    }),
    accessKeyId: key(formats.plainText(128, "AKIAIOSFODNN7EXAMPLE").optional(), {
      is: "The ID of the access key, for `identity: key`.",
      unset: "Required with `identity: key`.",
      changing: "The next renewal uses the new key.",
    }),
    secretAccessKeySecret: key(formats.secretName().optional(), {
      is: "The secret with the secret access key, for `identity: key`.",
      unset: "Required with `identity: key`.",
      changing: "The next renewal uses the new key.",
      secret: true,
    }),
    cidrs: anyRanges(
      "Address ranges of the APIs of Amazon ECR and, with `roleArn`, of AWS STS, for network policies of the CronJob.",
    ),
  });
}
