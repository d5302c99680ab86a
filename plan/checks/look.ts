import { parseBytes, parseCpu, parseQuantity } from "../../components/kit/quantities.ts";

/** Plain data with members of any type, such as a manifest. */
export type Data = Readonly<Record<string, unknown>>;

// A chart may render anything: these functions return an empty value if the type differs.

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

/** The strings of a list, or an empty list. */
export function texts(value: unknown): string[] {
  return list(value).filter((element) => typeof element === "string");
}

/** The value if it is a string, else undefined. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A whole number, given as a number or as a string; undefined for anything else. */
export function whole(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return typeof value === "string" && /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined;
}

/** The members of an object whose values are strings, such as labels. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** The value at a path of members, or undefined. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => record(inner)[name], value);
}

/** Bytes of a quantity; undefined if it is not one. */
export function bytes(value: unknown): number | undefined {
  return quantity(value, parseBytes);
}

/** Thousandths of a core of a quantity; undefined if it is not one. */
export function cpu(value: unknown): number | undefined {
  return quantity(value, parseCpu);
}

/** The number in a quantity of anything; undefined where it is none. */
export function amount(value: unknown): number | undefined {
  return quantity(value, parseQuantity);
}

function quantity(value: unknown, parse: (text: string) => number | undefined): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  try {
    return parse(String(value));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
