import { parseBytes } from "../../../components/kit/quantities.ts";
import type { Path } from "../path.ts";
import { nearest, shown } from "../problems.ts";
import type { Problem } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";

/**
 * What mends a finding: a sentence, a value for a setting (its own, if no other is named), a file's content, a secret, or taking
 * a setting out.
 */
export type Fix =
  | string
  | { readonly set: string | number | boolean; readonly at?: Path }
  | { readonly file: Path }
  | { readonly secret: Path }
  | { readonly remove: Path };

/** What a rule finds: the place in the settings and the rest of a problem. */
export interface Finding extends Pick<Problem, "message" | "got"> {
  readonly path: Path;
  readonly severity?: "warning";
  readonly accepts: string;
  readonly fix: Fix;
  /** Other places that it concludes from, `*` standing for every name: where one of them was refused, it proves nothing. */
  readonly relies?: readonly Path[];
}

/** A rule between settings: a plain function that looks at the whole. */
export type Rule = (settings: ParsedSettings) => Finding[];

/** A name that stands for nothing. */
export function unknownName(
  path: Path,
  message: string,
  got: string,
  known: readonly string[],
  where: string,
  relies: readonly Path[],
): Finding {
  const near = nearest(got, known) ?? (known.length === 1 ? known[0] : undefined);
  return {
    path,
    message,
    got: shown(got),
    accepts: known.length === 0 ? `a name of ${where}, which is empty` : known.join(", "),
    fix: near === undefined ? `name one of ${where}, or add it there` : { set: near },
    relies,
  };
}

/** A setting that stands beyond another one beside it. @param other its key and its value, which mends the finding */
export function beyond(
  path: Path,
  message: string,
  got: string | number,
  bound: "at least" | "at most",
  [key, value]: readonly [key: string, value: string | number],
): Finding {
  return {
    path,
    message,
    got: shown(got),
    accepts: `${bound} ${value}, which is ${key} beside it`,
    fix: { set: value },
    relies: [[...path.slice(0, -1), key]],
  };
}

/** What pods may use at most, where that is below what they ask for. @param path of the resources */
export function lowLimit(path: Path, { memory, memoryLimit }: Memory): Finding[] {
  if (parseBytes(memoryLimit) >= parseBytes(memory)) return [];
  const message = "is below what the pod asks for";
  return [beyond([...path, "memoryLimit"], message, memoryLimit, "at least", ["memory", memory])];
}

/** What pods ask for, and what they may use at most: bytes with their unit. */
export interface Memory {
  readonly memory: string;
  readonly memoryLimit: string;
}

/** A switch that is on while one that it needs is off. @param needed its path */
export function needsSwitch(path: Path, message: string, needed: Path): Finding {
  const accepts = `${needed.join(".")}: true with it`;
  return { path, message, got: "true", accepts, fix: { set: true, at: needed } };
}

/** Findings for the elements of a list whose identity stands earlier in the list already. */
export function repeated<T>(
  list: readonly T[],
  identity: (element: T) => string,
  finding: (element: T, index: number, id: string) => Omit<Finding, "got">,
): Finding[] {
  const seen = new Set<string>();
  return list.flatMap((element, index) => {
    const id = identity(element);
    if (seen.has(id)) return [{ got: shown(id), ...finding(element, index, id) }];
    seen.add(id);
    return [];
  });
}
