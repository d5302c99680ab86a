import type { Plan } from "./plan.ts";
import { secretSection } from "./report/inventory.ts";
import { recordsText } from "./report/terminal.ts";
import type { Style } from "./report/terminal.ts";

/**
 * The catalogue of generated secrets: what each is, who uses it, where it is stored and what raising its rotation number does.
 * Never a value.
 */
export function secretsText(plan: Plan, style: Style): string {
  const records = secretSection(plan).blocks.flatMap((block) =>
    block.kind === "table" ? [recordsText(block, style)] : [],
  );
  return `${[
    ...records,
    "",
    `To rotate one: npx pulumi config set --path groundplan:rotation.NAME NUMBER --stack ${plan.stack}`,
    "To read a value: kubectl get secret NAME -n NAMESPACE -o jsonpath='{.data.KEY}' | base64 -d",
  ].join("\n")}\n`;
}
