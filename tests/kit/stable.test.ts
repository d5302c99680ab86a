import assert from "node:assert/strict";
import fc from "fast-check";
import { shortHash, stableJson } from "../../components/kit/stable.ts";

describe("stableJson", () => {
  it("does not depend on the order in which keys were set", () => {
    assert.equal(stableJson({ b: [{ d: 1, c: undefined }], a: null }), '{"a":null,"b":[{"d":1}]}');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(stableJson(value), stableJson(reversed));
        assert.deepEqual(JSON.parse(stableJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("hashes to a fixed text", () => assert.equal(shortHash("groundplan"), "353e28be"));
});
