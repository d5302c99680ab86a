import { keystoreError } from "./keystore-error.ts";

/** Big-endian integers and strings in the format of `java.io.DataOutputStream`. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/** The longest string that `DataOutput.writeUTF` accepts, in bytes of modified UTF-8. */
export const LONGEST_UTF = 0xffff;

/**
 * Modified UTF-8 (`java.io.DataInput`, section "Modified UTF-8"): U+0000 takes two bytes, and each half of a
 * surrogate pair is encoded separately, so that there are no zero bytes and no four-byte sequences.
 */
export function modifiedUtf8(text: string): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit !== 0 && unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}

/** Two bytes of length, then modified UTF-8; the caller checks `LONGEST_UTF`. */
export function utf(text: string): Buffer {
  const bytes = modifiedUtf8(text);
  return Buffer.concat([int16(bytes.length), bytes]);
}

/** UTF-16, big-endian, without a byte order mark: a Java `char[]` as bytes. */
export function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

function damaged(): Error {
  return keystoreError("damaged", "the keystore is damaged: a length or a text in it is impossible");
}

/**
 * Reads the format of `DataOutputStream`. Every length is compared with the remaining bytes before it is used, so a damaged length
 * allocates nothing. Slices share the memory of the input.
 */
export class JavaBytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws {KeystoreError} `damaged`, like every method below, if the length is negative or more than the remaining bytes */
  take(length: number): Buffer {
    if (length < 0 || length > this.remaining) throw damaged();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint8(): number {
    return this.take(1).readUInt8();
  }

  uint16(): number {
    return this.take(2).readUInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  int64(): bigint {
    return this.take(8).readBigInt64BE();
  }

  /** Four bytes of length, then that many bytes. */
  block(): Buffer {
    return this.take(this.int32());
  }

  utf(): string {
    const bytes = new JavaBytes(this.take(this.uint16()));
    const units: string[] = [];
    while (bytes.remaining > 0) units.push(String.fromCharCode(bytes.#utf16Unit()));
    return units.join("");
  }

  #utf16Unit(): number {
    const first = this.uint8();
    if (first < 0x80) return first;
    if (first >> 5 === 0b110) return ((first & 0x1f) << 6) | this.#continuation();
    if (first >> 4 === 0b1110) return ((first & 0x0f) << 12) | (this.#continuation() << 6) | this.#continuation();
    throw damaged();
  }

  #continuation(): number {
    const byte = this.uint8();
    if (byte >> 6 !== 0b10) throw damaged();
    return byte & 0x3f;
  }
}
