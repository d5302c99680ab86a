import type { FieldChange } from "../compare/fields.ts";
import type { Plan } from "../plan.ts";
import type { Graph } from "./picture.ts";

// A report is one document, made once from a plan and everything held against it. Three writers give it a form: a terminal's
// text, Markdown for a pull request, and a page.

/** Who writes a document. */
export type Writer = "terminal" | "comment" | "page";

/** How much a statement matters: writers show it by a colour or a symbol. */
export type Weight = "bad" | "warn" | "good" | "plain";

/** A part of a text or a cell. A plain text is a sentence that may hold any name. */
export type Inline = string | Span | readonly Inline[];

export type Span =
  /** A name, a path or a command, as a machine reads it. */
  | { readonly kind: "code"; readonly text: string }
  /** An object by `Kind namespace/name`, and the text that leads to it. */
  | { readonly kind: "object"; readonly name: string; readonly text: string }
  /** A word with its weight. A terminal writes the sign, if there is one. */
  | { readonly kind: "status"; readonly text: string; readonly weight: Weight; readonly sign?: string }
  /** What matters less than the text around it. */
  | { readonly kind: "muted"; readonly text: string }
  | { readonly kind: "lines"; readonly items: readonly Inline[] }
  /** The fields of a change: a writer lists as many as it has room for, and counts the rest. */
  | { readonly kind: "fields"; readonly changes: readonly FieldChange[] }
  | { readonly kind: "none" };

export interface Column {
  readonly title: string;
  /** Numbers, aligned on the right. */
  readonly figures?: true;
  /** On a terminal: `heading` stands above the rows that share it, `below` on lines of its own after the row. */
  readonly place?: "heading" | "below";
  /** Default: all writers. */
  readonly for?: readonly Writer[];
}

/** Cells in the order of the columns; the first names the row. */
export type Row = readonly Inline[];

/** Rows that belong together. Where they have a sum, a terminal and a comment write only the sum. */
export interface Group {
  readonly rows: readonly Row[];
  readonly sum?: Row;
}

export interface Table {
  readonly kind: "table";
  /** Unique in the document. */
  readonly id: string;
  readonly caption: Inline;
  readonly columns: readonly Column[];
  readonly groups: readonly Group[];
  readonly total?: Row;
  /** Rows that a terminal lists; the rest is counted. Default: all. */
  readonly most?: number;
  /** What a reader has to decide on: a comment shows it unfolded. */
  readonly open?: boolean;
  readonly folded?: true;
  readonly for?: readonly Writer[];
}

export type Block =
  | Table
  | { readonly kind: "paragraph"; readonly text: Inline }
  | { readonly kind: "list"; readonly items: readonly Inline[] }
  | { readonly kind: "picture"; readonly graph: Graph }
  /** Every object: a terminal writes their names as a tree, a page their manifests. */
  | { readonly kind: "objects"; readonly plan: Plan };

export interface Section {
  readonly id: string;
  readonly title: string;
  /** Lists what the stack consists of: a terminal leaves it out where the plan is compared with another. */
  readonly inventory?: true;
  readonly blocks: readonly Block[];
}

/** A statement that a reader has to see first. */
export interface Verdict {
  readonly weight: Weight;
  readonly text: string;
  /** Id of the section with the details. */
  readonly section?: string;
}

/** A number with what it counts, and a remark. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly remark?: string;
}

export interface Document {
  readonly stack: string;
  readonly domain: string;
  readonly context: string;
  /** What the plan is compared with, if anything. */
  readonly base?: string;
  /** The worst first. */
  readonly verdicts: readonly Verdict[];
  readonly figures: readonly Figure[];
  readonly sections: readonly Section[];
}

export const none: Inline = { kind: "none" };

export function code(text: string): Inline {
  return { kind: "code", text };
}

export function object(name: string, text = name): Inline {
  return { kind: "object", name, text };
}

export function status(weight: Weight, text: string, sign?: string): Inline {
  return { kind: "status", weight, text, sign };
}

export function muted(text: string): Inline {
  return { kind: "muted", text };
}

export function lines(items: readonly Inline[]): Inline {
  return items.length === 1 ? (items[0] ?? "") : { kind: "lines", items };
}

/** A table whose rows are not grouped; nothing where it has no row. */
export function table(
  id: string,
  caption: Inline,
  columns: readonly (string | Column)[],
  rows: readonly Row[],
  more: Partial<Table> = {},
): Table[] {
  const titled = columns.map((column) => (typeof column === "string" ? { title: column } : column));
  return rows.length === 0 ? [] : [{ kind: "table", id, caption, columns: titled, groups: [{ rows }], ...more }];
}

/** The columns that a writer shows: its own, without those that are empty in each row. The numbers are their places. */
export function shownColumns(table: Table, writer: Writer): (Column & { index: number })[] {
  const { columns, groups, total = [] } = table;
  const rows: Row[] = [...groups.flatMap((group) => [...group.rows, group.sum ?? []]), total];
  return columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ for: writers, index }) => {
      const own = writers === undefined || writers.includes(writer);
      return own && rows.some((row) => !isNothing(row[index]));
    });
}

/** Whether a block is for a writer. */
export function isFor(block: Block, writer: Writer): boolean {
  return block.kind !== "table" || (block.for ?? [writer]).includes(writer);
}

/** The rows of a table for a writer with little room: sums in the place of the rows that they add up. */
export function briefRows({ groups, total }: Table): Row[] {
  return [
    ...groups.flatMap(({ rows, sum }) => (sum === undefined ? rows : [sum])),
    ...(total === undefined ? [] : [total]),
  ];
}

/** The greatest weight among the statuses of a row, if it has one. */
export function weightOf(row: Row): Weight | undefined {
  const weights = row.flatMap((cell) => (isSpan(cell) && cell.kind === "status" ? [cell.weight] : []));
  return (["bad", "warn", "good", "plain"] as const).find((weight) => weights.includes(weight));
}

/** An inline without any form; lines follow each other after `between`. */
export function plainText(inline: Inline | undefined, between = ", "): string {
  if (inline === undefined || typeof inline === "string") return inline ?? "";
  if (!isSpan(inline)) return inline.map((part) => plainText(part, between)).join("");
  switch (inline.kind) {
    case "none":
      return "none";
    case "lines":
      return inline.items.map((item) => plainText(item, between)).join(between);
    case "fields":
      return inline.changes.map(({ path }) => path).join(between);
    case "status":
      return inline.sign ?? inline.text;
    default:
      return inline.text;
  }
}

export function isSpan(inline: Inline | undefined): inline is Span {
  return typeof inline === "object" && "kind" in inline;
}

function isNothing(cell: Inline | undefined): boolean {
  return cell === undefined || cell === "" || (isSpan(cell) && cell.kind === "none");
}
