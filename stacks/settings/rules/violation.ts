import { parseBytes } from "../../../components/kit/quantities.ts";
import type { Path } from "../path.ts";
import { nearest, shown } from "../problems.ts";
import type { Created, Problem } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";

/**
 * The fix of a violation: a sentence, a new value for a setting (by default its own), the content of a file, a secret, or the
 * removal of a setting.
 */
export type Fix =
  | string
  | { readonly set: string | number | boolean; readonly at?: Path }
  | { readonly file: Path }
  | { readonly secret: Path }
  | { readonly remove: Path };

/** A violation of a rule: the path of the setting and the parts of a problem. */
export interface Violation extends Pick<Problem, "message" | "got"> {
  readonly path: Path;
  readonly severity?: "warning";
  readonly accepts: string;
  readonly fix: Fix;
  /** What a program of the user's own may create, so that there is no violation. Default: nothing. */
  readonly unless?: Created;
  /** Other paths that the violation depends on; `*` matches every name. If one was rejected, the violation is dropped. */
  readonly relies?: readonly Path[];
}

/** A rule between settings: a pure function of all settings. */
export type Rule = (settings: ParsedSettings) => Violation[];

/** A name that does not refer to anything. */
export function unknownName(
  path: Path,
  message: string,
  got: string,
  known: readonly string[],
  where: string,
  relies: readonly Path[],
): Violation {
  const near = nearest(got, known) ?? (known.length === 1 ? known[0] : undefined);
  return {
    path,
    message,
    got: shown(got),
    accepts: known.length === 0 ? `the name of an entry in ${where}, which is empty` : known.join(", "),
    fix: near === undefined ? `use the name of an entry in ${where}, or add one` : { set: near },
    relies,
  };
}

/**
 * A setting that exceeds a bound set by a key of the same object.
 * @param other that key and its value, which fixes the violation
 */
export function beyond(
  path: Path,
  message: string,
  got: string | number,
  bound: "at least" | "at most",
  [key, value]: readonly [key: string, value: string | number],
): Violation {
  return {
    path,
    message,
    got: shown(got),
    accepts: `${bound} ${value}, the value of ${key}`,
    fix: { set: value },
    relies: [[...path.slice(0, -1), key]],
  };
}

/**
 * A memory limit below the memory request.
 * @param path of the resources
 */
export function lowLimit(path: Path, { memory, memoryLimit }: Memory): Violation[] {
  if (parseBytes(memoryLimit) >= parseBytes(memory)) return [];
  const message = "is less than the memory request";
  return [beyond([...path, "memoryLimit"], message, memoryLimit, "at least", ["memory", memory])];
}

/** Memory request and limit of pods, with units. */
export interface Memory {
  readonly memory: string;
  readonly memoryLimit: string;
}

/**
 * A switch that needs another one, which is off.
 * @param needed the path of the other switch
 */
export function needsSwitch(path: Path, message: string, needed: Path): Violation {
  const accepts = `true only with ${needed.join(".")}: true`;
  return { path, message, got: "true", accepts, fix: { set: true, at: needed } };
}

/**
 * A login at the platform's identity provider, where there is none.
 * @param path of the setting, which the fix removes
 * @param accepts the other values, and what this one needs
 */
export function needsIdentityProvider(path: Path, got: unknown, accepts: string): Violation {
  return {
    path,
    message: "needs an identity provider, but keycloak.enabled is false",
    got: shown(got),
    accepts,
    fix: { remove: path },
    relies: [["keycloak", "enabled"]],
  };
}

/** Violations for elements of a list with the identity of an earlier element. */
export function repeated<T>(
  list: readonly T[],
  identity: (element: T) => string,
  violation: (element: T, index: number, id: string) => Omit<Violation, "got">,
): Violation[] {
  const seen = new Set<string>();
  return list.flatMap((element, index) => {
    const id = identity(element);
    if (seen.has(id)) return [{ got: shown(id), ...violation(element, index, id) }];
    seen.add(id);
    return [];
  });
}

/** Settings of one object of which all or none are required: a finding for each that is missing. */
export function together<Key extends string>(
  of: Readonly<Partial<Record<Key, unknown>>>,
  at: Path,
  keys: readonly Key[],
): Violation[] {
  const present = keys.filter((key) => of[key] !== undefined);
  const [first] = present;
  if (first === undefined) return [];
  const all = `${keys.slice(0, -1).join(", ")} and ${keys.at(-1) ?? ""} together, or ${keys.length > 2 ? "none" : "neither"}`;
  return keys
    .filter((key) => of[key] === undefined)
    .map((key) => ({
      path: [...at, key],
      message: `is required with ${present.join(" and ")}`,
      accepts: all,
      fix: key.endsWith("Secret") ? { secret: [...at, key] } : { remove: [...at, first] },
      relies: keys.map((one) => [...at, one]),
    }));
}

/** Settings of one object of which only one has an effect. */
export function either<Key extends string>(
  of: Readonly<Partial<Record<Key, unknown>>>,
  at: Path,
  one: Key,
  other: Key,
): Violation {
  return {
    path: [...at, one],
    message: `cannot be combined with ${other}`,
    got: shown(of[one]),
    accepts: `either ${one} or ${other}`,
    fix: { remove: [...at, one] },
    relies: [[...at, other]],
  };
}
