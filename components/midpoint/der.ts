/** The few DER (ITU-T X.690) tags that a keystore is made of. */
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const OCTET_STRING = 0x04;
export const INTEGER = 0x02;
export const NULL = 0x05;
export const BMP_STRING = 0x1e;
/** `[0] EXPLICIT` */
export const CONTEXT_0 = 0xa0;

/** Tag, shortest length (X.690, 10.1), contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const length = body.length < 0x80 ? [body.length] : [0x80 | base256(body.length).length, ...base256(body.length)];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** A positive `INTEGER`: a leading zero byte keeps the first bit from being a sign (X.690, 8.3). */
export function derInteger(value: number): Buffer {
  const digits = base256(value);
  return der(INTEGER, Buffer.from((digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits));
}

/** An `OBJECT IDENTIFIER` from its dotted form (X.690, 8.19). */
export function derOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128));
    return groups;
  });
  return der(0x06, Buffer.from(bytes));
}

function base256(value: number): number[] {
  const digits = [value % 256];
  for (let left = Math.floor(value / 256); left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return digits;
}
