import { OpenIdConnectProvider } from "@pulumi/aws/iam/openIdConnectProvider.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import { Provider } from "@pulumi/aws/provider.js";
import type * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../kit/stable.ts";
import {
  deploymentPolicy,
  deploymentRoles,
  environmentsOf,
  githubTokens,
  githubTrust,
  roleName,
} from "./bootstrap-policies.ts";
import type { DeployedStack, DeploymentRole } from "./bootstrap-policies.ts";
import { closedBucket } from "./closed-bucket.ts";
import { AwsComponent } from "./component.ts";
import { bucketName, managedPolicy } from "./names.ts";
import type { Place } from "./names.ts";

/** What deployments from GitHub stand on. */
export interface BootstrapArgs {
  readonly place: Place;
  /** The name of the project whose stacks are deployed. */
  readonly project: string;
  /** The repository with the workflows, as `OWNER/NAME`. */
  readonly repository: string;
  readonly stacks: readonly DeployedStack[];
  /** Whether the account has GitHub's identity provider already. */
  readonly providerExists: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** The name of the bucket with the state, without the prefix of the place. */
const stateBucket = "state";

/** Days for which an earlier state is kept. */
const stateDays = 365;

/** The policies of AWS for a role that changes the account, and for one that compares with it. */
const accountPolicies: Readonly<Record<DeploymentRole, string>> = {
  up: "AdministratorAccess",
  preview: "ReadOnlyAccess",
};

/**
 * The bucket of the state, the key of its secrets, GitHub's identity provider, and two roles for each stack. Everything is protected: the
 * state of every other stack depends on it.
 */
export class Bootstrap extends AwsComponent {
  /** The ARN of each role, by environment of GitHub. */
  readonly roles: Readonly<Record<string, pulumi.Output<string>>>;
  private readonly args: BootstrapArgs;

  constructor(args: BootstrapArgs) {
    const { place, tags } = args;
    const aws = new Provider("aws", {
      region: place.region,
      // AWS' own check, before anything is made: credentials of another account fail.
      allowedAccountIds: [place.account],
      defaultTags: { tags: { ...tags } },
    });
    super("Bootstrap", "bootstrap", true, { providers: { aws } });
    this.args = args;
    closedBucket(this, place, { name: stateBucket, versionDays: stateDays });
    const key = this.key();
    const identity = this.identity();
    this.roles = Object.fromEntries(
      args.stacks.flatMap((stack) =>
        deploymentRoles.flatMap((role) => {
          const { arn } = this.role(stack, role, key, identity);
          return environmentsOf(stack, role).map((environment) => [environment, arn]);
        }),
      ),
    );
  }

  /** The environments of GitHub that deploy or preview a stack. */
  environmentsOf(stack: DeployedStack): string[] {
    return deploymentRoles.flatMap((role) => environmentsOf(stack, role));
  }

  /** Where `pulumi login` finds the state. */
  get backendUrl(): string {
    const { place } = this.args;
    return `s3://${bucketName(place, stateBucket)}?region=${place.region}`;
  }

  /** What `pulumi stack init` encrypts secrets with. */
  get secretsProvider(): string {
    const { name, region } = this.args.place;
    return `awskms://alias/${name}?region=${region}`;
  }

  private key(): Key {
    const { name } = this.args.place;
    const key = this.child(
      Key,
      "key",
      {
        description: `Secrets in the state of ${name}`,
        enableKeyRotation: true,
        // The longest time in which a deletion can be taken back.
        deletionWindowInDays: 30,
      },
      this.keepsData(),
    );
    this.child(Alias, "key", { name: `alias/${name}`, targetKeyId: key.keyId }, this.keepsData());
    return key;
  }

  private identity(): pulumi.Resource[] {
    if (this.args.providerExists) return [];
    const args = { url: `https://${githubTokens}`, clientIdLists: ["sts.amazonaws.com"] };
    return [this.child(OpenIdConnectProvider, "github", args, this.holdsOthers())];
  }

  private role(stack: DeployedStack, role: DeploymentRole, key: Key, identity: pulumi.Resource[]): Role {
    const { place, project, repository, stacks } = this.args;
    const label = `${stack.name}-${role}`;
    const made = this.child(
      Role,
      label,
      {
        name: roleName(place, stack.name, role),
        assumeRolePolicy: stableJson(githubTrust(place, repository, environmentsOf(stack, role))),
        // As long as a session of the workflow (docs/workflows.md).
        maxSessionDuration: 3600,
      },
      { ...this.holdsOthers(), dependsOn: identity },
    );
    const bucket = bucketName(place, stateBucket);
    const roles = stacks.flatMap((one) => deploymentRoles.map((each) => roleName(place, one.name, each)));
    const policy = key.arn.apply((arn) =>
      stableJson({
        Version: "2012-10-17",
        Statement: deploymentPolicy({ bucket, key: arn, place, project, roles }, stack, role),
      }),
    );
    this.child(RolePolicy, label, { name: "deploy", role: made.name, policy });
    if (stack.account)
      this.child(RolePolicyAttachment, label, {
        role: made.name,
        policyArn: managedPolicy(place, accountPolicies[role]),
      });
    return made;
  }
}
