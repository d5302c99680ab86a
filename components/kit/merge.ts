import type { Input } from "@pulumi/pulumi";

/** Helm values: plain data, with outputs only for values that are not known in advance. */
export interface Values {
  readonly [key: string]: Input<unknown>;
}

/**
 * Merges values: the second win; objects are merged member by member, everything else is replaced. A member that is undefined
 * counts as absent.
 */
export function mergeValues(first: Values, second: Values): Values {
  const merged: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    if (value === undefined) continue;
    const present = merged[key];
    merged[key] = isPlain(present) && isPlain(value) ? mergeValues(present, value) : value;
  }
  return merged;
}

/** Whether a value is an object literal, and no output or list. */
export function isPlain(value: unknown): value is Values {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
