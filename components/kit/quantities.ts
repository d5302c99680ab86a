/** An amount of memory or storage, such as `"512Mi"` or `"20Gi"`. */
export type Bytes = `${number}${"Ki" | "Mi" | "Gi" | "Ti"}`;

/** An amount of CPU: cores (`"2"`, `"0.5"`) or thousandths of one (`"250m"`). */
export type Cpu = `${number}` | `${number}m`;

/** A length of time, such as `"30s"`, `"15m"`, `"24h"` or `"90d"`. */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

export const bytesForm = /^(?:[1-9][0-9]*|[0-9]+\.[0-9]*[1-9])(?:Ki|Mi|Gi|Ti)$/;
export const cpuForm = /^(?:[1-9][0-9]*m?|[0-9]+\.[0-9]*[1-9])$/;
export const durationForm = /^[1-9][0-9]*[smhd]$/;

const byteUnits: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };
const decimalUnits: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const secondsPerUnit: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/**
 * The number of bytes in a quantity of memory or storage (Kubernetes API conventions, "Quantity": binary and decimal suffixes,
 * or a plain number).
 * @throws RangeError where the text is no quantity
 */
export function parseBytes(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is no quantity of bytes; write it as "512Mi" or "20Gi"`);
  const unit = match[2] ?? "";
  return Number(match[1]) * (byteUnits[unit] ?? decimalUnits[unit] ?? 1);
}

/** A number of bytes in the largest binary unit that keeps it exact to two decimals, such as `"1.5Gi"`. */
export function formatBytes(bytes: number): string {
  for (const unit of ["Ti", "Gi", "Mi", "Ki"]) {
    const amount = bytes / (byteUnits[unit] ?? 1);
    if (amount >= 1) return `${Number(amount.toFixed(2))}${unit}`;
  }
  return String(bytes);
}

/**
 * The number of thousandths of a core in a quantity of CPU.
 * @throws RangeError where the text is no quantity
 */
export function parseCpu(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(m)?$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is no quantity of CPU; write it as "250m" or "2"`);
  return Math.round(Number(match[1]) * (match[2] === "m" ? 1 : 1000));
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
