import { arn, iamArn, partition } from "./names.ts";
import type { Place } from "./names.ts";
import { allow } from "./policy.ts";
import type { Statement } from "./policy.ts";

/** The host of the tokens that GitHub gives to a run of a workflow (GitHub Docs, "OpenID Connect reference"). */
export const githubTokens = "token.actions.githubusercontent.com";

/** A stack that GitHub deploys. */
export interface DeployedStack {
  /** The name of the stack, and of its environment. */
  readonly name: string;
  /** The name of the EKS cluster. */
  readonly cluster: string;
  /** Whether the stack creates its cluster, so that its role changes the account. */
  readonly account: boolean;
  /** Whether pull requests of the repository run `pulumi preview`, in the environment `preview`. */
  readonly pullRequests: boolean;
}

/** What the roles of a stack work with. */
export interface DeploymentGround {
  readonly place: Place;
  /** The name of the project, which is part of the paths of the state. */
  readonly project: string;
  /** The name of the bucket with the state. */
  readonly bucket: string;
  /** The ARN of the key that encrypts the secrets in the state. */
  readonly key: string;
  /** The names of all roles of deployments. */
  readonly roles: readonly string[];
}

/** A statement that allows or denies something. */
export type RoleStatement = Omit<Statement, "Effect"> & { readonly Effect: "Allow" | "Deny" };

/** The role that changes a stack, and the one that only compares. */
export const deploymentRoles = ["up", "preview"] as const;

export type DeploymentRole = (typeof deploymentRoles)[number];

/** The name of a role. */
export function roleName({ name }: Place, stack: string, role: DeploymentRole): string {
  return `${name}-${stack}-${role}`;
}

/** The ARN of GitHub's identity provider in an account, which has at most one. */
export function githubProviderArn(place: Place): string {
  return iamArn(place, `oidc-provider/${githubTokens}`);
}

/** The environments of GitHub in which a run gets a role. */
export function environmentsOf({ name, pullRequests }: DeployedStack, role: DeploymentRole): string[] {
  return role === "up" ? [name] : [`${name}-preview`, ...(pullRequests ? ["preview"] : [])];
}

/**
 * Who may assume a role: runs of one repository's workflows in some environments (GitHub Docs, "Configuring OpenID Connect in Amazon Web
 * Services"). Without the environment, every branch and pull request of the repository could.
 *
 * @param repository as `OWNER/NAME`
 */
export function githubTrust(place: Place, repository: string, environments: readonly string[]): object {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: githubProviderArn(place) },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${githubTokens}:aud`]: "sts.amazonaws.com",
            [`${githubTokens}:sub`]: environments.map((one) => `repo:${repository}:environment:${one}`),
          },
        },
      },
    ],
  };
}

/**
 * What a role may do. The state of each stack has paths of its own (pulumi, pkg/backend/diy: `store.go` and `lock.go`); a preview
 * writes its lock only.
 */
export function deploymentPolicy(
  ground: DeploymentGround,
  { account, cluster, name }: DeployedStack,
  role: DeploymentRole,
): RoleStatement[] {
  const { bucket, key, place, project } = ground;
  const own = `arn:${partition(place)}:s3:::${bucket}`;
  const paths = (...all: string[]) => all.map((path) => `${own}/.pulumi/${path}`);
  const state = paths(`stacks/${project}/${name}.*`, `history/${project}/${name}/*`, `backups/${project}/${name}/*`);
  const lock = paths(`locks/organization/${project}/${name}/*`);
  const meta = paths("meta.yaml");
  return [
    allow("Bucket", ["s3:GetBucketLocation", "s3:ListBucket"], [own]),
    allow("ReadState", ["s3:GetObject"], [...state, ...lock, ...meta]),
    allow("Lock", ["s3:DeleteObject", "s3:PutObject"], lock),
    ...(role === "up" ? [allow("WriteState", ["s3:DeleteObject", "s3:PutObject"], state)] : []),
    allow("Secrets", role === "up" ? ["kms:Decrypt", "kms:Encrypt"] : ["kms:Decrypt"], [key]),
    allow("Cluster", ["eks:DescribeCluster"], [arn(place, "eks", `cluster/${cluster}`)]),
    ...(role === "up" && account ? untouchable(ground) : []),
  ];
}

/** What even a role that changes the account does not: the state, its key, GitHub's identity and the roles of deployments. */
function untouchable({ bucket, key, place, roles }: DeploymentGround): RoleStatement[] {
  const deny = (Sid: string, Action: readonly string[], Resource: readonly string[]): RoleStatement => ({
    Sid,
    Effect: "Deny",
    Action,
    Resource,
  });
  return [
    deny(
      "KeepState",
      [
        "s3:DeleteBucket*",
        "s3:DeleteObjectVersion",
        "s3:PutBucket*",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
      ],
      [`arn:${partition(place)}:s3:::${bucket}`, `arn:${partition(place)}:s3:::${bucket}/*`],
    ),
    deny(
      "KeepKey",
      ["kms:DeleteAlias", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"],
      [key, arn(place, "kms", `alias/${place.name}`)],
    ),
    deny(
      "KeepRoles",
      ["iam:Attach*", "iam:Delete*", "iam:Detach*", "iam:Put*", "iam:Update*"],
      roles.map((name) => iamArn(place, `role/${name}`)),
    ),
    deny("KeepIdentity", ["iam:*OpenIDConnectProvider*"], [githubProviderArn(place)]),
  ];
}
