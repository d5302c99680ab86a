import { parseImage } from "../kit/images.ts";
import { ecrAddress } from "../kit/ecr.ts";
import { partition } from "./names.ts";
import type { Place } from "./names.ts";
import { allow } from "./policy.ts";
import type { Statement } from "./policy.ts";

/** The calls of a pull (Amazon ECR User Guide, "AmazonEC2ContainerRegistryPullOnly"), without that for the password. */
const pullActions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/** Repositories of the account that are pulled from: with their region, and `*` for any characters at the end of the name. */
export interface PulledRepository {
  readonly region: string;
  readonly name: string;
}

/**
 * Pulls images from the stack's own repositories and from others of the account that are named, not from those of its neighbours.
 * AWS' own images, such as those of add-ons, are in other accounts, whose repositories have policies that say who pulls from them.
 */
export function pullStatements(place: Place, others: readonly PulledRepository[]): readonly Statement[] {
  const { account, name, region } = place;
  const isOwn = (one: PulledRepository) => one.region === region && one.name.startsWith(`${name}/`);
  const own = [{ region, name: `${name}/*` }, ...others.filter((one) => !isOwn(one))];
  const arnOf = (one: PulledRepository) =>
    `arn:${partition(place)}:ecr:${one.region}:${account}:repository/${one.name}`;
  return [
    allow("Password", ["ecr:GetAuthorizationToken"], ["*"]),
    allow("OwnImages", pullActions, own.map(arnOf)),
    allow("ImagesOfOtherAccounts", pullActions, [`arn:${partition(place)}:ecr:*:*:repository/*`], {
      StringNotEquals: { "aws:ResourceAccount": account },
    }),
  ];
}

/** The repository of an image, if it is in a registry of the account. */
export function repositoryOf(account: Place["account"], image: string): PulledRepository | undefined {
  const { registry, repository } = parseImage(image);
  const found = registry.startsWith(`${account}.`) ? ecrAddress(registry) : undefined;
  return found && { region: found.region, name: repository };
}
