import { proofOf } from "./checks/proof.ts";
import { planFiles } from "./files.ts";
import type { Document } from "./report/document.ts";
import { pageText } from "./report/html.ts";
import { commentText } from "./report/markdown.ts";
import { reportOf } from "./report/report.ts";
import type { Review } from "./review.ts";

/** Everything that a reviewed plan writes, by path within its folder. @param report default: made here */
export async function reviewFiles(review: Review, report: Document = reportOf(review)): Promise<Map<string, string>> {
  const files = planFiles(review.plan);
  files.set("plan.html", await pageText(report));
  files.set("plan.md", commentText(report));
  files.set("proof.json", `${JSON.stringify(proofOf(review.checks, review.plan), undefined, 1)}\n`);
  return files;
}
