import type { Link } from "./picture.ts";

/** Lines of one sort at one box up to which each is drawn, so that small pictures stay complete. */
const drawnAlone = 6;

/** What so many do alike that their lines would hide all others, and how a box says it instead. */
interface Sort {
  readonly holds: (link: Link) => boolean;
  /** The end whose box says it. */
  readonly end: "from" | "to";
  readonly say: (link: Link) => string;
}

/**
 * Takes out the lines of what nearly every pod does, asking the API server and answering Prometheus, where there are many, and
 * says it in the boxes at their other ends.
 * @param watchers boxes of Prometheus
 * @returns the lines that stay, and what the boxes and groups say, by their ids
 */
export function withoutSpokes(
  links: readonly Link[],
  watchers: ReadonlySet<string>,
): { readonly links: readonly Link[]; readonly said: ReadonlyMap<string, readonly string[]> } {
  const sorts: Sort[] = [
    {
      holds: ({ to }) => to === "apiServer",
      end: "from",
      say: ({ ports }) => `→ API server ${ports.join(", ")}`,
    },
    {
      holds: ({ from, purposes }) => watchers.has(from) && purposes.every((purpose) => /^metrics\b/.test(purpose)),
      end: "to",
      say: ({ ports }) => `metrics at ${ports.join(", ")}`,
    },
  ];
  const said = new Map<string, string[]>();
  let left = links;
  for (const { end, holds, say } of sorts) {
    const alike = left.filter(holds);
    if (alike.length <= drawnAlone) continue;
    for (const link of alike) said.set(link[end], [...(said.get(link[end]) ?? []), say(link)]);
    left = left.filter((link) => !holds(link));
  }
  return { links: left, said };
}
