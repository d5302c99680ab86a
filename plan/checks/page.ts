import { checks } from "./checks.ts";
import { chartAcceptances } from "./accepted.ts";
import type { Check } from "./check.ts";
import { exemptionCheck } from "./exemptions.ts";
import { snippet } from "./explain.ts";
import { kubernetesLines, kubernetesSource, lifecycles, lifecyclesRead } from "./lifecycle.ts";

/** The page on all checks, in Markdown as Prettier leaves it. */
export function checksPage(): string {
  const example = checks.find(({ id }) => id === "GP012") ?? exemptionCheck;
  return `${[
    "# Checks",
    "<!-- Written by plan/checks/write-docs.ts from the checks themselves. -->",
    "Every plan is held against these checks: the program's own objects and those of every chart that could be rendered. An **error** stops a change, a **warning** is shown, an **info** is counted and listed. `npm run plan -- --explain GP012` says the same of one check on the terminal.",
    table(
      ["id", "holds", "severity"],
      checks.map(({ id, title, severity }) => [`[${id}](#${id.toLowerCase()})`, title, severity]),
    ),
    "## Accepting a finding",
    "A finding may be accepted for a while, with a reason, in the stack's file:",
    ["```yaml", ...snippet(example), "```"].join("\n"),
    `An exemption that nothing needs is itself a finding ([${exemptionCheck.id}](#${exemptionCheck.id.toLowerCase()})); one that is over accepts nothing, and the report names it beside what it used to accept.`,
    "Some findings are accepted without the settings: a component that cannot be otherwise records its reason in the ledger, and what no value of a chart changes stands here.",
    table(
      ["chart", "check", "container", "reason"],
      chartAcceptances.map(({ chart, check, container, reason }) => [chart, check, container ?? "all", reason]),
    ),
    ...checks.flatMap(section),
    "## Dates of support",
    `Last held against its sources on ${lifecyclesRead}. A date is the last day with fixes. Software that has ended is [GP022](#gp022); a line that a later one replaces, or a frozen copy, is [GP023](#gp023); what ends within half a year is [GP024](#gp024).`,
    table(
      ["software", "line", "fixes until", "kind", "source"],
      [
        ...lifecycles.flatMap(({ software, lines, all, ending, source }) =>
          [...(all === undefined ? [] : [["all", all] as const]), ...Object.entries(lines)]
            .filter(([, until]) => until < "9999")
            .map(([line, until]) => [software, line, until, ending, source]),
        ),
        ...Object.entries(kubernetesLines).map(([line, until]) => [
          "Kubernetes",
          line,
          until,
          "GP025",
          kubernetesSource,
        ]),
      ],
    ),
  ].join("\n\n")}\n`;
}

function section({ id, title, severity, reason, fix }: Check): string[] {
  return [`## ${id}`, `**${title}** (${severity}).`, reason, `_Fix:_ ${fix}`];
}

/** A table whose columns stand below each other, as Prettier aligns them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [first = [], ...rest] = all;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}
