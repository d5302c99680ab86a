import type { Bucket } from "../kit/bindings.ts";
import type { SecretKey } from "../kit/secret.ts";
import type { Task } from "../kit/pod.ts";

/** Where the folders of a pod with restic are. */
export const paths = {
  authority: "/tls",
  scripts: "/scripts",
  tools: "/tools",
  cache: "/cache",
  temporary: "/tmp",
} as const;

/** restic, a static program in an image of its own: 0.17 is the first version that ends with the code of the command it reads. */
export const resticImage = "docker.io/restic/restic:0.18.1";

/** How many snapshots of each database and claim are kept (restic, "Removing snapshots according to a policy"). */
export interface Retention {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** The options of `restic forget`. Options with 0 are left out, because restic reads -1 as "all". */
export function keepOptions(keep: Retention): string {
  return (["last", "daily", "weekly", "monthly"] as const)
    .filter((unit) => keep[unit] > 0)
    .map((unit) => `--keep-${unit} ${keep[unit]}`)
    .join(" ");
}

/**
 * The variables of a repository in a bucket (restic, "Preparing a new repository", Amazon S3).
 * @param stack the first folder in the bucket, so that two stacks never share a repository
 */
export function repositoryEnvironment(bucket: Bucket, stack: string, password: SecretKey): NonNullable<Task["env"]> {
  const { access, endpoint, pathStyle, region } = bucket;
  return {
    ...(access.kind === "keys" ? { AWS_ACCESS_KEY_ID: access.accessKey, AWS_SECRET_ACCESS_KEY: access.secretKey } : {}),
    AWS_DEFAULT_REGION: region,
    RESTIC_CACHE_DIR: paths.cache,
    RESTIC_PASSWORD: password,
    RESTIC_REPOSITORY: `s3:${endpoint}/${bucket.bucket}/${stack}`,
    S3_LOOKUP: pathStyle ? "path" : "dns",
    STACK: stack,
    TMPDIR: paths.temporary,
  };
}
