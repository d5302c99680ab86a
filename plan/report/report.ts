import type { Reviewed } from "../review.ts";
import { costSection } from "./cost.ts";
import type { Document, Section } from "./document.ts";
import { checkSection, problemSection } from "./findings.ts";
import { graphOf } from "./graph.ts";
import {
  backupSection,
  chartSection,
  connectionTable,
  hostSection,
  resourceSection,
  secretSection,
  serviceSection,
} from "./inventory.ts";
import { figures, verdicts } from "./overview.ts";
import { recordSection } from "./records.ts";
import { changeSection, lossSection, paritySection } from "./review.ts";

/** A plan with everything held against it, as the document that a terminal, a comment and a page write. */
export function reportOf(review: Reviewed): Document {
  const { plan, against, comparison, losses = [], parity, checks, cost, costDifference } = review;
  const base = against?.name ?? comparison?.base.stack ?? parity?.base;
  const sections: readonly (Section | undefined)[] = [
    lossSection(losses),
    comparison && changeSection(comparison, base ?? ""),
    parity && paritySection(parity),
    {
      id: "architecture",
      title: "Architecture",
      inventory: true,
      blocks: [{ kind: "picture", graph: graphOf(plan) }, ...connectionTable(plan)],
    },
    checks && checkSection(checks),
    problemSection(plan.problems),
    hostSection(plan),
    recordSection(plan),
    serviceSection(plan),
    backupSection(plan),
    resourceSection(plan),
    cost && costSection(cost, costDifference),
    secretSection(plan),
    chartSection(plan),
    { id: "objects", title: "Objects", inventory: true, blocks: [{ kind: "objects", plan }] },
  ];
  return {
    stack: plan.stack,
    domain: plan.domain,
    context: plan.context,
    base,
    verdicts: verdicts(review),
    figures: figures(review),
    sections: sections.filter((section) => section !== undefined).filter(({ blocks }) => blocks.length > 0),
  };
}
