import type { Values } from "./merge.ts";
import { isPlain } from "./merge.ts";

/** What a stack sets in charts beyond the platform's settings. */
export interface ChartOverrides {
  /** Values by the name of a release. */
  readonly values: Readonly<Record<string, Values>>;
  /** Value paths as `RELEASE.path`: the component's own value there, and below, may be replaced. */
  readonly override: readonly string[];
}

/** What became of one value of {@link ChartOverrides}. */
export interface ValueOverride {
  /** As `namespace/name`. */
  readonly release: string;
  /** The path within the release's values, separated by dots. */
  readonly path: string;
  /**
   * `added`: the component sets no value there. `replaced`: the value takes the place of the component's own. `refused`: the
   * component's own value stays, because the path is not in `override`.
   */
  readonly effect: "added" | "replaced" | "refused";
}

/**
 * Merges values of the stack into those that a component sets. Objects are merged member by member; a list or a scalar is replaced
 * as a whole. A null reaches Helm, which removes the chart's default of that key (Helm, "Deleting a default key").
 *
 * @param mayReplace whether the component's own value at a path may be replaced
 */
export function overridden(
  own: Values,
  given: Values,
  mayReplace: (path: string) => boolean,
): { readonly values: Values; readonly changes: readonly Omit<ValueOverride, "release">[] } {
  const changes: Omit<ValueOverride, "release">[] = [];
  const merge = (mine: Values, theirs: Values, parent: string): Values => {
    const merged: Record<string, unknown> = { ...mine };
    for (const [key, value] of Object.entries(theirs)) {
      const path = parent === "" ? key : `${parent}.${key}`;
      const present = merged[key];
      if (isPlain(present) && isPlain(value)) {
        merged[key] = merge(present, value, path);
        continue;
      }
      const effect = present === undefined ? "added" : mayReplace(path) ? "replaced" : "refused";
      changes.push({ path, effect });
      if (effect !== "refused") merged[key] = value;
    }
    return merged;
  };
  return { values: merge(own, given, ""), changes };
}

/** Whether a path of a release is in the list, or below a path that is. */
export function isNamed(override: readonly string[], release: string, path: string): boolean {
  const full = `${release}.${path}`;
  return override.some((one) => full === one || full.startsWith(`${one}.`));
}

/** Whether values hold a null at any depth. Pulumi drops those of a release unless it is told to keep them. */
export function hasNull(value: unknown): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.some(hasNull);
  return isPlain(value) && Object.values(value).some(hasNull);
}
