import { createRequire } from "node:module";
import type { ELK as Elk, ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import { cached } from "../cache.ts";
import { linkLabel } from "./graph.ts";
import { connected, packed } from "./packing.ts";
import type { Area, Box, Graph, Group, Layout, Link, PlacedLink } from "./picture.ts";
import { shortened, textWidth, wrapped } from "./text-size.ts";

/** Sizes in pixels that the drawing uses as well. */
export const sizes = {
  title: 13,
  line: 12,
  label: 11,
  lineHeight: 17,
  labelHeight: 14,
  padding: 12,
  /** Height of a group's heading. */
  heading: 34,
} as const;

/** The most characters of a title or a line. */
export const longest = { title: 36, line: 38, label: 22 } as const;

const rootOptions = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.edgeCoords": "ROOT",
  "elk.json.shapeCoords": "ROOT",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  // Less than the default of 7 takes less time, and gives pictures that are no larger.
  "elk.layered.thoroughness": "3",
  // No compaction afterwards, although it would close gaps: every way to compact moves lines onto lines and into boxes.
  "elk.layered.spacing.nodeNodeBetweenLayers": "18",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
  "elk.spacing.nodeNode": "18",
  "elk.spacing.edgeNode": "18",
  "elk.spacing.edgeEdge": "12",
  "elk.spacing.edgeLabel": "2",
  "elk.layered.edgeLabels.sideSelection": "ALWAYS_UP",
  "elk.padding": "[top=8,left=8,bottom=8,right=8]",
};

const groupOptions = {
  "elk.padding": `[top=${sizes.heading + 6},left=14,bottom=14,right=14]`,
  "elk.spacing.nodeNode": "14",
};

const labelOptions = { "elk.edgeLabels.placement": "CENTER", "elk.edgeLabels.inline": "true" };

/**
 * Gives every part of a graph its place. The same graph always gets the same ones.
 * @param place where the places come from; default: the library, each time
 */
export async function layoutOf(graph: Graph, place = placed): Promise<Layout> {
  // Apart, since a line in one part would else push the boxes of another aside.
  const parts = connected(graph);
  const roots = await place(parts.map(elkGraph));
  return packed(parts.map((part, index) => layout(part, roots[index] ?? { id: "root" })));
}

/** As {@link layoutOf}, with places from the cache where the boxes and lines are those of an earlier plan. */
export async function cachedLayoutOf(graph: Graph): Promise<Layout> {
  return layoutOf(graph, (roots) => cached("layouts", [libraryVersion(), roots], () => placed(roots)));
}

/** Read as a file: an import of JSON prints a warning in Node 20. */
function libraryVersion(): string {
  return (createRequire(import.meta.url)("elkjs/package.json") as { version: string }).version;
}

async function placed(roots: readonly ElkNode[]): Promise<ElkNode[]> {
  // The library is 1.6 MB: it is loaded where a picture is drawn, and nowhere else.
  const { default: module } = await import("elkjs/lib/elk.bundled.js");
  const elk = new (module as unknown as new () => Elk)();
  const all: ElkNode[] = [];
  for (const root of roots) all.push(await elk.layout(root));
  return all;
}

/** The lines of a box below its title, as they are drawn. */
export function boxLines({ lines }: Box): string[] {
  return lines.map((line) => shortened(line, longest.line));
}

/** The lines of a group without boxes, as they are drawn. */
export function emptyLines({ lines }: Group): string[] {
  return lines.map((line) => shortened(line, longest.line));
}

function elkGraph({ boxes, groups, links }: Graph): ElkNode {
  const nodes = new Map<string | undefined, ElkNode[]>();
  for (const box of boxes) {
    const node = { id: box.id, ...size(shortened(box.title, longest.title), "mono", boxLines(box)) };
    nodes.set(box.group, [...(nodes.get(box.group) ?? []), node]);
  }
  const containers = groups.map((group): ElkNode => {
    const children = nodes.get(group.id);
    if (children === undefined)
      return { id: group.id, ...size(shortened(group.title, longest.title), "sans", emptyLines(group)) };
    return { id: group.id, children, layoutOptions: groupOptions };
  });
  return {
    id: "root",
    layoutOptions: rootOptions,
    children: [...containers, ...(nodes.get(undefined) ?? [])],
    edges: links.map((link): ElkExtendedEdge => ({
      id: link.id,
      sources: [link.from],
      targets: [link.to],
      labels:
        labelOf(link).length === 0
          ? []
          : [{ id: `label ${link.id}`, text: "label", layoutOptions: labelOptions, ...labelSize(labelOf(link)) }],
    })),
  };
}

function layout(graph: Graph, root: ElkNode): Layout {
  const nodes = new Map<string, ElkNode>();
  const collect = (node: ElkNode) => {
    nodes.set(node.id, node);
    node.children?.forEach(collect);
  };
  collect(root);
  const edges = new Map((root.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    ...extent(root),
    groups: graph.groups.map((group) => ({
      group,
      area: area(nodes.get(group.id)),
      empty: (nodes.get(group.id)?.children ?? []).length === 0,
    })),
    boxes: graph.boxes.map((box) => ({ box, area: area(nodes.get(box.id)) })),
    links: graph.links.map((link) => placedLink(link, edges.get(link.id))),
  };
}

function placedLink(link: Link, edge: ElkExtendedEdge | undefined): PlacedLink {
  const points = (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...withoutSteps(bendPoints),
    endPoint,
  ]);
  const label = edge?.labels?.[0];
  return { link, points, ...(label === undefined ? {} : { label: { ...area(label), lines: labelOf(link) } }) };
}

/** Corners without those of steps of less than two pixels, which would look like a mistake. */
function withoutSteps<Point extends { x: number; y: number }>(corners: readonly Point[]): Point[] {
  const tiny = (a: Point | undefined, b: Point | undefined) =>
    a !== undefined && b !== undefined && Math.abs(a.x - b.x) + Math.abs(a.y - b.y) < 2;
  return corners.filter((corner, index) => !tiny(corner, corners[index - 1]) && !tiny(corner, corners[index + 1]));
}

function labelOf(link: Link): string[] {
  const [purpose = "", ...ports] = linkLabel(link);
  return [...wrapped(purpose, longest.label), ...ports]
    .map((line) => shortened(line, longest.label))
    .filter((line) => line !== "");
}

function size(title: string, font: "sans" | "mono", lines: readonly string[]): { width: number; height: number } {
  const widths = [textWidth(title, sizes.title, font), ...lines.map((line) => textWidth(line, sizes.line, "sans"))];
  return {
    width: Math.ceil(Math.max(96, ...widths) + 2 * sizes.padding),
    height: (lines.length + 1) * sizes.lineHeight + 2 * sizes.padding - 4,
  };
}

function labelSize(lines: readonly string[]): { width: number; height: number } {
  return {
    width: Math.ceil(Math.max(...lines.map((line) => textWidth(line, sizes.label, "sans"))) + 8),
    height: lines.length * sizes.labelHeight + 4,
  };
}

function extent({ width = 0, height = 0 }: { width?: number; height?: number }) {
  return { width: Math.ceil(width), height: Math.ceil(height) };
}

function area(node: { x?: number; y?: number; width?: number; height?: number } | undefined): Area {
  const { x = 0, y = 0, width = 0, height = 0 } = node ?? {};
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}
