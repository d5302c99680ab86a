import { shortHash, stableJson } from "../../components/kit/stable.ts";
import { at } from "../../components/kit/unknown.ts";
import { encrypted } from "../stack-file.ts";

/**
 * What stands for secret values in a saved plan: `(secret HASH)`, or `(encrypted)` for what only the stack's key could read.
 *
 * A plan holds no real secret: generated values are made up from a resource's name and rotation number, and encrypted ones
 * are not decrypted. So a short hash shows that a value changes, and nothing else.
 */
export function hide(value: unknown, mark: (value: unknown) => string = hashed): unknown {
  if (Array.isArray(value)) return value.map((element) => hide(element, mark));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hide(member, mark)]));
  return isHidden(value) ? value : mark(value);
}

/** What stands for a secret of a stack's state: its value is not known, but equal ciphertexts hide equal values. */
export function hideState(ciphertext?: string): string {
  return ciphertext === undefined ? unknown : `(secret in state ${shortHash(ciphertext)})`;
}

/**
 * A Kubernetes Secret's content is hidden even where the program did not mark it, as in what charts bring along.
 * @param real the values are those of a cluster, so that not even a hash of them may be seen
 */
export function hideSecretData(manifest: Readonly<Record<string, unknown>>, real = false): Record<string, unknown> {
  const { data, stringData } = manifest;
  const mark = real ? () => unknown : hashed;
  return {
    ...manifest,
    ...(data === undefined ? {} : { data: hide(data, mark) }),
    ...(stringData === undefined ? {} : { stringData: hide(stringData, mark) }),
  };
}

/** A secret of which nothing is known. */
const unknown = "(secret)";

function hashed(value: unknown): string {
  return `(secret ${shortHash(stableJson(value ?? null))})`;
}

const marker = /^\((?:secret|secret in state|secret [0-9a-f]{8}|secret in state [0-9a-f]{8})\)$/;
const encryptedMarker = new RegExp(`^\\(${encrypted.slice(1, -1)}(?: [0-9a-f]{8})?\\)$`);

/** Whether a text stands for a secret. */
export function isHidden(value: unknown): value is string {
  return typeof value === "string" && (marker.test(value) || encryptedMarker.test(value));
}

/** Whether a value is nothing but secrets: a marker, or a non-empty object or list of markers. */
export function allHidden(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isHidden(value);
  const members = Object.values(value);
  return members.length > 0 && members.every(allHidden);
}

/** The text at a path of keys; undefined where there is none, or a marker of a secret. */
export function visibleTextAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" && !isHidden(found) ? found : undefined;
}
