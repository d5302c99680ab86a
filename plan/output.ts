import { proofOf } from "./checks/proof.ts";
import { without } from "./compare/plain.ts";
import { planFiles, savedPlan } from "./files.ts";
import type { Document } from "./report/document.ts";
import { pageText } from "./report/html.ts";
import { commentText } from "./report/markdown.ts";
import { reportOf } from "./report/report.ts";
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
  files.set("proof.json", `${JSON.stringify(proofOf(review.checks, review.plan), undefined, 1)}\n`);
  return files;
}
