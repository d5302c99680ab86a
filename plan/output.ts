import { checks } from "./checks/checks.ts";
import { proofOf } from "./checks/proof.ts";
import { staleAllowances } from "./compare/losses.ts";
import { comparisonText, parityText } from "./compare/text.ts";
import type { ComparisonStyle } from "./compare/text.ts";
import { formatMoney } from "./cost.ts";
import { planFiles } from "./files.ts";
import { planPage } from "./report/html.ts";
import { planMarkdown } from "./report/markdown.ts";
import { extrasOf } from "./review.ts";
import type { Review } from "./review.ts";
import { planTree } from "./tree.ts";

/** Findings that the terminal lists; the page and the JSON have all of them. */
const shownFindings = 15;

/** Everything that a reviewed plan writes, by path within its folder. */
export async function reviewFiles(review: Review): Promise<Map<string, string>> {
  const { plan } = review;
  const extras = extrasOf(review, new Map(checks.map(({ id, fix }) => [id, fix])));
  const files = planFiles(plan);
  files.set("plan.html", await planPage(plan, extras));
  files.set("plan.md", planMarkdown(plan, extras));
  files.set("proof.json", `${JSON.stringify(proofOf(review.checks, plan), undefined, 1)}\n`);
  return files;
}

/** A reviewed plan for a terminal: what is compared where something is, else the whole plan; then what checks found. */
export function reviewText(review: Review, style: ComparisonStyle, width: number): string {
  const { plan, comparison, parity, losses, against, cost } = review;
  const main =
    parity !== undefined
      ? parityText(parity, style, width)
      : comparison !== undefined
        ? comparisonText(comparison, losses, style, width)
        : planTree(plan, style, width);
  const parts = [
    ...(against?.note === undefined ? [] : [style.warn(against.note)]),
    main,
    ...(cost === undefined ? [] : [`Cost by the month: ${formatMoney(cost.total.total, cost.currency)}`]),
    ...(comparison === undefined ? [] : staleAllowances(losses, plan.settings.allowDataLoss)).map((name) =>
      style.warn(`allowDataLoss names ${name}, which this change does not touch: take it out`),
    ),
    checkLines(review, style, width).join("\n"),
  ];
  return parts.join("\n\n");
}

function checkLines({ checks: report }: Review, style: ComparisonStyle, width: number): string[] {
  const fit = (text: string) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
  const { error, warning } = report.totals;
  const examined = report.results.reduce((sum, result) => sum + result.examined, 0);
  const found = report.results
    .filter(({ severity }) => severity !== "info")
    .flatMap(({ id, severity, findings }) =>
      findings.map(({ object, container, message }) => ({
        severity,
        text: `  ${id} ${object}${container === undefined ? "" : ` container ${container}`}: ${message}`,
      })),
    )
    .sort((a, b) => Number(a.severity !== "error") - Number(b.severity !== "error"));
  const accepted = report.results.reduce((sum, { exempted }) => sum + exempted.length, 0);
  const title = `${report.results.length} checks of ${examined} things: ${error} errors, ${warning} warnings, ${accepted} accepted`;
  return [
    fit(error > 0 ? style.bad(title) : warning > 0 ? style.warn(title) : style.dim(title)),
    ...found
      .slice(0, shownFindings)
      .map(({ severity, text }) => (severity === "error" ? style.bad : style.warn)(fit(text))),
    ...(found.length > shownFindings ? [style.dim(`  and ${found.length - shownFindings} more on the page`)] : []),
    ...(found.length > 0
      ? [style.dim(fit("  Why, and how to mend or accept one: npm run plan -- --explain GP…"))]
      : []),
  ];
}
