import { join } from "node:path";
import { anyAddress } from "../components/kit/environment.ts";
import { proofOf } from "./checks/proof.ts";
import { without } from "./compare/plain.ts";
import { planFiles, savedPlan } from "./files.ts";
import type { Document } from "./report/document.ts";
import { pageText } from "./report/html.ts";
import { commentText } from "./report/markdown.ts";
import { reportOf } from "./report/report.ts";
import type { Plan } from "./plan.ts";
import type { Review } from "./review.ts";

/** The plan as `plan.json`, and with it what it is compared with: changes without the objects, consequences, losses of data. */
export function reviewJson({ plan, comparison, losses, parity }: Review): string {
  const compared = comparison && {
    ...comparison,
    changes: comparison.changes.map((change) => without(change, "old", "fresh")),
    losses: losses.map((loss) => ({ ...loss })),
  };
  return `${JSON.stringify({ ...savedPlan(plan), comparison: compared, parity }, undefined, 1)}\n`;
}

/** Everything that a reviewed plan writes, by path within its folder. @param report default: made here */
export async function reviewFiles(review: Review, report: Document = reportOf(review)): Promise<Map<string, string>> {
  const files = planFiles(review.plan);
  files.set("plan.html", await pageText(report));
  files.set("plan.md", commentText(report));
  for (const [name, text] of await hostFiles(review.plan)) files.set(join("hosts", name), text);
  files.set("proof.json", `${JSON.stringify(proofOf(review.checks, review.plan), undefined, 1)}\n`);
  return files;
}

/**
 * The scripts for the hosts of a stack, by name. A storage host exports to the nodes' address ranges in the settings; where these are
 * every address, the script requires the ranges as its argument.
 */
async function hostFiles(plan: Plan): Promise<ReadonlyMap<string, string>> {
  const [{ scriptsFor }, { needsOf }] = await Promise.all([
    import("./doctor/host-scripts.ts"),
    import("./doctor/needs.ts"),
  ]);
  const ranges = plan.settings.cluster.nodeCidrs;
  const isWorld = ranges.some((range) => anyAddress.includes(range));
  return scriptsFor(needsOf(plan), isWorld ? undefined : ranges.join(" "));
}
