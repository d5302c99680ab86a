import assert from "node:assert/strict";
import fc from "fast-check";
import { shortened, textWidth, wrapped } from "../../../plan/report/text-size.ts";

describe("text in the picture", () => {
  it("is cut in the middle to the characters that it may have", () => {
    assert.equal(shortened("wctiler.worldcereal.example.org", 20), "wctiler.wo…ample.org");
    assert.equal(shortened("short", 5), "short");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 3, max: 40 }), (text, most) =>
        assert.ok([...shortened(text, most)].length <= most),
      ),
    );
  });

  it("is wrapped at its spaces, and loses nothing", () => {
    assert.deepEqual(wrapped("cert-manager watches certificates", 22), ["cert-manager watches", "certificates"]);
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (text, most) => {
        const lines = wrapped(text, most);
        assert.equal(lines.join(" "), text);
        assert.ok(lines.every((line) => line.length <= most || !line.includes(" ")));
      }),
    );
  });

  it("is measured by its letters: wide ones count more", () => {
    assert.ok(textWidth("WWW", 12, "sans") > textWidth("lll", 12, "sans") * 3);
    assert.equal(textWidth("WWW", 10, "mono"), textWidth("lll", 10, "mono"));
  });
});
