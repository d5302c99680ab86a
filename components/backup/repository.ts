import type { Bucket, SharedFolder } from "../kit/bindings.ts";
import type { SecretKey } from "../kit/secret.ts";
import type { Task } from "../kit/pod.ts";

/** Where the folders of a pod with restic are. */
export const paths = {
  authority: "/tls",
  scripts: "/scripts",
  tools: "/tools",
  cache: "/cache",
  /** A shared folder. */
  repository: "/repository",
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

/** Where the repository is: in a bucket, or in a shared folder. */
export type Destination = { readonly bucket: Bucket } | { readonly folder: SharedFolder };

/**
 * The account of a shared folder with a repository. Pods run with the accounts of their images, so each of them is also in this
 * group, which may write to every folder of the repository.
 */
export const folderAccount = { user: 10001, group: 10001 } as const;

/**
 * The folder of a repository in the bucket or shared folder: `STACK`, or `STACK.NAMESPACE` for the files of a namespace. Two stacks
 * never share a repository, and neither do two namespaces: a pod that backs up files needs the repository's password in its own
 * namespace, and the password opens all of the repository.
 */
export function repositoryFolder(stack: string, namespace?: string): string {
  return namespace === undefined ? stack : `${stack}.${namespace}`;
}

/**
 * The folder of a repository in which restic deletes what a backup no longer needs (restic, "Repository layout"). Everything else is
 * deleted by the retention alone, in the namespace of backups.
 */
export const locksFolder = "locks";

/**
 * The variables of a repository (restic, "Preparing a new repository": Local, Amazon S3).
 * @param folder of the repository, see {@link repositoryFolder}
 * @param stack the host of its snapshots
 */
export function repositoryEnvironment(
  destination: Destination,
  { folder, password, stack }: { readonly folder: string; readonly password: SecretKey; readonly stack: string },
): NonNullable<Task["env"]> {
  return {
    ...("folder" in destination
      ? { RESTIC_REPOSITORY: `${paths.repository}/${folder}` }
      : bucketEnvironment(destination.bucket, folder)),
    RESTIC_CACHE_DIR: paths.cache,
    RESTIC_PASSWORD: password,
    STACK: stack,
    TMPDIR: paths.temporary,
  };
}

function bucketEnvironment(
  { access, bucket, endpoint, pathStyle, region }: Bucket,
  folder: string,
): NonNullable<Task["env"]> {
  return {
    ...(access.kind === "keys" ? { AWS_ACCESS_KEY_ID: access.accessKey, AWS_SECRET_ACCESS_KEY: access.secretKey } : {}),
    AWS_DEFAULT_REGION: region,
    RESTIC_REPOSITORY: `s3:${endpoint}/${bucket}/${folder}`,
    S3_LOOKUP: pathStyle ? "path" : "dns",
  };
}
