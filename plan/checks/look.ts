import { parseBytes, parseCpu, parseQuantity } from "../../components/kit/quantities.ts";

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
