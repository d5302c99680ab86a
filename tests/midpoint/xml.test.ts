import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { xmlProblem } from "../../components/midpoint/xml.ts";

const good: readonly string[] = [
  "<a/>",
  '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a - b -->\n<a xmlns="urn:a"><b c="d &amp; \'e\'"/></a>\n<!-- end -->\n',
  "<a>x<!--y--><?z w?><![CDATA[<&]]>&#x1F511;&#38;</a>",
  "<p:a xmlns:p='urn:p' p:b='1'><p:c/></p:a>",
  "\uFEFF<ä:ö xmlns:ä='urn:ä' xml:lang='de'>日本</ä:ö  >",
  "<a\tb='1'\n  c = \"2\"\r\n/>",
];

const bad: readonly (readonly [string, string, number, number])[] = [
  ["", "document must contain a root element", 1, 1],
  ["text", "text outside of the root element", 1, 1],
  ["<a>\n  <b></a>", "</a> closes nothing: <b> of line 2 is open", 2, 6],
  ["<a>\r\n<b>", "<b> of line 2 is not closed", 2, 4],
  ["<a", "<a is not closed", 1, 1],
  ["<a></a><b/>", "documents may contain only one root", 1, 10],
  ["<a/>x", "text outside of the root element", 1, 5],
  ["<a b='1' b='2'/>", "duplicate attribute: b", 1, 16],
  ["<a b=1/>", "unquoted attribute value", 1, 6],
  ["<a b/>", "disallowed character in attribute name", 1, 5],
  ["<a b='1'c='2'/>", "no whitespace between attributes", 1, 9],
  ["<a b='<'/>", "disallowed character", 1, 7],
  ["<a b='1/>", "<a is not closed", 1, 1],
  ["<a>\nb & c</a>", '"&" starts no reference that XML has; write &amp;', 2, 3],
  ["<a>&nbsp;</a>", '"&" starts no reference that XML has; write &amp;', 1, 4],
  ["<a>&#0;</a>", "malformed character entity", 1, 7],
  ["<a>&#xD800;</a>", "malformed character entity", 1, 11],
  ["<a>\u0001</a>", "disallowed character", 1, 4],
  ["<a>]]></a>", 'the string "]]>" is disallowed in char data', 1, 6],
  ["<a><!-- x -- y --></a>", "malformed comment", 1, 13],
  ["<a><!-- x", "<!-- is not closed", 1, 4],
  ["<a><![CDATA[x</a>", "<![CDATA[ is not closed", 1, 4],
  ["<a><?x y</a>", "<?x is not closed", 1, 4],
  ["<p:a/>", 'unbound namespace prefix: "p"', 1, 6],
  ["<a p:b='1'/>", 'unbound namespace prefix: "p"', 1, 12],
  ["<a xmlns:p=''/>", "invalid attempt to undefine prefix in XML 1.0", 1, 13],
  ["<p:q:a xmlns:p='urn:p'/>", "malformed name: p:q:a", 1, 24],
  ["<1a/>", "disallowed character in tag name", 1, 2],
  [" <?xml version='1.0'?><a/>", "an XML declaration must be at the start of the document", 1, 7],
  ["<?xml version='1.1'?><a/>", 'the declaration is not <?xml version="1.0" encoding="UTF-8"?>', 1, 1],
  [
    "<?xml version='1.0' encoding='latin1'?><a/>",
    'the declaration is not <?xml version="1.0" encoding="UTF-8"?>',
    1,
    1,
  ],
  ["<a/>\n\nb\n\n", "text outside of the root element", 3, 1],
  ["<a>\n<!-- & <b>\n</a>", "<!-- is not closed", 2, 1],
  ["<a>\n<b c='1>\n</b></a>", "disallowed character", 3, 1],
  ["<a>\n<b c='x & y'/>\n</a>", '"&" starts no reference that XML has; write &amp;', 2, 9],
  ["<a xml:1st='c'/>", "1st: no name begins with this character", 1, 1],
  ["<a><?b?c?></a>", "white space is missing after the target of an instruction", 1, 4],
  ["<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "a document type is not accepted", 1, 1],
];

describe("XML of midPoint's objects", () => {
  for (const text of good) it(`takes ${JSON.stringify(text)}`, () => assert.equal(xmlProblem(text), undefined));
  for (const [text, message, line, column] of bad)
    it(`refuses ${JSON.stringify(text)}: ${message}`, () =>
      assert.deepEqual(xmlProblem(text), { line, column, message }));

  it("takes markup in comments, instructions and sections for text", () => {
    assert.equal(xmlProblem("<a><!-- a & b <c> --><?d & <e>?><![CDATA[<!-- & ]]></a>"), undefined);
  });

  it("ends with an answer, whatever the text", () => {
    const pieces = fc.constantFrom(
      "<",
      ">",
      "/",
      "a",
      ":",
      "=",
      "'",
      '"',
      "&",
      ";",
      "#",
      "!--",
      "-->",
      "?",
      " ",
      "]]>",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const found = xmlProblem(parts.join(""));
        assert.ok(found === undefined || (found.line >= 1 && found.column >= 1));
      }),
      { numRuns: 2000 },
    );
  });

  it("agrees with Java's parser on 1,500 damaged documents, on the line too", function () {
    this.timeout(300_000);
    if (spawnSync("java", ["--version"]).status !== 0) {
      console.log("    Java is not on the path: what its parser makes of XML is not compared");
      this.skip();
    }
    const seeds = good.filter((text) => text.length > 20);
    const pieces = [
      "<",
      ">",
      "/",
      "&",
      ";",
      "'",
      '"',
      "=",
      " ",
      "-",
      "]",
      ":",
      "?",
      "!",
      "\n",
      "é",
      "xmlns",
      "<b>",
      "</b>",
    ];
    let state = 17;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const texts = Array.from({ length: 1500 }, () => {
      let text = seeds[random(seeds.length)] ?? "";
      for (let left = 1 + random(2); left > 0; left--) {
        const at = random(text.length + 1);
        text = text.slice(0, at) + (pieces[random(pieces.length)] ?? "") + text.slice(at + random(3));
      }
      return text;
    });
    const input = texts.map((text) => `${Buffer.from(text).toString("hex")}\n`).join("");
    const { stdout } = spawnSync("java", [join(import.meta.dirname, "Xml.java")], {
      input,
      encoding: "utf8",
      maxBuffer: 64 * 2 ** 20,
    });
    const answers = stdout.trimEnd().split("\n");
    assert.equal(answers.length, texts.length);
    let [refused, sameLine] = [0, 0];
    for (const [index, text] of texts.entries()) {
      const found = xmlProblem(text);
      const answer = answers[index] ?? "";
      assert.equal(found === undefined, answer === "ok", `${JSON.stringify(text)}: ${found?.message} / ${answer}`);
      if (found === undefined) continue;
      refused++;
      // A tag that is not closed is found where it ends by one, and where it begins by the other.
      if (answer.startsWith(`${found.line} `)) sameLine++;
    }
    console.log(
      `      ${refused} refused by both, ${texts.length - refused} taken by both, ${sameLine} on the same line`,
    );
    assert.ok(refused > 500 && texts.length - refused > 50 && sameLine > refused * 0.8);
  });
});
