import { Budget } from "@pulumi/aws/budgets/budget.js";
import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import { Zone } from "@pulumi/aws/route53/zone.js";
import type * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../kit/stable.ts";
import { AwsComponent } from "./component.ts";
import type { Place } from "./names.ts";

/** What a stack has of an account beside the cluster. */
export interface AccountArgs {
  /** The domain of a hosted zone that the stack creates. Default: none. */
  readonly zone?: string;
  /** Repositories of images, without the stack's prefix. */
  readonly repositories: readonly string[];
  /** A warning by e-mail before the bill. Default: none. */
  readonly budget?: { readonly monthlyUsd: number; readonly emails: readonly string[] };
}

/** Shares of the budget at which a warning is sent: of what is spent, and of what the month will cost. */
const warnings = [
  { notificationType: "ACTUAL", threshold: 80 },
  { notificationType: "FORECASTED", threshold: 100 },
] as const;

/** Old images of a repository: those without a tag are deleted after two weeks, and only the newest with one are kept. */
const imageLifecycle = {
  rules: [
    {
      rulePriority: 1,
      description: "images without a tag",
      selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 },
      action: { type: "expire" },
    },
    {
      rulePriority: 2,
      description: "the newest 100",
      selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 100 },
      action: { type: "expire" },
    },
  ],
};

/** The zone of the stack's hosts, repositories of its images, and a budget. */
export class AwsAccount extends AwsComponent {
  readonly zone?: Zone;

  constructor(place: Place, args: AccountArgs, production: boolean, options: pulumi.ComponentResourceOptions) {
    super("AwsAccount", "aws-account", production, options);
    if (args.zone !== undefined) {
      const zone = { name: args.zone, comment: `Hosts of ${place.name}` };
      this.zone = this.child(Zone, "zone", zone, this.keepsData());
    }
    for (const name of args.repositories) {
      const repository = this.child(
        Repository,
        `repository-${name.replaceAll("/", "-")}`,
        {
          name: `${place.name}/${name}`,
          // What a tag names never changes, so that a plan shows every change.
          imageTagMutability: "IMMUTABLE",
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfigurations: [{ encryptionType: "AES256" }],
        },
        this.keepsData(),
      );
      this.child(LifecyclePolicy, `repository-${name.replaceAll("/", "-")}`, {
        repository: repository.name,
        policy: stableJson(imageLifecycle),
      });
    }
    if (args.budget !== undefined) this.budget(place, args.budget);
  }

  private budget({ name }: Place, { emails, monthlyUsd }: NonNullable<AccountArgs["budget"]>): void {
    this.child(Budget, "budget", {
      name,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: String(monthlyUsd),
      limitUnit: "USD",
      notifications: warnings.map((warning) => ({
        ...warning,
        thresholdType: "PERCENTAGE",
        comparisonOperator: "GREATER_THAN",
        subscriberEmailAddresses: [...emails],
      })),
    });
  }
}
