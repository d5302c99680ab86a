import assert from "node:assert/strict";
import fc from "fast-check";
import { betweenTags, escapeHtml, join, markup, visible } from "../../../plan/report/markup.ts";

/** Texts of the characters that mean something in HTML, and of any others. */
const texts = fc.string({
  unit: fc.oneof(fc.constantFrom(..."<>&\"'`=/;#-!"), fc.string({ unit: "binary", maxLength: 1 })),
});

/** What a browser reads of escaped text. */
function read(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&([^;]+);/g, (_, name: string) => names[name] ?? "?");
}

describe("markup", () => {
  it("holds no tag, attribute or entity but those of the template, whatever its values are", () =>
    fc.assert(
      fc.property(texts, (text) => {
        const { text: written } = markup`<a title="${text}">${text}</a>`;
        const match = /^<a title="([^"<>]*)">([^<>]*)<\/a>$/.exec(written);
        assert.ok(match, written);
        assert.deepEqual([read(match[1] ?? ""), read(match[2] ?? "")], [visible(text), visible(text)]);
      }),
    ));

  it("between tags alone leaves quotes as they are, and nothing else", () =>
    fc.assert(
      fc.property(texts, (text) => {
        const { text: written } = betweenTags(text);
        assert.doesNotMatch(written, /[<>]|&(?!amp;|lt;|gt;)/);
        assert.equal(read(written), visible(text));
      }),
    ));

  it("takes markup as it is, lists part by part, and leaves out what is not there", () => {
    assert.equal(markup`<p>${markup`<b>${"<"}</b>`}${["a", 1]}${undefined}${false}</p>`.text, "<p><b>&lt;</b>a1</p>");
    assert.equal(markup`${join(["a", "b", "<"], markup`<br>`)}`.text, "a<br>b<br>&lt;");
  });

  it("does not take an object that only looks like markup", () => {
    const fake = JSON.parse('{"text": "<script>"}') as string;
    assert.throws(() => markup`${fake}`);
  });

  it("shows characters that turn or hide text", () => {
    assert.equal(visible("a\u202eb\u0000c\u200bd\ue000"), "a\\u202eb\\u0000c\\u200bd\ue000");
    assert.equal(escapeHtml("line\n\ttab"), "line\n\ttab");
    assert.equal(escapeHtml("\ud800"), "\ufffd");
  });
});
