import { createHash } from "node:crypto";

/**
 * JSON of a plain value with the keys of every object sorted, so that equal values give equal bytes. Omits undefined members, as JSON
 * does.
 */
export function stableJson(value: unknown, indent?: number): string {
  return JSON.stringify(sorted(value), undefined, indent);
}

/** A copy of a plain value with the keys of every object sorted by code unit. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const members = value as Record<string, unknown>;
  // Without a comparison function, texts are ordered by code unit, and several times as fast.
  const keys = Object.keys(members)
    .sort()
    .filter((key) => members[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, sorted(members[key])]));
}

/** Orders strings by code unit, independent of the machine's locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The first `length` hexadecimal digits (default 8, at most 64) of the SHA-256 of a text's UTF-8 bytes. */
export function shortHash(text: string, length = 8): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}
