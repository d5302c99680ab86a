import { escapeHtml, Markup, template } from "./markup.ts";
import type { Part } from "./markup.ts";
import { shortened } from "./text-size.ts";

/** The most characters of a value: one that is longer says no more to who reads a comment. */
const longestValue = 160;

/**
 * HTML for a comment on GitHub. It stands in blocks that start with a tag and hold no empty line: in them nothing is read as
 * Markdown (CommonMark 0.31, 4.6, start condition 6). So a value must not bring along a line of its own.
 */
export const block = template((text) =>
  escapeHtml(text.replace(/\r\n?|\n/g, "⏎").replaceAll("\t", " ")).replace(
    /[@`|]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  ),
);

/** A value as code: GitHub makes no mention, reference or link of what stands in code. */
export function value(text: string): Markup {
  return block`<code>${shortened(text, longestValue)}</code>`;
}

// What GitHub links by itself: mentions, issues, commits and addresses (GitHub Docs, "Autolinked references and URLs").
// Marks of Markdown are no danger within a block of HTML; they stand as code in case a reader is not as strict.
const linked = /[@#`|[\]]|\/\/|www\.|GH-\d|[0-9a-f]{7,}/i;

/** A sentence that may hold any name: words of which GitHub would make a link stand as code. */
export function sentence(text: string): Part {
  const words = shortened(text, 2 * longestValue).split(/\s+/);
  return words.map((word, index) => [index === 0 ? "" : " ", linked.test(word) ? value(word) : word]);
}

/** A part of a comment that is folded, or cut where the comment would be too long. */
export interface Fold {
  readonly title: string;
  /** What follows the title, such as what is compared. */
  readonly about?: Part;
  readonly open?: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Part[])[];
}

/** Bytes that the line about what was left out may take, and the frame of a fold without its rows. */
const reserved = 1000;
const frame = 400;

/**
 * A comment of at most `most` bytes: the head whole, then the folds as far as there is room, then what is only for looking at.
 * What does not fit is counted at the end.
 */
export function comment(
  head: readonly Markup[],
  folds: readonly Fold[],
  pictures: readonly string[],
  most: number,
): string {
  const blocks = head.map(({ text }) => text.trim());
  let room = most - reserved - size(blocks.join("\n\n"));
  const left: string[] = [];
  for (const fold of folds) {
    const rows = fold.rows.map((cells) => block`<tr>${cells.map((cell) => block`<td>${cell}</td>`)}</tr>`.text);
    room -= frame + fold.columns.reduce((sum, column) => sum + size(column) + 10, 0);
    let shown = 0;
    for (const row of rows) {
      if (room < size(row) + 1) break;
      room -= size(row) + 1;
      shown++;
    }
    if (shown < rows.length) left.push(`${rows.length - shown} of ${rows.length} rows of “${fold.title}”`);
    if (shown > 0) blocks.push(folded(fold, rows.slice(0, shown)));
    else room += frame;
  }
  for (const picture of pictures) {
    if (room < size(picture) + 2) continue;
    room -= size(picture) + 2;
    blocks.push(picture);
  }
  const line = block`<p>⚠️ Left out, since a comment has to be short: ${left.join("; ")}. The plan's page has everything.</p>`;
  return `${[...blocks, ...(left.length === 0 ? [] : [line.text])].join("\n\n")}\n`;
}

function folded({ title, about, open, columns, rows: all }: Fold, rows: readonly string[]): string {
  const head = block`<details${open === true && new Markup(" open")}><summary>${title}${about} (${all.length})</summary>
<table>
<tr>${columns.map((column) => block`<th align="left">${column}</th>`)}</tr>`.text;
  return `${head}\n${rows.join("\n")}\n</table>\n</details>`;
}

function size(text: string): number {
  return Buffer.byteLength(text);
}
