import { nearest } from "../../stacks/settings/problems.ts";
import type { Check } from "./check.ts";
import { checks } from "./checks.ts";
import { exemptionCheck } from "./exemptions.ts";

/** Where the generated page stands, from the project's folder. */
export const pagePath = "docs/checks/README.md";

/** What a person reads of a check: what holds, why, what to do, and how to accept a finding. Of an unknown id, which there are. */
export function explain(id: string): string {
  const check = checks.find((one) => one.id === id.toUpperCase());
  if (check === undefined) return unknown(id);
  const { title, severity, reason, fix } = check;
  return [
    `${check.id}: ${title} (${severity})`,
    "",
    `Why     ${reason}`,
    `Fix     ${fix}`,
    `Accept  ${check === exemptionCheck ? "Nothing accepts these findings." : "in Pulumi.STACK.yaml, for a while:"}`,
    ...(check === exemptionCheck ? [] : ["", ...snippet(check)]),
    "",
    `More    ${pagePath}#${check.id.toLowerCase()}`,
  ].join("\n");
}

/** The exemption as a stack file holds it. */
export function snippet({ id }: Check): string[] {
  return [
    "config:",
    "  groundplan:exemptions:",
    `    - check: ${id}`,
    "      object: Deployment NAMESPACE/NAME # as the finding names it; * at the end stands for any rest",
    "      reason: why it is accepted",
    '      until: "2027-03-31" # the last day on which it counts',
  ];
}

function unknown(id: string): string {
  const ids = checks.map((check) => check.id);
  const near = nearest(id, ids);
  return [
    `There is no check ${id}.${near === undefined ? "" : ` Did you mean ${near}?`}`,
    "",
    ...checks.map((check) => `${check.id}  ${check.severity.padEnd(7)}  ${check.title}`),
  ].join("\n");
}
