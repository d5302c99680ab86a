import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FieldChange } from "../compare/fields.ts";
import { diagram } from "./diagram.ts";
import { isFor, isSpan, plainText, shownColumns } from "./document.ts";
import type { Block, Column, Document, Inline, Row, Table } from "./document.ts";
import { cachedLayoutOf } from "./layout.ts";
import { Markup, markup } from "./markup.ts";
import type { Part } from "./markup.ts";
import { objectList } from "./objects.ts";
import type { ObjectLink } from "./objects.ts";
import type { Graph } from "./picture.ts";

/** Boxes and groups above which no picture is drawn: it could not be read, and its layout would take seconds. */
const mostDrawn = 150;

/** The picture shrinks to this part of its size before it scrolls: smaller text could not be read. */
const smallest = 0.78;

/** Rows above which a table scrolls in a frame of its own. */
const long = 25;

/** Fields of a change that are shown at once. */
const shownFields = 4;

/**
 * A report as one HTML page that needs nothing else: no network, no other file, and no script to be read. The same report gives
 * the same bytes.
 */
export async function pageText(report: Document): Promise<string> {
  const blocks = report.sections.flatMap((section) => section.blocks);
  const [graph] = blocks.flatMap((block) => (block.kind === "picture" ? [block.graph] : []));
  const [plan] = blocks.flatMap((block) => (block.kind === "objects" ? [block.plan] : []));
  const drawn = graph === undefined ? undefined : await picture(graph, report.stack);
  const listed = plan === undefined ? undefined : objectList(plan);
  const link: ObjectLink = (name, text) => listed?.link(name, text) ?? code(text ?? name);
  const written = (block: Block): Part => {
    switch (block.kind) {
      case "picture":
        return drawn?.content;
      case "objects":
        return listed?.content;
      case "table":
        return block.folded === true
          ? markup`<details class="fold"><summary>${cell(block.caption, link)}</summary>
${table(block, link)}</details>
`
          : table(block, link);
      case "paragraph":
        return markup`<p class="note">${cell(block.text, link)}</p>
`;
      case "list":
        return markup`<ul class="notes">${block.items.map((item) => markup`<li>${cell(item, link)}</li>`)}</ul>
`;
    }
  };
  const sections = report.sections.map(({ id, title, blocks: own }) => ({
    id,
    title,
    content: own.filter((block) => isFor(block, "page")).map(written),
  }));
  return page(report, `${asset("style.css")}${drawn?.style ?? ""}`, overview(report), sections).text;
}

/** The head of the page: what matters most, and the numbers. */
function overview({ verdicts, figures }: Document): Markup {
  return markup`<section id="overview" aria-labelledby="overview-title">
<h2 id="overview-title" class="unseen">Overview</h2>
${verdicts.map(
  ({
    weight,
    text,
    section,
  }) => markup`<p class="verdict ${weight}">${text}${section !== undefined && markup` <a href="#${section}">Details</a>`}</p>
`,
)}<dl class="figures">
${figures.map(
  ({
    name,
    value,
    remark,
  }) => markup`<div><dt>${name}</dt><dd>${value}${remark !== undefined && markup`<small>${remark}</small>`}</dd></div>
`,
)}</dl>
</section>
`;
}

/** A section's content, and rules of its own for the style sheet, since the policy allows no style attributes. */
interface Drawn {
  readonly content: Markup;
  readonly style: string;
}

async function picture(graph: Graph, stack: string): Promise<Drawn> {
  const count = graph.boxes.length + graph.groups.length;
  if (count > mostDrawn)
    return {
      style: "",
      content: markup`<p class="muted">No picture: ${count} boxes are too many to read. The table has every connection.</p>
`,
    };
  const layout = await cachedLayoutOf(graph);
  const { width } = layout;
  const content = markup`<div class="frame picture" role="region" aria-label="Picture of the architecture" tabindex="0">
${diagram(layout, `Architecture of ${stack}`)}
</div>
<ul class="legend">
<li class="l-pods">pods of this stack</li>
<li class="l-selected">pods that it does not create</li>
<li class="l-outer">outside of its namespaces</li>
<li class="l-serves">host with its certificate</li>
</ul>
`;
  return {
    content,
    style: `\n.diagram {\n  min-width: ${Math.round(width * smallest)}px;\n  max-width: ${width}px;\n}\n`,
  };
}

/**
 * A table in a frame that a keyboard can reach to scroll it. On a narrow screen each row becomes a card whose cells say what
 * they are; the roles keep it a table for screen readers, which else go by how it is displayed.
 */
