import { compare } from "../../components/kit/stable.ts";
import { cloudResources } from "../cloud.ts";
import type { FieldChange } from "../compare/fields.ts";
import type { Plan } from "../plan.ts";
import { wrapWords } from "../wrap.ts";
import { briefRows, isFor, isSpan, plainText, shownColumns, weightOf } from "./document.ts";
import type { Block, Document, Inline, Table, Weight } from "./document.ts";
import { visible } from "./markup.ts";

/** How a line is marked: by colour on a terminal, not at all in a file. */
export type Style = Readonly<Record<"strong" | "dim" | "bad" | "warn" | "good", (text: string) => string>>;

/** Marks nothing. */
export const unmarked: Style = {
  strong: (text) => text,
  dim: (text) => text,
  bad: (text) => text,
  warn: (text) => text,
  good: (text) => text,
};

/** Fields of one change that are listed; the page has all of them. */
const shownFields = 12;

/**
 * A report for a terminal. What matters most comes last: it is next to the prompt.
 * @param width columns; sentences are wrapped, and rows that are longer are cut with `…`. Infinity does neither
 */
export function terminalText(report: Document, style: Style, width: number): string {
  const { stack, domain, context, base, verdicts, figures, sections } = report;
  const out = new Lines(style, width);
  out.line(
    `Stack ${stack}: ${domain}, context ${context}${base === undefined ? "" : `, compared with ${base}`}`,
    "strong",
  );
  const numbers = figures.map(
    ({ name, value, remark }) => `${name} ${value}${remark === undefined ? "" : ` (${remark})`}`,
  );
  out.sentence(numbers.join(" · "), "", "dim");
  const shown = sections.filter(({ inventory }) => inventory !== true || base === undefined);
  for (const { blocks } of shown.toReversed()) for (const block of blocks) writeBlock(block, out);
  out.line("");
  for (const { weight, text } of verdicts.toReversed()) out.sentence(text, "", markOf(weight));
  return out.text();
}

/** The rows of a table one below the other, each cell after its column's title: for few columns with long texts. */
export function recordsText({ columns, groups }: Table, style: Style): string {
  const out = new Lines(style, Infinity);
  const width = Math.max(...columns.map(({ title }) => title.length));
  for (const [name, ...cells] of groups.flatMap(({ rows }) => rows)) {
    out.line(plainText(name), "strong");
    cells.forEach((cell, index) => {
      const title = columns[index + 1]?.title ?? "";
      linesOf(cell).forEach((text, at) => out.line(`  ${(at === 0 ? title : "").padEnd(width)}  ${text}`));
    });
  }
  return out.text();
}

/** What a line is marked as. */
type Mark = keyof Style | undefined;

class Lines {
  private readonly lines: string[] = [];
  private readonly style: Style;
  private readonly width: number;

  constructor(style: Style, width: number) {
    this.style = style;
    this.width = width;
  }

  /** A line that is cut where it is too long: first cut, then marked, since a mark has no width. */
  line(text: string, mark?: Mark): void {
    const seen = visible(text).replaceAll("\n", "⏎");
    this.mark(seen.length <= this.width ? seen : `${seen.slice(0, this.width - 1)}…`, mark);
  }

  /** A text that goes on in further lines. */
  sentence(text: string, indent: string, mark?: Mark): void {
    for (const line of wrapWords(visible(text), this.width, indent)) this.line(line, mark);
  }

  text(): string {
    return this.lines.join("\n");
  }

  private mark(text: string, mark: Mark): void {
    this.lines.push(mark === undefined || text === "" ? text : this.style[mark](text));
  }
}

function writeBlock(block: Block, out: Lines): void {
  if (!isFor(block, "terminal")) return;
  switch (block.kind) {
    case "table":
      return writeTable(block, out);
    case "paragraph":
      return out.sentence(plainText(block.text), "  ");
    case "list":
      return block.items.forEach((item) => out.sentence(plainText(item), "  "));
    case "objects":
      return writeTree(block.plan, out);
    case "picture":
      return;
  }
}

