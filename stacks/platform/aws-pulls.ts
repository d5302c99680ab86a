import { repositoryOf } from "../../components/aws/pull-policy.ts";
import type { PulledRepository } from "../../components/aws/pull-policy.ts";
import { compare } from "../../components/kit/stable.ts";
import type { Settings } from "../settings/settings.ts";

/**
 * The repositories of the stack's account that its images come from, besides those that it creates: those of `aws.pulls`, of the
 * mirror, and of every image that the settings and their files name. Sorted, each once.
 */
export function pulledRepositories(settings: Settings): PulledRepository[] {
  const { aws, images } = settings;
  if (aws === undefined) return [];
  const { account, pulls, region } = aws;
  // An image of the mirror has a name below the mirror's path.
  const mirror = images.mirror === undefined ? undefined : repositoryOf(account, `${images.mirror}/*`);
  const named = textsIn({ ...settings, images: {}, secrets: {} }).flatMap((one) =>
    one.startsWith(`${account}.`) ? (repositoryOf(account, one) ?? []) : [],
  );
  const all = [...pulls.map((name) => ({ region, name })), ...(mirror === undefined ? [] : [mirror]), ...named];
  const unique = new Map(all.map((one) => [`${one.region} ${one.name}`, one]));
  return [...unique].sort(([a], [b]) => compare(a, b)).map(([, one]) => one);
}

/** Every text in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
