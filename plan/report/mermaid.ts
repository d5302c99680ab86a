import { linkLabel } from "./graph.ts";
import type { Graph } from "./picture.ts";

/** Lines and boxes above which GitHub draws nothing, or nothing that one could read (Mermaid, `maxEdges`: 500). */
const most = 150;

/**
 * The architecture as a Mermaid flowchart, which GitHub draws in a comment.
 * @returns undefined where there is nothing to draw, or too much
 */
export function mermaid({ boxes, groups, links }: Graph): string | undefined {
  if (links.length === 0 || links.length + boxes.length + groups.length > most) return undefined;
  const ids = new Map([...groups, ...boxes].map(({ id }, index) => [id, `n${index}`]));
  const id = (of: string) => ids.get(of) ?? "";
  const box = (of: { id: string; title: string; lines: readonly string[] }) =>
    `${id(of.id)}["${[of.title, ...of.lines].map(plain).join("<br>")}"]`;
  const inside = Map.groupBy(boxes, ({ group }) => group);
  return [
    "flowchart LR",
    ...groups.flatMap((group) => {
      const members = inside.get(group.id);
      if (members === undefined) return [`  ${box(group)}`];
      return [
        `  subgraph ${id(group.id)}["${plain(group.title)}"]`,
        ...members.map((member) => `    ${box(member)}`),
        "  end",
      ];
    }),
    ...(inside.get(undefined) ?? []).map((member) => `  ${box(member)}`),
    ...links.map((link) => {
      const label = linkLabel(link).map(plain).join("<br>");
      if (link.kind === "serves") return `  ${id(link.from)} -.-> ${id(link.to)}`;
      return `  ${id(link.from)} -- "${label}" --> ${id(link.to)}`;
    }),
  ].join("\n");
}

/** Text without a character that Mermaid or Markdown could take for its own. */
function plain(text: string): string {
  return text.replaceAll("'", "’").replace(/[^\p{L}\p{N} ._:/×,+…↔’-]/gu, "_");
}