function table(data: Table, link: ObjectLink): Markup {
  const { id, caption, groups, total } = data;
  const columns = shownColumns(data, "page");
  const count = groups.reduce((sum, { rows, sum: own }) => sum + rows.length + (own === undefined ? 0 : 1), 0);
  const written = (cells: Row, sum: boolean) => row(columns, cells, sum, link);
  return markup`<div class="frame${count > long && " long"}" role="region" aria-labelledby="${id}" tabindex="0">
<table role="table">
<caption id="${id}">${cell(caption, link)}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    ({ title, figures }) =>
      markup`<th scope="col" role="columnheader"${figures && markup` class="figure"`}>${title}</th>`,
  )}</tr></thead>
${groups.map(
  ({ rows, sum }) => markup`<tbody role="rowgroup">
${rows.map((cells) => written(cells, false))}${sum && written(sum, true)}</tbody>
`,
)}${
    total &&
    markup`<tfoot role="rowgroup">${written(total, true)}</tfoot>
`
  }</table>
</div>
`;
}

function row(columns: readonly (Column & { index: number })[], cells: Row, sum: boolean, link: ObjectLink): Markup {
  return markup`<tr role="row"${sum && markup` class="sum"`}>${columns.map(({ title, figures, index }, place) => {
    const figure = figures && markup` class="figure"`;
    const content = cell(cells[index], link);
    return place === 0
      ? markup`<th scope="row" role="rowheader"${figure}>${content}</th>`
      : markup`<td role="cell" data-label="${title}"${figure}>${content}</td>`;
  })}</tr>
`;
}

function cell(inline: Inline | undefined, link: ObjectLink): Part {
  if (inline === undefined || typeof inline === "string") return inline;
  if (!isSpan(inline)) return inline.map((part) => cell(part, link));
  switch (inline.kind) {
    case "code":
      return code(inline.text);
    case "object":
      return link(inline.name, inline.text);
    case "status":
      return markup`<span class="badge ${inline.weight}">${inline.text}</span>`;
    case "lines":
      return inline.items.map((item) => markup`<span class="line">${cell(item, link)}</span>`);
    case "fields":
      return fieldList(inline.changes);
    case "muted":
    case "none":
      return markup`<span class="muted">${plainText(inline)}</span>`;
  }
}

function fieldList(fields: readonly FieldChange[]): Markup {
  const item = ({ path, old, new: fresh }: FieldChange) => markup`<li>${code(path)}${sides(old, fresh)}</li>`;
  const rest = fields.slice(shownFields);
  const more = markup`<details><summary>${rest.length} more</summary><ul class="fields">${rest.map(item)}</ul></details>`;
  return markup`<ul class="fields">${fields.slice(0, shownFields).map(item)}</ul>${rest.length > 0 && more}`;
}

function sides(old: string | undefined, fresh: string | undefined): Part {
  if (old === undefined && fresh === undefined) return undefined;
  const nothing = markup`<span class="muted">none</span>`;
  return markup`: ${old === undefined ? nothing : markup`<del>${old}</del>`} → ${fresh === undefined ? nothing : markup`<ins>${fresh}</ins>`}`;
}

function code(text: string): Markup {
  return markup`<code>${text}</code>`;
}

function page(
  { stack, domain, context, base }: Document,
  style: string,
  head: Markup,
  sections: readonly { readonly id: string; readonly title: string; readonly content: Part }[],
): Markup {
  const script = asset("client.js");
  const policy = `default-src 'none'; img-src data:; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>Plan of ${stack}: Groundplan</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<p class="brand">Groundplan</p>
<h1>Plan of ${code(stack)}</h1>
<p class="where">${domain} <span class="muted">on the cluster of context</span> ${context}${base !== undefined && markup`<span class="muted">, compared with</span> ${code(base)}`}</p>
</header>
<div class="bar">
<nav aria-label="Parts of this page"><ul>
${sections.map(
  ({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>
`,
)}</ul></nav>
<form id="search" role="search" hidden>
<label for="query">Search</label>
<input id="query" type="search" autocomplete="off" spellcheck="false" placeholder="Search (press /)" aria-describedby="found">
<label class="check"><input id="deep" type="checkbox"> in manifests</label>
<output id="found" for="query"></output>
</form>
</div>
<main id="content" tabindex="-1">
${head}${sections.map(
    ({ id, title, content }) => markup`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}</section>
`,
  )}<p id="none" class="muted" hidden>Nothing in this plan matches.</p>
</main>
<footer><p>Made from the settings alone, without a cluster. Secrets have no value here. <code>pulumi preview</code> compares with the state of the stack.</p></footer>
<script>${new Markup(script)}</script>
</body>
</html>
`;
}

/** A file of this folder that goes into the page as it is. */
function asset(name: string): string {
  return readFileSync(join(import.meta.dirname, "page", name), "utf8");
}

/** The hash by which a policy allows an inline text (Content Security Policy Level 3, 6.7.3.3). */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
