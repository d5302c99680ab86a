import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../plan.ts";
import { diagram } from "./diagram.ts";
import { graphOf } from "./graph.ts";
import type { Extras } from "./inputs.ts";
import { chartTable, connectionTable, hostTable, resourceTable, secretTable, serviceTable } from "./inventory.ts";
import { layoutOf } from "./layout.ts";
import { Markup, markup } from "./markup.ts";
import { objectList } from "./objects.ts";
import { overview } from "./overview.ts";
import { changeTables, checkTables, costTable, lossTable, problemTable } from "./review.ts";
import { code } from "./tables.ts";

/** A part of the page, and its name in the list of parts. */
interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}

/** Boxes and groups above which no picture is drawn: nobody could read it, and its layout would take seconds. */
const mostDrawn = 150;

/**
 * The plan as one HTML page that needs nothing else: no network, no other file, and no script to be read. The same plan gives
 * the same bytes.
 */
export async function planPage(plan: Plan, extras: Extras = {}): Promise<string> {
  const objects = objectList(plan);
  const { comparison, losses, checks, cost, costDifference } = extras;
  const { ledger } = plan;
  const drawn = await architecture(plan);
  const sections: (Section | false)[] = [
    losses !== undefined &&
      losses.length > 0 && { id: "losses", title: "Data loss", content: lossTable(losses, objects.link) },
    comparison !== undefined && {
      id: "changes",
      title: "Changes",
      content: changeTables(comparison, extras.base ?? comparison.base.stack, objects.link),
    },
    { id: "architecture", title: "Architecture", content: drawn.content },
    checks !== undefined && { id: "checks", title: "Checks", content: checkTables(checks, objects.link) },
    plan.problems.length > 0 && { id: "problems", title: "Warnings", content: problemTable(plan.problems) },
    ledger.hosts.length > 0 && { id: "hosts", title: "Hosts", content: hostTable(plan, objects.link) },
    ledger.services.length > 0 && { id: "services", title: "Services", content: serviceTable(plan) },
    ledger.podGroups.length > 0 && { id: "resources", title: "Resources", content: resourceTable(plan) },
    cost !== undefined && { id: "cost", title: "Cost", content: costTable(cost, costDifference) },
    ledger.credentials.length > 0 && { id: "secrets", title: "Secrets", content: secretTable(plan, objects.link) },
    plan.releases.length > 0 && { id: "charts", title: "Charts", content: chartTable(plan) },
    { id: "objects", title: "Objects", content: objects.content },
  ];
  const style = `${asset("style.css")}${drawn.style}`;
  return page(
    plan,
    style,
    overview(plan, extras),
    sections.filter((section) => section !== false),
  ).text;
}

/** The picture shrinks to this part of its size before it scrolls: smaller text could not be read. */
const smallest = 0.78;

/** A section's content, and rules of its own for the style sheet, since the policy allows no style attributes. */
interface Drawn {
  readonly content: Markup;
  readonly style: string;
}

async function architecture(plan: Plan): Promise<Drawn> {
  const graph = graphOf(plan);
  const count = graph.boxes.length + graph.groups.length;
  if (count > mostDrawn)
    return {
      style: "",
      content: markup`<p class="muted">No picture: ${count} boxes are more than one could read. The table has every connection.</p>
${connectionTable(plan)}`,
    };
  const layout = await layoutOf(graph);
  const picture = diagram(layout, `Architecture of ${plan.stack}`);
  const content = markup`<div class="frame picture" role="region" aria-label="Picture of the architecture" tabindex="0">
${picture}
</div>
<ul class="legend">
<li class="l-pods">pods of this stack</li>
<li class="l-selected">pods that it does not make</li>
<li class="l-outer">outside of its namespaces</li>
<li class="l-serves">host with its certificate</li>
</ul>
${plan.ledger.edges.length > 0 && connectionTable(plan)}`;
  const { width } = layout;
  return {
    content,
    style: `\n.diagram {\n  min-width: ${Math.round(width * smallest)}px;\n  max-width: ${width}px;\n}\n`,
  };
}

function page(plan: Plan, style: string, head: Markup, sections: readonly Section[]): Markup {
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
<title>Plan of ${plan.stack}: Groundplan</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<p class="brand">Groundplan</p>
<h1>Plan of ${code(plan.stack)}</h1>
<p class="where">${plan.domain} <span class="muted">on the cluster of context</span> ${plan.context}</p>
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
<footer><p>Made from the settings alone, without a cluster. Secrets have no value here. What an engine compares with its state, <code>pulumi preview</code> shows.</p></footer>
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
