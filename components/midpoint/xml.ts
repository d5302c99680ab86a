import { createRequire } from "node:module";
import type * as Saxes from "saxes";

/** Where a text stops being well-formed XML, and why. Line and column count from 1, the column in UTF-16 units. */
export interface XmlProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const reference = /^&(?:amp|lt|gt|apos|quot|#[0-9]+|#x[0-9A-Fa-f]+);/;
/** Characters of a name that none begins with (XML 1.0, fifth edition, section 2.3). */
// eslint-disable-next-line no-misleading-character-class -- combining characters by themselves are meant
const noNameStart = /^[-.0-9\u{B7}\u{300}-\u{36F}\u{203F}\u{2040}]/u;

/**
 * Whether a text is a well-formed XML 1.0 document with declared namespaces (W3C, "Extensible Markup Language (XML) 1.0", fifth
 * edition, section 2; "Namespaces in XML 1.0"), in UTF-8. It has no document type: midPoint's objects have none, and one could
 * make a parser read other files.
 *
 * saxes decides. Some mistakes are found here, since saxes reports them where the text ends: text outside of the root, "&"
 * without a reference, and a comment, section, tag or element that is not closed.
 *
 * @returns the first problem; undefined for a well-formed text
 */
export function xmlProblem(text: string): XmlProblem | undefined {
  // Loaded where there is XML to read.
  const { SaxesParser } = createRequire(import.meta.url)("saxes") as typeof Saxes;
  const parser = new SaxesParser({ xmlns: true });
  const elements: { readonly name: string; readonly at: number }[] = [];
  /** Where the markup begins that has no end yet. */
  let open: number | undefined;
  let problem: XmlProblem | undefined;
  const wrong = (at: number, message: string) => (problem ??= { ...place(text, at), message });
  const ended = () => (open = undefined);

  parser.on("error", ({ message }) => {
    const { line, columnIndex } = parser;
    problem ??= { line, column: Math.max(1, columnIndex), message: message.replace(/^[0-9:]+ |\.$/g, "") };
  });
  parser.on("xmldecl", ({ version, encoding = "UTF-8" }) => {
    if (version !== "1.0" || encoding.toUpperCase() !== "UTF-8")
      wrong(open ?? 0, 'the declaration is not <?xml version="1.0" encoding="UTF-8"?>');
    ended();
  });
  parser.on("opentag", ({ name, local, attributes }) => {
    // saxes takes a local name for one where only the whole name is: xml:1st.
    for (const one of [local, ...Object.values(attributes).map((attribute) => attribute.local)])
      if (noNameStart.test(one)) wrong(open ?? 0, `${one}: no name begins with this character`);
    elements.push({ name, at: open ?? 0 });
    ended();
  });
  parser.on("closetag", () => {
    elements.pop();
    ended();
  });
  parser.on("comment", ended);
  parser.on("cdata", ended);
  parser.on("processinginstruction", ended);

  let at = 0;
  for (const piece of text.split(/(?=[<&])|(?<=>)/)) {
    const outside = open === undefined && elements.length === 0 ? piece.search(/[^ \t\r\n\uFEFF]/) : -1;
    if (outside >= 0 && piece[outside] !== "<") wrong(at + outside, "text outside of the root element");
    if (piece.startsWith("<") && open === undefined) {
      open = at;
      const last = elements.at(-1);
      const closes = /^<\/([^\s>]*)/.exec(piece)?.[1];
      // saxes takes a "?" behind the target for the first character of what follows.
      if (/^<\?[^\s?]+\?(?!>)/.test(piece)) wrong(at, "white space is missing after the target of an instruction");
      if (piece.startsWith("<!DOCTYPE")) wrong(at, "a document type is not accepted");
      if (closes !== undefined && last !== undefined && closes !== last.name)
        wrong(at, `</${closes}> closes nothing: <${last.name}> of line ${place(text, last.at).line} is open`);
    }
    const resolved = open === undefined || !/^<[!?]/.test(text.slice(open, open + 2));
    if (piece.startsWith("&") && resolved && !reference.test(piece))
      wrong(at, '"&" starts no reference that XML has; write &amp;');
    if (problem === undefined) parser.write(piece);
    if (problem !== undefined) return problem;
    at += piece.length;
  }
  const last = elements.at(-1);
  if (open !== undefined) {
    const [start = ""] = /^<(?:!--|!\[CDATA\[|[^\s<>]*)/.exec(text.slice(open)) ?? [];
    return wrong(open, `${start} is not closed`);
  }
  if (last !== undefined) return wrong(at, `<${last.name}> of line ${place(text, last.at).line} is not closed`);
  parser.close();
  return problem;
}

function place(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