function writeTable(table: Table, out: Lines): void {
  const columns = shownColumns(table, "terminal");
  const inRow = columns.filter(({ place }) => place === undefined);
  const heading = columns.find(({ place }) => place === "heading");
  const below = columns.filter(({ place }) => place === "below");
  const rows = briefRows(table);
  const shown = rows.slice(0, table.most);
  // A status comes first, and is short.
  const texts = shown.map((row) => {
    const cells = inRow.map(({ index }) => row[index]);
    return [...cells.filter(isStatus), ...cells.filter((cell) => !isStatus(cell))].map(cellText);
  });
  // Rows with sentences below them need no titles above.
  const titles = below.length > 0 ? [] : [inRow.map(({ title }) => title.toUpperCase())];
  const indent = heading === undefined ? "  " : "    ";
  const figures = inRow.map((column) => column.figures === true && below.length === 0);
  const [head, ...aligned] = alignedCells([...(titles.length === 0 ? [[]] : titles), ...texts], figures);
  out.line("");
  out.line(plainText(table.caption), "strong");
  if (titles.length > 0) out.line(`${indent}${head}`, "dim");
  let above: string | undefined;
  shown.forEach((row, index) => {
    const title = heading === undefined ? undefined : plainText(row[heading.index]);
    if (title !== above) out.line(`  ${title}`, "strong");
    above = title;
    out.line(`${indent}${aligned[index]}`, markOf(weightOf(row)));
    for (const column of below) writeBelow(row[column.index], `${indent}    `, out);
  });
  if (rows.length > shown.length) out.line(`  and ${rows.length - shown.length} more on the page`, "dim");
}

function writeBelow(cell: Inline | undefined, indent: string, out: Lines): void {
  for (const item of isSpan(cell) && cell.kind === "lines" ? cell.items : [cell]) {
    if (isSpan(item) && item.kind === "fields") {
      for (const field of item.changes.slice(0, shownFields)) out.line(`${indent}${fieldText(field)}`);
      const rest = item.changes.length - shownFields;
      if (rest > 0) out.line(`${indent}and ${rest} more fields`, "dim");
    } else if (plainText(item) !== "") out.sentence(plainText(item), indent);
  }
}

function fieldText({ path, old, new: fresh }: FieldChange): string {
  return old === undefined && fresh === undefined ? path : `${path}: ${old ?? "none"} → ${fresh ?? "none"}`;
}

function linesOf(cell: Inline | undefined): string[] {
  return isSpan(cell) && cell.kind === "lines" ? cell.items.map((item) => plainText(item)) : [plainText(cell)];
}

/** A cell in a row, in which what is not there leaves a gap only where others have something. */
function cellText(cell: Inline | undefined): string {
  return isSpan(cell) && cell.kind === "none" ? "" : plainText(cell);
}

function isStatus(cell: Inline | undefined): boolean {
  return isSpan(cell) && cell.kind === "status";
}

function markOf(weight: Weight | undefined): Mark {
  return weight === "plain" ? undefined : weight;
}

/** Rows whose cells are below each other. */
function alignedCells(rows: readonly (readonly string[])[], figures: readonly boolean[]): string[] {
  const count = Math.max(0, ...rows.map(({ length }) => length));
  const widths = Array.from({ length: count }, (_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        figures[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** Each component with what it makes: charts, and objects by kind and namespace. */
function writeTree(plan: Plan, out: Lines): void {
  const cloud = cloudResources(plan.resources);
  const all = [...plan.objects, ...plan.releases, ...cloud];
  const names = [...new Set(all.map(({ component }) => component))].sort(compare);
  const objects = Map.groupBy([...plan.objects, ...cloud], ({ component }) => component);
  out.line("");
  names.forEach((name, index) => {
    const last = index === names.length - 1;
    const children = [...releaseLines(plan, name), ...objectLines(objects.get(name) ?? [])];
    out.line(`${last ? "└─" : "├─"} ${name}`, "strong");
    children.forEach((line, at) =>
      out.line(`${last ? "  " : "│ "} ${at === children.length - 1 ? "└─" : "├─"} ${line}`),
    );
  });
}

function releaseLines({ releases, rendered }: Plan, component: string): string[] {
  return releases
    .filter((release) => release.component === component)
    .map(({ chart, version, namespace, name }) => {
      const count = rendered.filter(({ release }) => release === `${namespace}/${name}`).length;
      return `chart ${chart} ${version} as ${namespace}/${name}${count === 0 ? "" : `: ${count} objects`}`;
    });
}

function objectLines(
  objects: readonly { readonly kind: string; readonly namespace?: string; readonly name: string }[],
): string[] {
  const byKind = Map.groupBy(objects, ({ kind }) => kind);
  return [...byKind]
    .sort(([a], [b]) => compare(a, b))
    .map(([kind, members]) => {
      const names = members.map(({ namespace, name }) => (namespace === undefined ? name : `${namespace}/${name}`));
      return names.length === 1 ? `${kind} ${names[0]}` : `${names.length} ${kind}: ${names.join(", ")}`;
    });
}
