// PKCS12 bytes without Java: keystore-java.test.ts asks Java itself.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import fc from "fast-check";
import { der, derInteger, derOid } from "../../components/midpoint/der.ts";
import { trustStore } from "../../components/midpoint/pkcs12.ts";
import { SALT, TRUST, codes, trustStoreInput } from "./keystore-samples.ts";
import { ROOT, UNICODE } from "./sample-certificates.ts";

describe("PKCS12 trust store", () => {
  it("the same input gives the same bytes", () => {
    fc.assert(
      fc.property(trustStoreInput, (input) => {
        const backwards = { ...input, certificates: input.certificates.toReversed() };
        assert.ok(trustStore(input).equals(trustStore(backwards)));
      }),
      { numRuns: 25 },
    );
    assert.equal(hash("sha256", trustStore(TRUST)), "ec8b520d3673ad64496ac170a9b3f6d5230d781e4cb7cb16bfbecf2f37d50fc2");
  });

  it("names every problem at once", () => {
    const empty = { certificates: [], password: "", salt: Buffer.alloc(7), iterations: 5_000_001 };
    assert.deepEqual(
      codes(() => trustStore(empty)),
      ["no-entries", "empty-password", "salt", "iterations"],
    );
    const certificates = [
      { alias: "a", certificate: ROOT },
      { alias: "A", certificate: ROOT + UNICODE },
    ];
    assert.deepEqual(
      codes(() => trustStore({ certificates, password: "ä", salt: SALT })),
      [...["password-characters", "duplicate-alias", "several-certificates"]],
    );
  });
});

describe("DER", () => {
  it("encodes the shortest lengths, positive integers and object identifiers", () => {
    const hex = (encoded: Buffer): string => encoded.toString("hex");
    assert.equal(hex(derInteger(0)), "020100");
    assert.equal(hex(derInteger(127)), "02017f");
    assert.equal(hex(derInteger(128)), "02020080");
    assert.equal(hex(derInteger(5_000_000)), "02034c4b40");
    assert.equal(hex(der(4, Buffer.alloc(127)).subarray(0, 3)), "047f00");
    assert.equal(hex(der(4, Buffer.alloc(128)).subarray(0, 3)), "048180");
    assert.equal(hex(der(4, Buffer.alloc(256)).subarray(0, 4)), "04820100");
    assert.equal(hex(derOid("1.2.840.113549.1.7.1")), "06092a864886f70d010701");
    assert.equal(hex(derOid("2.16.840.1.113894.746875.1.1")), "060c6086480186f966adca7b0101");
  });
});
