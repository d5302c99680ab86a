import { markup } from "./markup.ts";
import type { Markup, Part } from "./markup.ts";

/** A column of a table; figures stand right, so that their digits are below each other. */
export interface Column {
  readonly title: string;
  readonly figures?: boolean;
}

/** Rows that belong together, with their sum. */
export interface RowGroup {
  readonly rows: readonly (readonly Part[])[];
  readonly sum?: readonly Part[];
}

/** A table: its first column names the row. */
export interface Table {
  /** Unique in the page. */
  readonly id: string;
  /** What the table tells, read out before it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly groups: readonly RowGroup[];
  readonly total?: readonly Part[];
}

/** Rows above which a table scrolls in a frame of its own. */
const long = 25;

/**
 * A table in a frame that a keyboard can reach to scroll it. On a narrow screen each row becomes a card whose cells say what
 * they are; the roles keep it a table for screen readers, which else go by how it is displayed.
 */
export function table({ id, caption, columns, groups, total }: Table): Markup {
  const count = groups.reduce((sum, { rows, sum: own }) => sum + rows.length + (own === undefined ? 0 : 1), 0);
  return markup`<div class="frame${count > long && " long"}" role="region" aria-labelledby="${id}" tabindex="0">
<table role="table">
<caption id="${id}">${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    ({ title, figures }) =>
      markup`<th scope="col" role="columnheader"${figures && markup` class="figure"`}>${title}</th>`,
  )}</tr></thead>
${groups.map(
  ({ rows, sum }) => markup`<tbody role="rowgroup">
${rows.map((cells) => row(columns, cells, false))}${sum && row(columns, sum, true)}</tbody>
`,
)}${
    total &&
    markup`<tfoot role="rowgroup">${row(columns, total, true)}</tfoot>
`
  }</table>
</div>
`;
}

/** Text in the font of code. */
export function code(text: string): Markup {
  return markup`<code>${text}</code>`;
}

/** Parts on lines of their own within a cell. */
export function lines(parts: readonly Part[]): Part {
  return parts.length < 2 ? parts : parts.map((part) => markup`<span class="line">${part}</span>`);
}

/** A word whose colour says how much it matters; the word itself says the same. */
export function badge(kind: "bad" | "warn" | "good" | "plain", text: string): Markup {
  return markup`<span class="badge ${kind}">${text}</span>`;
}

/** What a cell shows where there is nothing to tell. */
export const nothing = markup`<span class="muted">none</span>`;

function row(columns: readonly Column[], cells: readonly Part[], sum: boolean): Markup {
  return markup`<tr role="row"${sum && markup` class="sum"`}>${cells.map((cell, index) => {
    const figure = columns[index]?.figures && markup` class="figure"`;
    return index === 0
      ? markup`<th scope="row" role="rowheader"${figure}>${cell}</th>`
      : markup`<td role="cell" data-label="${columns[index]?.title}"${figure}>${cell}</td>`;
  })}</tr>
`;
}
