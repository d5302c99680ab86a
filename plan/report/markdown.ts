import { briefRows, isFor, isSpan, plainText, shownColumns, weightOf } from "./document.ts";
import type { Block, Document, Inline, Table, Weight } from "./document.ts";
import { escapeHtml, join, Markup, template } from "./markup.ts";
import type { Part } from "./markup.ts";
import { mermaid } from "./mermaid.ts";
import { shortened } from "./text-size.ts";

/** The most bytes of a comment: GitHub takes 65,536 characters, and a workflow may add a line of its own. */
const mostBytes = 65_000;

/** Bytes that the line about what was left out may take, and the frame of a fold without its rows. */
const reserved = 1000;
const frame = 400;

/** Fields of a change that a comment names. */
const shownFields = 6;

/** The most characters of a value: one that is longer says no more to who reads a comment. */
const longestValue = 160;

const symbols: Record<Weight, string> = { bad: "⛔", warn: "⚠️", good: "✅", plain: "ℹ️" };
const urgency: readonly (Weight | undefined)[] = ["bad", "warn", "good", "plain", undefined];

/** The first line of a stack's comment, by which a workflow finds the one to replace. */
export function commentMarker(stack: string): string {
  // A comment of HTML must not hold two hyphens in a row.
  const name = encodeURIComponent(stack.toWellFormed()).replace(
    /[^\w.%-]|-(?=-|$)/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `<!-- groundplan-plan ${name} -->`;
}

/**
 * A report as a comment for a pull request: the head whole, then the tables, each folded, as far as there is room, then the
 * picture. What does not fit is counted at the end. Every value may come from a fork: none of them can bring along markup, a
 * mention or a link.
 *
 * @param most bytes; the default fits GitHub
 */
export function commentText(report: Document, most = mostBytes): string {
  const { stack, domain, context, base, verdicts, figures, sections } = report;
  const against: Part = base === undefined ? "" : [", compared with ", value(base)];
  const numbers = figures.map(
    ({ name, value: number, remark }) => block`${name} <b>${number}</b>${remark !== undefined && ` (${remark})`}`,
  );
  const head = [
    new Markup(commentMarker(stack)),
    block`<h2>Plan of ${value(stack)}</h2>`,
    block`<p>${value(domain)} on the cluster of context ${value(context)}${against}</p>`,
    ...(verdicts.length === 0
      ? []
      : [block`<ul>${verdicts.map(({ weight, text }) => block`<li>${symbols[weight]} ${sentence(text)}</li>`)}</ul>`]),
    block`<p>${join(numbers, new Markup(" · "))}</p>`,
  ];
  const written = new Comment(head, most);
  const blocks = sections.flatMap((section) => section.blocks).filter((each) => isFor(each, "comment"));
  for (const each of blocks) written.add(each);
  // Pictures come last: they are only for looking at.
  for (const each of blocks) if (each.kind === "picture") written.addPicture(mermaid(each.graph));
  return written.text();
}

class Comment {
  private readonly blocks: string[];
  private readonly left: Part[] = [];
  private room: number;

  constructor(head: readonly Markup[], most: number) {
    this.blocks = head.map(({ text }) => text.trim());
    this.room = most - reserved - size(this.blocks.join("\n\n"));
  }

  add(each: Block): void {
    if (each.kind === "table") this.addTable(each);
    else if (each.kind === "paragraph") this.fits(block`<p>${cell(each.text)}</p>`.text);
    else if (each.kind === "list")
      this.fits(block`<ul>${each.items.map((item) => block`<li>${cell(item)}</li>`)}</ul>`.text);
  }

  addPicture(chart: string | undefined): void {
    if (chart !== undefined)
      this.fits(`<details><summary>Architecture</summary>\n\n\`\`\`mermaid\n${chart}\n\`\`\`\n\n</details>`);
  }

  text(): string {
    const note = block`<p>⚠️ Left out, since a comment has to be short: ${join(this.left, new Markup("; "))}. The plan's page has everything.</p>`;
    return `${[...this.blocks, ...(this.left.length === 0 ? [] : [note.text])].join("\n\n")}\n`;
  }

  private addTable(table: Table): void {
    const columns = shownColumns(table, "comment");
    // What is cut are the rows that matter least.
    const rows = briefRows(table)
      .map((row) => ({ row, rank: urgency.indexOf(weightOf(row)) }))
      .sort((a, b) => a.rank - b.rank);
    this.room -= frame + columns.reduce((sum, { title }) => sum + size(title) + 10, 0);
    const shown: string[] = [];
    for (const { row } of rows) {
      const text = block`<tr>${columns.map(({ index }) => block`<td>${cell(row[index])}</td>`)}</tr>`.text;
      if (this.room < size(text) + 1) break;
      this.room -= size(text) + 1;
      shown.push(text);
    }
    const caption = cell(table.caption);
    if (shown.length < rows.length)
      this.left.push([`${rows.length - shown.length} of ${rows.length} rows of “`, caption, "”"]);
    if (shown.length === 0) this.room += frame;
    else
      this.blocks.push(
        `${
          block`<details${table.open === true && new Markup(" open")}><summary>${caption} (${rows.length})</summary>
<table>
<tr>${columns.map(({ title }) => block`<th align="left">${sentence(title)}</th>`)}</tr>`.text
        }
${shown.join("\n")}
</table>
</details>`,
      );
  }

  private fits(text: string): void {
    if (this.room < size(text) + 2) return;
    this.room -= size(text) + 2;
    this.blocks.push(text);
  }
}

function cell(inline: Inline | undefined): Part {
  if (inline === undefined || typeof inline === "string") return sentence(inline ?? "");
  if (!isSpan(inline)) return inline.map(cell);
  switch (inline.kind) {
    case "code":
    case "object":
      return value(inline.text);
    case "lines":
      return join(inline.items.map(cell), new Markup("<br>"));
    case "status":
      return inline.weight === "bad" ? block`<b>${sentence(inline.text)}</b>` : sentence(inline.text);
    case "fields": {
      const shown = inline.changes.slice(0, shownFields).map(({ path, old, new: fresh }): Part => {
        const change = old === undefined && fresh === undefined ? undefined : [": ", side(old), " → ", side(fresh)];
        return [value(path), change];
      });
      const rest = inline.changes.length - shownFields;
      return join([...shown, ...(rest > 0 ? [`and ${rest} more`] : [])], new Markup("<br>"));
    }
    default:
      return sentence(plainText(inline));
  }
}

function side(text: string | undefined): Part {
  return text === undefined ? "none" : value(text);
}

/**
 * HTML for a comment on GitHub. It stands in blocks that start with a tag and hold no empty line: in them nothing is read as
 * Markdown (CommonMark 0.31, 4.6, start condition 6). So a value must not bring along a line of its own.
 */
const block = template((text) =>
  escapeHtml(text.replace(/\r\n?|\n/g, "⏎").replaceAll("\t", " ")).replace(
    /[@`|]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  ),
);

/** A value as code: GitHub makes no mention, reference or link of what stands in code. */
function value(text: string): Markup {
  return block`<code>${shortened(text, longestValue)}</code>`;
}

// What GitHub links by itself: mentions, issues, commits and addresses (GitHub Docs, "Autolinked references and URLs").
// Marks of Markdown are no danger within a block of HTML; they stand as code in case a reader is not as strict.
const linked = /[@#`|[\]]|\/\/|www\.|GH-\d|[0-9a-f]{7,}/i;

/** A sentence that may hold any name: words of which GitHub would make a link stand as code. */
function sentence(text: string): Part {
  // Most texts hold no such word, and need not be taken apart.
  const short = shortened(text, 2 * longestValue);
  if (!linked.test(short) && !/\s\s|[\r\n\t]/.test(short)) return block`${short}`;
  return short.split(/\s+/).map((word, index) => [index === 0 ? "" : " ", linked.test(word) ? value(word) : word]);
}

function size(text: string): number {
  return Buffer.byteLength(text);
}
