import { nearest } from "../../stacks/settings/problems.ts";
import type { Check } from "./check.ts";
import { checks } from "./checks.ts";
import { exemptionCheck } from "./exemptions.ts";

/** The path of the generated page in the project. */
export const pagePath = "docs/checks/README.md";

/** The explanation of a check: requirement, reason, fix, and how to accept a finding. For an unknown id, the known ids. */
export function explain(id: string): string {
  const check = checks.find((one) => one.id === id.toUpperCase());
  if (check === undefined) return unknown(id);
  const { title, severity, reason, fix } = check;
  return [
    `${check.id}: ${title} (${severity})`,
    "",
    `Why     ${reason}`,
    `Fix     ${fix}`,
    `Accept  ${check === exemptionCheck ? "These findings cannot be accepted." : "in Pulumi.STACK.yaml, until a date:"}`,
    ...(check === exemptionCheck ? [] : ["", ...snippet(check)]),
    "",
    `More    ${pagePath}#${check.id.toLowerCase()}`,
  ].join("\n");
}

/** The exemption in the format of a stack file. */
export function snippet({ id }: Check): string[] {
  return [
    "config:",
    "  groundplan:exemptions:",
    `    - check: ${id}`,
    "      object: Deployment NAMESPACE/NAME # as in the finding; * at the end matches any suffix",
    "      reason: why it is accepted",
    '      until: "2027-03-31" # the last day on which it counts',
  ];
}

function unknown(id: string): string {
  const ids = checks.map((check) => check.id);
  const near = nearest(id, ids);
  return [
    `The check ${id} does not exist.${near === undefined ? "" : ` Did you mean ${near}?`}`,
    "",
    ...checks.map((check) => `${check.id}  ${check.severity.padEnd(7)}  ${check.title}`),
  ].join("\n");
}
