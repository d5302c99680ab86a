import type { Finding, Severity } from "../checks/check.ts";
import type { CheckReport, CheckResult } from "../checks/checks.ts";
import type { Plan } from "../plan.ts";
import { code, lines, muted, none, object, status, table } from "./document.ts";
import type { Section, Weight } from "./document.ts";
import { commandLine } from "../../components/kit/command-line.ts";

const weights: Record<Severity, Weight> = { error: "bad", warning: "warn", info: "plain" };

/** Findings that a terminal lists; the page and the comment have all of them. */
const mostFindings = 15;

/** What the checks found, what of it is accepted, and what they examined. */
export function checkSection({ results }: CheckReport): Section {
  const of = (...severities: Severity[]) =>
    severities.flatMap((severity) => results.filter((result) => result.severity === severity).flatMap(findingRows));
  const open = of("error", "warning");
  const columns = [
    "Object",
    "Severity",
    "Check",
    { title: "What is wrong", place: "below" },
    { title: "What to do", place: "below", for: ["page", "comment"] },
  ] as const;
  const [first] = results.filter(({ severity, findings }) => severity !== "info" && findings.length > 0);
  const accepted = results.flatMap(({ id, exempted }) =>
    exempted.map((finding) => [
      object(finding.object),
      code(id),
      messageOf(finding),
      `${finding.reason}${finding.until === undefined ? "" : `, until ${finding.until}`}`,
    ]),
  );
  return {
    id: "checks",
    title: "Checks",
    blocks: [
      ...table("checks-table", "Findings of the checks", columns, open, {
        most: mostFindings,
        open: of("error").length > 0,
      }),
      ...(first === undefined
        ? []
        : [
            {
              kind: "paragraph",
              text: [
                code(commandLine("plan", `--explain ${first.id}`)),
                " explains a check: why it matters, how to fix a finding, and how to accept one.",
              ],
            } as const,
          ]),
      ...table("information-table", "Information from the checks", columns, of("info"), { for: ["page"] }),
      ...table(
        "accepted-table",
        "Accepted findings",
        ["Object", "Check", "What is wrong", "Why it is accepted"],
        accepted,
        { for: ["page", "comment"] },
      ),
      ...table(
        "examined-table",
        "Every check, with the number of objects that it examined",
        ["Check", "Severity", ...["Examined", "Found", "Accepted"].map((title) => ({ title, figures: true }) as const)],
        results.map(({ id, title, severity, examined, findings, exempted }) => [
          [code(id), ` ${title}`],
          severity,
          ...[examined, findings.length, exempted.length].map(String),
        ]),
        { for: ["page"], folded: true },
      ),
    ],
  };
}

/** Warnings about the settings. */
export function problemSection(problems: Plan["problems"]): Section {
  const rows = problems.map(({ key, message, got, accepts, fix }) => [
    code(key),
    got === undefined ? none : code(got),
    message,
    lines([...(fix === undefined ? [] : [fix]), ...(accepts === undefined ? [] : [`accepts ${accepts}`])]),
  ]);
  const below = ["Warning", "What to do"].map((title) => ({ title, place: "below" }) as const);
  return {
    id: "problems",
    title: "Warnings",
    blocks: table("problems-table", "Warnings about the settings", ["Setting", "Value", ...below], rows),
  };
}

function findingRows({ id, severity, fix, findings }: CheckResult) {
  return findings.map((finding) => [
    object(finding.object),
    status(weights[severity], severity),
    code(id),
    messageOf(finding),
    fix,
  ]);
}

function messageOf({ message, container }: Finding) {
  return container === undefined ? message : [muted("container "), code(container), ` ${message}`];
}
