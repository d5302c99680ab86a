/** Plain data with members of any type, such as a manifest. */
export type Data = Readonly<Record<string, unknown>>;

// Manifests of charts, states and answers of other programs may hold anything: these functions return an empty value if the
// type differs.

/** Whether a plain value is an object with members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an empty object. */
export function record(value: unknown): Data {
  return isRecord(value) ? value : {};
}

/** The elements of a list, or an empty list. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list, or an empty list. */
export function records(value: unknown): Data[] {
  return list(value).filter(isRecord);
}

/** The value if it is a string, else undefined. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The strings of a list, or an empty list. */
export function texts(value: unknown): string[] {
  return list(value).filter((element) => typeof element === "string");
}

/** The members of an object whose values are strings, such as labels. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** A whole number, given as a number or as a string; undefined for anything else. */
export function whole(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return typeof value === "string" && /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined;
}

/** The value at a path of keys; undefined if there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => record(inner)[key], value);
}

/** The string at a path of keys; undefined if there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  return text(at(value, ...path));
}
