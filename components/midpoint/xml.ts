/** Where a text stops being well-formed XML, and why. Line and column count from 1, the column in characters (UTF-16 units). */
export interface XmlProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const nameStart =
  "A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}";
const part = `[${nameStart}][${nameStart}0-9.\\-\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}]*`;
/** A qualified name (Namespaces in XML 1.0, section 4), from where the reader stands. */
// eslint-disable-next-line no-misleading-character-class -- combining characters by themselves are what it takes
const qualifiedName = new RegExp(`(?:(${part}):)?(${part})`, "uy");
const space = /[ \t\r\n]*/y;
const declaration =
  /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"[Uu][Tt][Ff]-8"|'[Uu][Tt][Ff]-8'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/y;
/** What no XML 1.0 document holds (section 2.2, "Char"). */
// eslint-disable-next-line no-control-regex -- these are the characters that it is about
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u;
const reference = /&(?:(?:amp|lt|gt|apos|quot)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));/y;

class Malformed extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/**
 * Whether a text is a well-formed XML 1.0 document with declared namespaces (W3C, "Extensible Markup Language (XML) 1.0", fifth
 * edition, section 2; "Namespaces in XML 1.0"), in UTF-8. It has no document type: midPoint's objects have none, and one could
 * make a parser read other files.
 *
 * @returns the first problem; undefined for a well-formed text
 */
export function xmlProblem(text: string): XmlProblem | undefined {
  try {
    new Reader(text).document();
    return undefined;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const before = text.slice(0, error.at).split(/\r\n|\r|\n/);
    return { line: before.length, column: (before.at(-1) ?? "").length + 1, message: error.message };
  }
}

interface Element {
  readonly name: string;
  readonly at: number;
  /** Prefixes that it declares, beside those of the elements around it. */
  readonly prefixes: ReadonlySet<string>;
}

