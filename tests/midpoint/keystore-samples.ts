// What the tests of keystores share: fixed inputs, arbitrary inputs, and what a call is refused with.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import fc from "fast-check";
import { storedAlias } from "../../components/midpoint/aliases.ts";
import { KeystoreError } from "../../components/midpoint/keystore-error.ts";
import type { KeystoreInput } from "../../components/midpoint/keystore.ts";
import { halvesAreEqual } from "../../components/midpoint/protection.ts";
import { NAMELESS, ROOT, ROOT_RENEWED, UNICODE } from "./sample-certificates.ts";

export const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

export const SALT = bytes("0102030405060708");

/** With it goes a golden SHA-256. */
export const FIXED: KeystoreInput = {
  keys: [
    { alias: "K2", key: bytes("11".repeat(16)), salt: bytes("a1a2a3a4a5a6a7a8"), date: new Date(1_700_000_000_000) },
    { alias: "default", key: bytes("00".repeat(32)), salt: SALT },
  ],
  certificates: [{ alias: "Root", certificate: ROOT }],
  storePassword: "changeit",
  date: new Date("2026-01-01T00:00:00Z"),
};

/** The same, quick to write and read. */
export const QUICK: KeystoreInput = { ...FIXED, iterations: 1 };

/** The codes of every problem that a call is refused with; none when it is not refused. */
export function codes(call: () => unknown): string[] {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof KeystoreError, `${String(error)} is no KeystoreError`);
    assert.equal(error.code, error.problems[0]?.code);
    return error.problems.map(({ code }) => code);
  }
  return [];
}

/** What a person reads of them. */
export function messages(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return "";
}

/** A PEM block of any kind around any bytes. */
export function pemBlock(label: string, contents: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${Buffer.from(contents).toString("base64")}\n-----END ${label}-----\n`;
}

export function derOf(certificate: string): Buffer {
  return Buffer.from(certificate.replace(/-----[^-]+-----/g, ""), "base64");
}

/** The first digits of a certificate's SHA-256. */
export function fingerprint(certificate: string, digits = 16): string {
  return hash("sha256", derOf(certificate)).slice(0, digits);
}

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

const oddAlias = fc.constantFrom(
  "Default",
  "İstanbul",
  "ΟΔΟΣ",
  "a\u0000b",
  "K\u212a",
  "🔑",
  " ",
  "../x",
  "ǅ",
  "ß",
  "\u202e",
  "\uffff",
);
// Java and Unicode differ on a capital sigma after a digit, and on letters newer than the JDK.
const alias = fc.oneof(
  oddAlias,
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 8 }).filter((text) => text.toLowerCase() === text),
  fc.string({ minLength: 300, maxLength: 400 }),
);

const date = fc.date({ noInvalidDate: true });
const optionalDate = fc.option(date, { nil: undefined });
const certificate = fc.record({
  alias,
  certificate: fc.constantFrom(ROOT, ROOT_RENEWED, UNICODE, NAMELESS),
  date: optionalDate,
});
const key = fc.record({
  alias,
  key: fc.constantFrom(16, 24, 32).chain(bytesOf),
  salt: bytesOf(8).filter((salt) => !halvesAreEqual(salt)),
  date: optionalDate,
});

const ascii = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 });
const anyPassword = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });

/** Whether no two aliases are one when case is set aside. */
const differ = (entries: readonly { alias: string }[]): boolean =>
  new Set(entries.map((entry) => storedAlias(entry.alias))).size === entries.length;

/** Stores that must be written: all that the format can hold, mostly with few iterations, to be quick. */
export const keystoreInput: fc.Arbitrary<KeystoreInput> = fc
  .record({
    keys: fc.array(key, { minLength: 1, maxLength: 4 }),
    certificates: fc.option(fc.array(certificate, { maxLength: 3 }), { nil: undefined }),
    storePassword: fc.oneof(ascii, anyPassword),
    keyPassword: fc.option(ascii, { nil: undefined }),
    iterations: fc.oneof({ arbitrary: fc.integer({ min: 1, max: 300 }), weight: 9 }, fc.constant(2_500)),
    date,
  })
  .filter(({ keys, certificates = [] }) => differ([...keys, ...certificates]));
