import type { z } from "zod";
import { defaultOf, step } from "../settings/key.ts";
import { stableJson } from "../../components/kit/stable.ts";
import { isRecord } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";

/**
 * Settings without values that are their keys' defaults.
 * @param schema of the settings
 */
export function withoutDefaults(schema: z.ZodType, settings: Data): Data {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]): [string, unknown][] => {
      const inner = step(schema, name, settings);
      if (value === undefined || inner === undefined || same(defaultOf(inner), value)) return [];
      const kept = shorter(inner, value);
      return [[name, kept]];
    }),
  );
}

function shorter(schema: z.ZodType, value: unknown): unknown {
  if (isRecord(value)) return withoutDefaults(schema, value);
  if (!Array.isArray(value)) return value;
  return value.map((one: unknown, index) => {
    const inner = step(schema, index, value);
    return inner === undefined ? one : shorter(inner, one);
  });
}

function same(a: unknown, b: unknown): boolean {
  return a !== undefined && stableJson(a) === stableJson(b);
}