class Reader {
  readonly #text: string;
  #at = 0;
  readonly #open: Element[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    const wrong = forbidden.exec(this.#text);
    if (wrong !== null) {
      const code = (wrong[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      throw new Malformed(wrong.index, `the character U+${code} has no place in XML`);
    }
    if (this.#text.startsWith("\uFEFF")) this.#at = 1;
    if (this.#sees("<?xml") && this.#match(declaration) === undefined)
      throw this.#wrong('the declaration is not <?xml version="1.0" encoding="UTF-8"?>');
    this.#misc();
    if (!this.#sees("<")) throw this.#wrong(this.#ends() ? "there is no element" : "text stands outside of an element");
    this.#element();
    while (this.#open.length > 0) this.#content();
    this.#misc();
    if (!this.#ends())
      throw this.#wrong(this.#sees("<") ? "a second root element" : "text stands outside of an element");
  }

  /** Comments, processing instructions and white space. */
  #misc(): void {
    for (;;) {
      this.#match(space);
      if (this.#sees("<!DOCTYPE")) throw this.#wrong("a document type is not accepted");
      if (!this.#comment() && !this.#instruction()) return;
    }
  }

  #content(): void {
    const [open] = this.#open.slice(-1);
    if (open === undefined) return;
    if (this.#ends()) throw this.#wrong(`<${open.name}> of ${this.#place(open.at)} is not closed`);
    if (this.#sees("</")) this.#end(open);
    else if (this.#sees("<![CDATA[")) this.#until("]]>", "a CDATA section is not closed");
    else if (this.#comment() || this.#instruction()) return;
    else if (this.#sees("<")) this.#element();
    else this.#characters("<");
  }

  #element(): void {
    const at = this.#at;
    this.#at += 1;
    const name = this.#name("an element's name");
    const attributes = new Map<string, number>();
    const prefixes = new Set<string>();
    for (;;) {
      const gap = this.#match(space) ?? "";
      if (this.#sees("/>") || this.#sees(">")) break;
      if (this.#ends()) throw new Malformed(at, `<${name} is not closed`);
      if (gap === "") throw this.#wrong("an attribute needs white space before it");
      const place = this.#at;
      const attribute = this.#name("an attribute's name");
      if (attributes.has(attribute)) throw new Malformed(place, `the attribute ${attribute} stands twice`);
      attributes.set(attribute, place);
      const value = this.#value(attribute);
      if (attribute.startsWith("xmlns:")) {
        if (value === "") throw new Malformed(place, `${attribute} has no namespace`);
        prefixes.add(attribute.slice("xmlns:".length));
      }
    }
    const empty = this.#sees("/>");
    this.#at += empty ? 2 : 1;
    this.#open.push({ name, at, prefixes });
    this.#declared(name, at + 1);
    for (const [attribute, place] of attributes) this.#declared(attribute, place);
    if (empty) this.#open.pop();
  }

  #value(attribute: string): string {
    this.#match(space);
    if (!this.#sees("=")) throw this.#wrong(`the attribute ${attribute} has no value`);
    this.#at += 1;
    this.#match(space);
    const quote = this.#text[this.#at] ?? "";
    if (quote !== '"' && quote !== "'") throw this.#wrong(`the value of ${attribute} has no quotes`);
    const start = (this.#at += 1);
    while (!this.#sees(quote)) {
      if (this.#ends()) throw new Malformed(start - 1, `the value of ${attribute} is not closed`);
      if (this.#sees("<")) throw this.#wrong(`"<" stands in the value of ${attribute}; write &lt;`);
      this.#characters(`<${quote}`);
    }
    this.#at += 1;
    return this.#text.slice(start, this.#at - 1);
  }

  #end(open: Element): void {
    const at = this.#at;
    this.#at += 2;
    const name = this.#name("an element's name");
    if (name !== open.name)
      throw new Malformed(at, `</${name}> closes nothing: <${open.name}> of ${this.#place(open.at)} is open`);
    this.#match(space);
    if (!this.#sees(">")) throw this.#wrong(`</${name} is not closed`);
    this.#at += 1;
    this.#open.pop();
  }

  /** Text up to one of the characters, with the references in it. */
  #characters(stops: string): void {
    while (!this.#ends() && !stops.includes(this.#text[this.#at] ?? "")) {
      if (stops === "<" && this.#sees("]]>")) throw this.#wrong('"]]>" stands in a text; write ]]&gt;');
      if (this.#text[this.#at] !== "&") {
        this.#at += 1;
        continue;
      }
      const at = this.#at;
      const found = this.#match(reference);
      if (found === undefined) throw this.#wrong('"&" starts no reference that XML has; write &amp;');
      const [, decimal, hexadecimal] = new RegExp(reference, "u").exec(found) ?? [];
      const code = hexadecimal === undefined ? Number(decimal ?? 0x20) : parseInt(hexadecimal, 16);
      if (code === 0 || code > 0x10ffff || forbidden.test(String.fromCodePoint(code)))
        throw new Malformed(at, `${found} is no character of XML`);
    }
  }

  #comment(): boolean {
    if (!this.#sees("<!--")) return false;
    const at = this.#at;
    const end = this.#text.indexOf("--", at + 4);
    if (end < 0) throw this.#wrong("a comment is not closed");
    if (this.#text[end + 2] !== ">") throw new Malformed(end, '"--" stands within a comment');
    this.#at = end + 3;
    return true;
  }

  #instruction(): boolean {
    if (!this.#sees("<?")) return false;
    const start = this.#at;
    this.#at += 2;
    const target = this.#name("the name of a processing instruction");
    if (target.toLowerCase() === "xml")
      throw new Malformed(start, "the declaration <?xml …?> stands at the very start or not at all");
    if (target.includes(":")) throw new Malformed(start, `${target}: the name of an instruction has no colon`);
    if (!this.#sees("?>") && this.#match(space) === "") throw this.#wrong(`white space is missing after <?${target}`);
    this.#until("?>", "a processing instruction is not closed", start);
    return true;
  }

  #until(end: string, message: string, start = this.#at): void {
    const at = this.#text.indexOf(end, this.#at);
    if (at < 0) throw new Malformed(start, message);
    this.#at = at + end.length;
  }

  #name(what: string): string {
    const name = this.#match(qualifiedName);
    if (name === undefined) throw this.#wrong(`${what} is missing`);
    if (this.#sees(":")) throw this.#wrong(`${name}: has a second colon`);
    return name;
  }

  #declared(name: string, at: number): void {
    const [prefix, rest] = name.split(":");
    if (prefix === undefined || rest === undefined || prefix === "xml" || prefix === "xmlns") return;
    if (!this.#open.some(({ prefixes }) => prefixes.has(prefix)))
      throw new Malformed(at, `the prefix ${prefix} of ${name} is not declared`);
  }

  #place(at: number): string {
    return `line ${this.#text.slice(0, at).split(/\r\n|\r|\n/).length}`;
  }

  #sees(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #ends(): boolean {
    return this.#at >= this.#text.length;
  }

  #match(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #wrong(message: string): Malformed {
    return new Malformed(this.#at, message);
  }
}
