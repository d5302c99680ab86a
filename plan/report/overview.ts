import { formatBytes, formatCpu } from "../../components/kit/quantities.ts";
import { missingLine } from "../charts.ts";
import { formatMoney, formatMoneyDifference } from "../cost.ts";
import type { Plan } from "../plan.ts";
import { openFindings } from "./inputs.ts";
import type { ChangeReport, CheckedFinding, Extras, LossReport } from "./inputs.ts";
import { markup } from "./markup.ts";
import type { Markup } from "./markup.ts";

/** How much a statement matters. */
export type Weight = "bad" | "warn" | "good";

/** A statement that a reader has to see first. */
export interface Verdict {
  readonly weight: Weight;
  readonly text: string;
  /** Id of the section that tells more. */
  readonly section?: string;
}

/** A number with what it counts, and a remark. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly remark?: string;
}

/** What a reader has to know before anything else, the worst first. */
export function verdicts(plan: Plan, { comparison, losses, checks, cost }: Extras): Verdict[] {
  const lost = (status: LossReport["status"]) => losses?.filter((loss) => loss.status === status).length ?? 0;
  const open = openFindings(checks);
  const found = (severity: CheckedFinding["severity"]) =>
    open.filter((finding) => finding.severity === severity).length;
  const failures = comparison?.consequences.failures.length ?? 0;
  const missing = missingLine(plan.notRendered);
  const over =
    cost?.overBudget === true
      ? `${formatMoney(cost.total.total, cost.currency)} a month, and ${formatMoney(cost.budget ?? 0, cost.currency)} allowed`
      : undefined;
  const all: [Weight, string | false | undefined, string?][] = [
    ["bad", lost("refused") > 0 && `Would lose data: ${counted(lost("refused"), "case")}`, "losses"],
    ["bad", failures > 0 && `up would fail: ${counted(failures, "change")} cannot be made`, "changes"],
    ["bad", found("error") > 0 && `${counted(found("error"), "error")} found by the checks`, "checks"],
    ["bad", over !== undefined && `Over budget: ${over}`, "cost"],
    ["warn", lost("allowed") > 0 && `Loses data, as the settings allow: ${counted(lost("allowed"), "case")}`, "losses"],
    ["warn", found("warning") > 0 && `${counted(found("warning"), "warning")} of the checks`, "checks"],
    ["warn", plan.problems.length > 0 && `${counted(plan.problems.length, "warning")} about the settings`, "problems"],
    ["warn", missing !== undefined && `Charts ${missing}`],
    ["good", losses !== undefined && lost("refused") + lost("allowed") === 0 && "No data would be lost"],
    ["good", checks !== undefined && open.length === 0 && `All ${counted(checks.results.length, "check")} pass`],
  ];
  return all.flatMap(([weight, text, section]) =>
    typeof text === "string" ? [{ weight, text, ...(section === undefined ? {} : { section }) }] : [],
  );
}

/** The plan in numbers. */
export function figures(
  { objects, rendered, releases, ledger, sums }: Plan,
  { comparison, cost, costDifference }: Extras,
): Figure[] {
  const claims = Object.values(sums.claims).reduce((total, size) => total + size, 0);
  const rotated = ledger.credentials.filter(({ rotation }) => rotation > 1).length;
  const change =
    costDifference === undefined ? {} : { remark: formatMoneyDifference(costDifference.total, cost?.currency) };
  return [
    ...(comparison === undefined
      ? []
      : [{ name: "Changes", value: String(comparison.changes.length), remark: changeCounts(comparison.changes) }]),
    {
      name: "Objects",
      value: String(objects.length),
      ...(rendered.length === 0 ? {} : { remark: `and ${rendered.length} of charts` }),
    },
    { name: "Charts", value: String(releases.length) },
    { name: "Pods", value: String(sums.pods) },
    { name: "CPU", value: formatCpu(sums.cpu), remark: "asked for" },
    { name: "Memory", value: formatBytes(sums.memory), remark: "asked for" },
    { name: "Storage", value: claims === 0 ? "0" : formatBytes(claims), remark: "in claims" },
    {
      name: "Generated secrets",
      value: String(ledger.credentials.length),
      ...(rotated === 0 ? {} : { remark: `${rotated} rotated` }),
    },
    ...(cost === undefined
      ? []
      : [{ name: "Cost a month", value: formatMoney(cost.total.total, cost.currency), ...change }]),
  ];
}

/** The changes by what they do, such as `3 created, 1 deleted`. */
export function changeCounts(changes: readonly ChangeReport[]): string {
  const words = { create: "created", update: "updated", replace: "replaced", delete: "deleted" } as const;
  const kinds = ["create", "update", "replace", "delete"] as const;
  const parts = kinds.map((kind) => ({ kind, count: changes.filter(({ action }) => action === kind).length }));
  const some = parts.filter(({ count }) => count > 0).map(({ kind, count }) => `${count} ${words[kind]}`);
  return some.length === 0 ? "none" : some.join(", ");
}

/** The head of the page: what matters most, and the numbers. */
export function overview(plan: Plan, extras: Extras): Markup {
  return markup`<section id="overview" aria-labelledby="overview-title">
<h2 id="overview-title" class="unseen">Overview</h2>
${verdicts(plan, extras).map(
  ({
    weight,
    text,
    section,
  }) => markup`<p class="verdict ${weight}">${text}${section !== undefined && markup` <a href="#${section}">Details</a>`}</p>
`,
)}<dl class="figures">
${figures(plan, extras).map(
  ({
    name,
    value,
    remark,
  }) => markup`<div><dt>${name}</dt><dd>${value}${remark !== undefined && markup`<small>${remark}</small>`}</dd></div>
`,
)}</dl>
</section>
`;
}

/** A number of things in words: `1 pod`, `3 pods`. */
export function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}
