import { formatBytes, formatCpu } from "../../components/kit/quantities.ts";
import { missingLine } from "../charts.ts";
import { summary } from "../compare/change.ts";
import type { Loss } from "../compare/loss.ts";
import { staleAllowances } from "../compare/losses.ts";
import { formatMoney, formatMoneyDifference } from "../cost/money.ts";
import type { Reviewed } from "../review.ts";
import type { Figure, Verdict, Weight } from "./document.ts";

/** What a reader has to know before anything else, the worst first. */
export function verdicts(review: Reviewed): Verdict[] {
  const { plan, against, comparison, losses = [], parity, checks, cost } = review;
  const lost = (status: Loss["status"]) => losses.filter((loss) => loss.status === status).length;
  const { error = 0, warning = 0 } = checks?.totals ?? {};
  const failures = comparison?.consequences.failures.length ?? 0;
  const missing = missingLine(plan.notRendered);
  const over =
    cost?.overBudget === true
      ? `${formatMoney(cost.total.total, cost.currency)} a month, the budget is ${formatMoney(cost.budget ?? 0, cost.currency)}`
      : undefined;
  const unpriced = cost?.basis === "aws" ? cost.notPriced.flatMap(({ names }) => names).length : 0;
  const stale = comparison === undefined ? [] : staleAllowances(losses, plan.settings.allowDataLoss);
  const all: [Weight, string | false | undefined, string?][] = [
    ["bad", lost("refused") > 0 && `Would lose data: ${counted(lost("refused"), "case")}`, "losses"],
    ["bad", failures > 0 && `up would fail: ${counted(failures, "change")} cannot be made`, "changes"],
    ["bad", over !== undefined && `Over budget: ${over}`, "cost"],
    ["bad", error > 0 && checkLine(review), "checks"],
    ["warn", against?.note],
    ["warn", lost("allowed") > 0 && `Loses data, as the settings allow: ${counted(lost("allowed"), "case")}`, "losses"],
    ["warn", error === 0 && warning > 0 && checkLine(review), "checks"],
    ["warn", plan.problems.length > 0 && `${counted(plan.problems.length, "warning")} about the settings`, "problems"],
    ["warn", missing !== undefined && `Charts ${missing}`],
    [
      "warn",
      unpriced > 0 &&
        `The cost is without ${counted(unpriced, "item")} that ${unpriced === 1 ? "has" : "have"} no price`,
      "cost",
    ],
    ...stale.map((name): [Weight, string] => [
      "warn",
      `allowDataLoss lists ${name}, which this change does not touch: remove it`,
    ]),
    ...(parity?.stale ?? []).map(({ object, path }): [Weight, string] => [
      "warn",
      `expectedDifferences lists ${object}${path === undefined ? "" : ` ${path}`}, which does not differ: remove it`,
    ]),
    ["plain", parity !== undefined && parityLine(parity), "parity"],
    ["good", comparison !== undefined && lost("refused") + lost("allowed") === 0 && "No data would be lost"],
    // What was not examined is not good.
    [missing === undefined ? "good" : "plain", error + warning === 0 && checkLine(review)],
  ];
  return all.flatMap(([weight, text, section]) => (typeof text === "string" ? [{ weight, text, section }] : []));
}

/** The plan in numbers. */
export function figures({ plan, comparison, cost, costDifference }: Reviewed): Figure[] {
  const { objects, rendered, releases, ledger, sums } = plan;
  const claims = Object.values(sums.claims).reduce((total, size) => total + size, 0);
  const rotated = ledger.credentials.filter(({ rotation }) => rotation > 1).length;
  const price = costDifference === undefined ? undefined : formatMoneyDifference(costDifference.total, cost?.currency);
  return [
    ...(comparison === undefined
      ? []
      : [
          {
            name: "Changes",
            value: String(comparison.changes.length),
            remark: comparison.changes.length === 0 ? undefined : summary(comparison.changes),
          },
        ]),
    {
      name: "Objects",
      value: String(objects.length),
      remark: rendered.length === 0 ? undefined : `and ${rendered.length} of charts`,
    },
    { name: "Charts", value: String(releases.length) },
    { name: "Pods", value: String(sums.pods) },
    { name: "CPU", value: formatCpu(sums.cpu), remark: "requested" },
    { name: "Memory", value: formatBytes(sums.memory), remark: "requested" },
    { name: "Storage", value: claims === 0 ? "0" : formatBytes(claims), remark: "in claims" },
    {
      name: "Generated secrets",
      value: String(ledger.credentials.length),
      remark: rotated === 0 ? undefined : `${rotated} rotated`,
    },
    ...(cost === undefined
      ? []
      : [{ name: "Cost a month", value: formatMoney(cost.total.total, cost.currency), remark: price }]),
  ];
}

/** A number of things in words: `1 pod`, `3 pods`. */
export function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}

function checkLine({ checks, plan }: Reviewed): string | undefined {
  if (checks === undefined) return undefined;
  const { results, totals } = checks;
  const examined = results.reduce((total, result) => total + result.examined, 0);
  const accepted = results.reduce((total, { exempted }) => total + exempted.length, 0);
  const hidden = plan.notRendered.length;
  const unseen =
    hidden === 0 ? "" : `; ${hidden} of ${counted(plan.releases.length, "chart")} not rendered and not examined`;
  return `${counted(results.length, "check")}, ${examined} objects examined: ${counted(totals.error, "error")}, ${counted(totals.warning, "warning")}, ${accepted} accepted${unseen}`;
}

function parityLine({ base, head, differences, expected }: NonNullable<Reviewed["parity"]>): string {
  const besides = expected === 0 ? "" : `, and in ${expected} that expectedDifferences lists`;
  return `${head} differs from ${base} in ${counted(differences.length, "place")}${besides}`;
}
