import { at, records, textAt } from "../../components/kit/unknown.ts";
import { items } from "./items.ts";
import type { Risk } from "./loss.ts";
import type { SavedPlan } from "./schema.ts";

/** A release of midPoint: `4.10.4` is of the line 4.10. */
interface Version {
  readonly major: number;
  readonly minor: number;
}

/**
 * The lines with long-term support from which the next such line accepts an update, besides the line directly before it.
 *
 * midPoint 4.8, `UpgradeConstants.SUPPORTED_VERSIONS`: 4.4 and 4.7. Other lines accept only the one before (midPoint's release notes
 * of 4.9 and 4.11, "Upgrade From Other MidPoint Versions").
 */
const longTerm: ReadonlyMap<number, number> = new Map([[4, 8]]);

/**
 * Findings about another version of midPoint on the same database: a step that its vendor does not support, and a step back.
 * A version that the image's tag does not tell is not compared.
 */
export function midpointVersions(base: SavedPlan, head: SavedPlan): Risk[] {
  const fresh = versions(head);
  return [...versions(base)].flatMap(([place, was]) => {
    const is = fresh.get(place);
    return is === undefined ? [] : stepOf(`midPoint ${place}`, was, is);
  });
}

function stepOf(name: string, was: Version, is: Version): Risk[] {
  const [old, now] = [lineOf(was), lineOf(is)];
  if (old === now) return [];
  if (is.major < was.major || (is.major === was.major && is.minor < was.minor))
    return [
      {
        name,
        effect: "unreadable",
        reason: `${old} has changed the schema of the database, which ${now} cannot use`,
        remedy: `keep ${old}, or restore the database from before the update, and then start ${now} (docs/midpoint.md)`,
      },
    ];
  const path = was.major === is.major ? pathOf(was, is) : undefined;
  if (path?.length === 1)
    return [
      {
        name,
        effect: "kept",
        reason: `the first node of ${now} updates the schema of the database, which ${old} cannot use afterwards`,
        remedy: `first update to the latest release of ${old}, stop all nodes with midpoint.replicas: 0, and back up the database (docs/midpoint.md)`,
      },
    ];
  return [
    {
      name,
      effect: "impossible",
      reason: `its vendor does not support an update from ${old} to ${now} in one step`,
      remedy:
        path === undefined
          ? `update in the steps that the release notes of ${now} name`
          : `update in steps, each to the latest release of its line: ${[old, ...path].join(", ")} (docs/midpoint.md)`,
    },
  ];
}

/** The lines of each step from one version to a later one. */
function pathOf(was: Version, is: Version): string[] {
  const path: string[] = [];
  for (let { minor } = was; minor < is.minor;) {
    const far = longTerm.get(minor);
    minor = far !== undefined && far <= is.minor ? far : minor + 1;
    path.push(lineOf({ ...is, minor }));
  }
  return path;
}

function lineOf({ major, minor }: Version): string {
  return `${major}.${minor}`;
}

/** The versions of midPoint's nodes, by namespace and name of their StatefulSet. */
function versions(plan: SavedPlan): Map<string, Version> {
  const found = new Map<string, Version>();
  for (const { body, kind, name, namespace } of items(plan)) {
    if (kind !== "StatefulSet") continue;
    for (const container of records(at(body, "spec", "template", "spec", "containers"))) {
      const [, major, minor] =
        /(?:^|\/)evolveum\/midpoint:(\d+)\.(\d+)(?![\w])/.exec(textAt(container, "image") ?? "") ?? [];
      if (major !== undefined) found.set(`${namespace ?? ""}/${name}`, { major: Number(major), minor: Number(minor) });
    }
  }
  return found;
}
