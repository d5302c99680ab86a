/** An amount of memory or storage, such as `"512Mi"` or `"20Gi"`. */
export type Bytes = `${number}${"Ki" | "Mi" | "Gi" | "Ti"}`;

/** An amount of CPU: cores (`"2"`, `"0.5"`) or thousandths of one (`"250m"`). */
export type Cpu = `${number}` | `${number}m`;

/** A length of time, such as `"30s"`, `"15m"`, `"24h"` or `"90d"`. */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

export const bytesForm = /^(?:[1-9][0-9]*|[0-9]+\.[0-9]*[1-9])(?:Ki|Mi|Gi|Ti)$/;
export const cpuForm = /^(?:[1-9][0-9]*m?|[0-9]+\.[0-9]*[1-9])$/;
export const durationForm = /^[1-9][0-9]*[smhd]$/;

const secondsPerUnit: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

const quantityForm = /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([numkMGTPE]?)|([KMGTPE]i)|[eE]([+-]?[0-9]{1,3}))$/;
const decimalPowers: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryPowers: Record<string, number> = { "": 0, Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/**
 * The number in any quantity that the Kubernetes API takes (apimachinery, resource.Quantity): `0.5`, `3920m`, `500M`,
 * `16393244Ki`, `129e6`. The settings take fewer forms: `bytesForm` and `cpuForm`.
 *
 * @param power multiplies the number by ten to this power: 3 for thousandths
 * @returns undefined where the text is no quantity
 */
export function parseQuantity(text: string, power = 0): number | undefined {
  const [, number, decimal = "", binary = "", exponent] = quantityForm.exec(text) ?? [];
  if (number === undefined) return undefined;
  const ten = exponent === undefined ? (decimalPowers[decimal] ?? 0) : Number(exponent);
  // One literal is rounded once: 4.35 * 1000 is not quite 4350, and 4.35e3 is.
  return Number(`${number}e${ten + power}`) * 2 ** (binaryPowers[binary] ?? 0);
}

/**
 * The number of bytes in a quantity of memory or storage, rounded up as Kubernetes does.
 * @throws RangeError where the text is no quantity, or a negative one
 */
export function parseBytes(text: string): number {
  const bytes = parseQuantity(text) ?? -1;
  if (bytes < 0) throw new RangeError(`"${text}" is no quantity of bytes; write it as "512Mi" or "20Gi"`);
  return Math.ceil(bytes);
}

/** A number of bytes in the largest binary unit that keeps it exact to two decimals, such as `"1.5Gi"`. */
export function formatBytes(bytes: number): string {
  for (const unit of ["Ti", "Gi", "Mi", "Ki"]) {
    const amount = bytes / 2 ** (binaryPowers[unit] ?? 0);
    if (amount >= 1) return `${Number(amount.toFixed(2))}${unit}`;
  }
  return String(bytes);
}

/**
 * The number of thousandths of a core in a quantity of CPU, rounded up as Kubernetes does.
 * @throws RangeError where the text is no quantity, or a negative one
 */
export function parseCpu(text: string): number {
  const milli = parseQuantity(text, 3) ?? -1;
  if (milli < 0) throw new RangeError(`"${text}" is no quantity of CPU; write it as "250m" or "2"`);
  return Math.ceil(milli);
}

/** Thousandths of a core as people write them: whole cores without a suffix, else with `m`. */
export function formatCpu(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/**
 * The number of seconds in a length of time.
 * @throws RangeError where the text is none
 */
export function parseDuration(text: string): number {
  const seconds = durationForm.test(text) ? Number(text.slice(0, -1)) * (secondsPerUnit[text.slice(-1)] ?? 0) : NaN;
  if (Number.isNaN(seconds))
    throw new RangeError(`"${text}" is no length of time; write it as "30s", "15m", "24h" or "90d"`);
  return seconds;
}
