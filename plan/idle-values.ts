import type { ValueOverride } from "../components/kit/overrides.ts";
import { stableJson } from "../components/kit/stable.ts";
import { isRecord } from "../components/kit/unknown.ts";
import { nearest } from "../stacks/settings/problems.ts";
import type { Rendered } from "./charts.ts";
import type { PlannedRelease } from "./objects.ts";

/** A value of the setting `charts.values` that changes nothing in what its chart renders. */
export interface IdleValue {
  readonly release: string;
  readonly path: string;
  /** The nearest path that the chart has a default for. */
  readonly near?: string;
}

/**
 * Finds values that have no effect: the chart renders the same objects without them. A misspelt path is one, and Helm accepts it
 * without a word. A value of a release that is not rendered is not judged.
 *
 * @param rendered the objects of all releases, as the plan has them
 * @param render the objects of a release
 * @param defaults the default values of a release's chart
 */
export async function idleValues(
  releases: readonly PlannedRelease[],
  overrides: readonly ValueOverride[],
  rendered: Rendered,
  render: (releases: readonly PlannedRelease[]) => Promise<Rendered>,
  defaults: (release: PlannedRelease) => Promise<unknown>,
): Promise<IdleValue[]> {
  const byName = new Map(releases.map((release) => [`${release.namespace}/${release.name}`, release]));
  const judged = await Promise.all(
    overrides.map(async ({ release: name, path, effect }): Promise<IdleValue[]> => {
      const release = byName.get(name);
      const isMissing = rendered.missing.some((missing) => missing.release === name);
      if (release === undefined || effect === "refused" || isMissing) return [];
      const without = { ...release, values: removed(release.values, path) };
      const { objects, missing } = await render([without]);
      if (missing.length > 0) return [];
      const own = rendered.objects.filter((object) => object.release === name);
      if (stableJson(own) !== stableJson(objects)) return [];
      return [{ release: name, path, near: nearestPath(path, await defaults(release)) }];
    }),
  );
  return judged.flat();
}

/** Values without the one at a path. A key may contain dots itself. */
function removed(values: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
      if (key === path) return [];
      return [
        [key, path.startsWith(`${key}.`) && isRecord(value) ? removed(value, path.slice(key.length + 1)) : value],
      ];
    }),
  );
}

/** The path with its first key that the defaults lack replaced by the nearest one that they have. */
function nearestPath(path: string, defaults: unknown): string | undefined {
  const keys = path.split(".");
  let level = defaults;
  for (const [depth, key] of keys.entries()) {
    if (!isRecord(level)) return undefined;
    if (!Object.hasOwn(level, key)) {
      const near = nearest(key, Object.keys(level));
      return near === undefined ? undefined : [...keys.slice(0, depth), near].join(".");
    }
    level = level[key];
  }
  return undefined;
}
