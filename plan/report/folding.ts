import { compare, stableJson } from "../../components/kit/stable.ts";
import type { Graph, Group, Link } from "./picture.ts";

/** Namespaces that look the same are drawn one by one up to this number, so that small pictures stay complete. */
const drawnAlone = 3;

/** A host and the group that it leads to. */
export interface PlacedHost {
  readonly host: string;
  readonly group?: string;
}

/**
 * The graph with namespaces that look the same drawn as one: those without pods of the stack's own, whose lines lead to the
 * same places by the same ports. A stack with four hundred databases would be a wall of four hundred boxes.
 */
export function folded(graph: Graph, hosts: readonly PlacedHost[]): Graph & { hosts: readonly PlacedHost[] } {
  const own = Map.groupBy(graph.boxes, ({ group }) => group);
  const boxesOf = ({ id }: Group) => [...(own.get(id) ?? [])].sort((a, b) => compare(a.title, b.title));
  const alike = Map.groupBy(candidates(graph), (group) => look(graph, hosts, group));
  const linked = new Set(graph.links.flatMap(({ from, to }) => [from, to]));
  const names = new Map<string, string>();
  const groups = new Map<string, Group>(graph.groups.map((group) => [group.id, group]));
  for (const members of alike.values()) {
    const [first] = members;
    const idle = first !== undefined && boxesOf(first).length === 0 && !linked.has(first.id);
    if (first === undefined || members.length <= (idle ? 1 : drawnAlone)) continue;
    for (const member of members) {
      names.set(member.id, first.id);
      boxesOf(member).forEach(({ id }, index) => names.set(id, boxesOf(first)[index]?.id ?? id));
      groups.delete(member.id);
    }
    groups.set(first.id, {
      id: first.id,
      title: `${members.length} namespaces`,
      lines: [...listed(members), ...first.lines],
    });
  }
  const renamed = (id: string) => names.get(id) ?? id;
  const links = Map.groupBy(graph.links, ({ from, to }) => stableJson([renamed(from), renamed(to)]));
  return {
    boxes: graph.boxes.filter(({ id }) => renamed(id) === id),
    groups: [...groups.values()],
    links: [...links].map(([id, members]) => merged(id, members, renamed)),
    hosts: hosts.map(({ host, group }) => ({
      host,
      ...(group === undefined ? {} : { group: names.get(group) ?? group }),
    })),
  };
}

/** Groups that hold no pods of the stack's own. */
function candidates({ boxes, groups }: Graph): Group[] {
  const busy = new Set(boxes.filter(({ kind }) => kind !== "selected").map(({ group }) => group));
  return groups.filter(({ id }) => !busy.has(id)).sort((a, b) => compare(a.title, b.title));
}

/** What a group looks like, apart from its name. */
function look({ boxes, links }: Graph, hosts: readonly PlacedHost[], { id, lines: said }: Group): string {
  const own = new Map(boxes.filter(({ group }) => group === id).map((box) => [box.id, box.title]));
  const local = (end: string) => (end === id ? "itself" : (own.get(end) ?? end));
  const lines = links
    .filter(({ from, to }) => [from, to].some((end) => end === id || own.has(end)))
    .map(({ from, to, ports }) => [local(from), local(to), ports]);
  return stableJson([
    [...own.values()].sort(compare),
    said,
    lines.map((line) => stableJson(line)).sort(compare),
    hosts.some(({ group }) => group === id),
  ]);
}

function merged(id: string, members: readonly Link[], renamed: (id: string) => string): Link {
  const [first] = members;
  if (first === undefined) throw new TypeError("no link to merge");
  const purposes = [...new Set(members.flatMap((link) => link.purposes))].sort(compare);
  // What is merged looks the same, ports included.
  return { ...first, id, from: renamed(first.from), to: renamed(first.to), purposes };
}

/** The first names of a list and its last, each on a line. */
function listed(members: readonly Group[]): string[] {
  const titles = members.map(({ title }) => title);
  return titles.length <= 5 ? titles : [...titles.slice(0, 3), "…", titles.at(-1) ?? ""];
}
