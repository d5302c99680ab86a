/** Hours in a month, as price lists count them: a twelfth of a year. */
export const hoursPerMonth = 730;

/** An amount in hundredths of its currency, rounded. */
export function cents(amount: number): number {
  return Math.round(amount * 100);
}

/** An amount as people read it, such as `1,234.50 EUR`, or `1,234.50`: the same on every machine, whatever its locale. */
export function formatMoney(hundredths: number, currency?: string): string {
  const sign = hundredths < 0 ? "−" : "";
  return `${sign}${formatNumber(Math.abs(hundredths) / 100, 2)}${currency === undefined ? "" : ` ${currency}`}`;
}

/** A difference with its sign, such as `+12.00 EUR`. */
export function formatMoneyDifference(hundredths: number, currency?: string): string {
  return `${hundredths > 0 ? "+" : ""}${formatMoney(hundredths, currency)}`;
}

/** A positive number with groups of three digits. @param decimals how many it has. Default: as many as it needs, at most 4 */
export function formatNumber(value: number, decimals?: number): string {
  const [whole = "", fraction = ""] = value.toFixed(decimals ?? 4).split(".");
  const rest = decimals === undefined ? fraction.replace(/0+$/, "") : fraction;
  return `${whole.replace(/\B(?=(?:\d{3})+$)/g, ",")}${rest === "" ? "" : `.${rest}`}`;
}
