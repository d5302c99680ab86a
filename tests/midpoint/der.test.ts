import assert from "node:assert/strict";
import { der, derInteger } from "../../components/midpoint/der.ts";

describe("DER", () => {
  it("encodes the shortest lengths and positive integers", () => {
    const hex = (encoded: Buffer): string => encoded.toString("hex");
    assert.equal(hex(derInteger(0)), "020100");
    assert.equal(hex(derInteger(127)), "02017f");
    assert.equal(hex(derInteger(128)), "02020080");
    assert.equal(hex(derInteger(5_000_000)), "02034c4b40");
    assert.equal(hex(der(4, Buffer.alloc(127)).subarray(0, 3)), "047f00");
    assert.equal(hex(der(4, Buffer.alloc(128)).subarray(0, 3)), "048180");
    assert.equal(hex(der(4, Buffer.alloc(256)).subarray(0, 4)), "04820100");
  });
});
