import { boxLines, emptyLines, longest, sizes } from "./layout.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";
import type { Area, Graph, Layout, PlacedLink } from "./picture.ts";
import { shortened } from "./text-size.ts";

/** Radius of the corners of lines, in pixels. */
const bend = 6;

/** What stands for a box or a group in the attributes of lines: names may hold anything. */
type NumberOf = (id: string) => number;

/** A laid-out graph as SVG. Colours come from the page's style sheet, so that it follows the reader's light or dark. */
export function diagram({ width, height, groups, boxes, links }: Layout, title: string): Markup {
  const graph = {
    groups: groups.map(({ group }) => group),
    boxes: boxes.map(({ box }) => box),
    links: links.map(({ link }) => link),
  };
  const numbers = new Map([...graph.groups, ...graph.boxes].map(({ id }, index) => [id, index]));
  const number: NumberOf = (id) => numbers.get(id) ?? 0;
  const inGroup = (place: Area) => groups.some(({ area }) => within(place, area));
  return markup`<svg class="diagram" role="img" aria-labelledby="diagram-title diagram-text" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xmlns="http://www.w3.org/2000/svg">
<title id="diagram-title">${title}</title>
<desc id="diagram-text">${description(graph)}</desc>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="arrow" d="M0 0.5 8 4 0 7.5z"/></marker></defs>
${groups.map((placed) => drawnGroup(placed, number))}${links.map((placed) => drawnLine(placed, number))}${boxes.map((placed) => drawnBox(placed, number))}${links.map((placed) => drawnLabel(placed, number, inGroup))}</svg>`;
}

/** What the picture shows, in one sentence for who cannot see it; the table of connections tells the rest. */
function description({ groups, boxes, links }: Graph): string {
  const inside = boxes.filter(({ group }) => group !== undefined).length;
  const namespaces = groups.map(({ title }) => title).join(", ");
  return `Namespaces with their pods, and who connects to whom: ${groups.length} groups (${namespaces}), ${inside} sets of pods, ${links.length} lines. The table of connections below says the same in words.`;
}

function drawnGroup({ group, area, empty }: Layout["groups"][number], number: NumberOf): Markup {
  const title = shortened(group.title, longest.title);
  return markup`<g class="group" data-node="${number(group.id)}"><rect ${rect(area)} rx="10"/><text class="heading" x="${area.x + 14}" y="${area.y + 22}">${title}</text>${empty && lines(area, emptyLines(group), 14)}</g>
`;
}

function drawnBox({ box, area }: Layout["boxes"][number], number: NumberOf): Markup {
  const { id, kind, group, title } = box;
  const inside = group !== undefined && markup` data-in="${number(group)}"`;
  return markup`<g class="box ${kind}" data-node="${number(id)}"${inside}><title>${title}</title><rect ${rect(area)} rx="6"/><text class="name" x="${area.x + sizes.padding}" y="${area.y + 23}">${shortened(title, longest.title)}</text>${lines(area, boxLines(box), sizes.padding)}</g>
`;
}

function drawnLine(placed: PlacedLink, number: NumberOf): Markup {
  return markup`<g class="link ${placed.link.kind}" ${ends(placed, number)}><path d="${path(placed)}" marker-end="url(#arrow)"/></g>
`;
}

function drawnLabel(placed: PlacedLink, number: NumberOf, inGroup: (place: Area) => boolean): Markup | false {
  const { label } = placed;
  if (label === undefined) return false;
  const middle = label.x + label.width / 2;
  const texts = label.lines.map((line, index) => {
    const kind = index === label.lines.length - 1 ? "ports" : "purpose";
    return markup`<text class="${kind}" x="${middle}" y="${label.y + 12 + index * sizes.labelHeight}">${line}</text>`;
  });
  return markup`<g class="label${inGroup(label) && " inside"}" ${ends(placed, number)}><rect ${rect(label)} rx="3"/>${texts}</g>
`;
}

function ends({ link }: PlacedLink, number: NumberOf): Markup {
  return markup`data-from="${number(link.from)}" data-to="${number(link.to)}"`;
}

function lines({ x, y }: Area, texts: readonly string[], indent: number): Markup[] {
  return texts.map((text, index) => {
    const base = y + 23 + (index + 1) * sizes.lineHeight;
    return markup`<text class="line" x="${x + indent}" y="${base}">${text}</text>`;
  });
}

/** A line of straight parts with rounded corners. */
function path({ points }: PlacedLink): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${round(x)} ${round(y)}`;
      if (after === undefined) return `L${round(x)} ${round(y)}`;
      const near = toward({ x, y }, before);
      const far = toward({ x, y }, after);
      return `L${round(near.x)} ${round(near.y)}Q${round(x)} ${round(y)} ${round(far.x)} ${round(far.y)}`;
    })
    .join("");
}

/** The point on the way from a corner to its neighbour at which the rounding starts: at most half way. */
function toward(corner: { x: number; y: number }, next: { x: number; y: number }): { x: number; y: number } {
  const distance = Math.hypot(next.x - corner.x, next.y - corner.y);
  const part = distance === 0 ? 0 : Math.min(bend, distance / 2) / distance;
  return { x: corner.x + (next.x - corner.x) * part, y: corner.y + (next.y - corner.y) * part };
}

function within(inner: Area, outer: Area): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function rect({ x, y, width, height }: Area): Markup {
  return markup`x="${x}" y="${y}" width="${width}" height="${height}"`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
