import { compare } from "../../components/kit/stable.ts";
import type { Area, Box, Graph, Group, Layout, Link, PlacedLink } from "./picture.ts";

/** The width in pixels that a picture keeps to where its parts allow it: a page on a laptop. */
const pageWidth = 1120;

/** Pixels between parts. */
const gap = 20;

/** The parts of a graph that no line connects. */
export function connected({ boxes, groups, links }: Graph): Graph[] {
  const owner = new Map(boxes.map(({ id, group }) => [id, group ?? id]));
  const neighbours = new Map<string, Set<string>>();
  for (const { from, to } of links) {
    const [a, b] = [owner.get(from) ?? from, owner.get(to) ?? to];
    neighbours.set(a, (neighbours.get(a) ?? new Set()).add(b));
    neighbours.set(b, (neighbours.get(b) ?? new Set()).add(a));
  }
  const partOf = new Map<string, string>();
  const roots = [...groups.map(({ id }) => id), ...boxes.flatMap(({ id, group }) => (group === undefined ? [id] : []))];
  for (const root of roots) {
    const open = [root];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (partOf.has(id)) continue;
      partOf.set(id, root);
      open.push(...(neighbours.get(id) ?? []));
    }
  }
  const part = (id: string) => partOf.get(owner.get(id) ?? id);
  return [...new Set(partOf.values())].map((root) => ({
    boxes: boxes.filter(({ id }: Box) => part(id) === root),
    groups: groups.filter(({ id }: Group) => part(id) === root),
    links: links.filter(({ from }: Link) => part(from) === root),
  }));
}

/** Layouts beside and below each other: the largest first, in rows as wide as a page. */
export function packed(parts: readonly Layout[]): Layout {
  const name = ({ groups, boxes }: Layout) => groups[0]?.group.id ?? boxes[0]?.box.id ?? "";
  const order = [...parts].sort((a, b) => b.width * b.height - a.width * a.height || compare(name(a), name(b)));
  const most = Math.max(pageWidth, ...order.map(({ width }) => width));
  const rows: { readonly y: number; width: number; height: number }[] = [];
  const placed = order.map((part) => {
    let row = rows.find(({ width, height }) => width + gap + part.width <= most && part.height <= height);
    if (row === undefined) {
      const last = rows.at(-1);
      row = { y: last === undefined ? 0 : last.y + last.height + gap, width: -gap, height: part.height };
      rows.push(row);
    }
    const x = row.width + gap;
    row.width = x + part.width;
    return moved(part, x, row.y);
  });
  const last = rows.at(-1);
  return {
    width: Math.max(0, ...rows.map(({ width }) => width)),
    height: last === undefined ? 0 : last.y + last.height,
    groups: placed.flatMap(({ groups }) => groups),
    boxes: placed.flatMap(({ boxes }) => boxes),
    links: placed.flatMap(({ links }) => links),
  };
}

function moved({ width, height, groups, boxes, links }: Layout, x: number, y: number): Layout {
  const shifted = (area: Area): Area => ({ ...area, x: area.x + x, y: area.y + y });
  return {
    width,
    height,
    groups: groups.map(({ group, area, empty }) => ({ group, area: shifted(area), empty })),
    boxes: boxes.map(({ box, area }) => ({ box, area: shifted(area) })),
    links: links.map(({ link, points, label }): PlacedLink => ({
      link,
      points: points.map((point) => ({ x: point.x + x, y: point.y + y })),
      ...(label === undefined ? {} : { label: { ...label, ...shifted(label) } }),
    })),
  };
}
