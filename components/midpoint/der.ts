/** The DER (ITU-T X.690) tags in a keystore. */
export const SEQUENCE = 0x30;
export const OCTET_STRING = 0x04;
const INTEGER = 0x02;

/** Tag, shortest length (X.690, 10.1), contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const length = body.length < 0x80 ? [body.length] : [0x80 | base256(body.length).length, ...base256(body.length)];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** A positive `INTEGER`: a leading zero byte prevents that the first bit is read as a sign (X.690, 8.3). */
export function derInteger(value: number): Buffer {
  const digits = base256(value);
  return der(INTEGER, Buffer.from((digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits));
}

function base256(value: number): number[] {
  const digits = [value % 256];
  for (let left = Math.floor(value / 256); left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return digits;
}
