import type { Plan } from "./plan.ts";
import type { Style } from "./tree.ts";

/**
 * The catalogue of generated secrets as people read it: what each is, who uses it, where it stands and what raising its
 * rotation number does. Never a value.
 */
export function secretsText({ stack, ledger }: Plan, style: Style): string {
  const entries = ledger
    .credentialsByName()
    .flatMap(({ name, kind, length, rotation, recipe, consumers, secrets }) => [
      style.strong(name),
      `  kind      ${kind} of ${length} ${kind === "key" ? "bits" : "characters"}`,
      `  rotation  ${rotation}${recipe.startsWith("refused") ? "" : `, the next one: npx pulumi config set --path groundplan:rotation.${name} ${rotation + 1} --stack ${stack}`}`,
      `  recipe    ${recipe}`,
      `  used by   ${consumers.join(", ")}`,
      ...secrets.map(
        ({ namespace, name: secret, key }, index) =>
          `  ${index === 0 ? "stands in" : "         "} ${namespace}/${secret}, key ${key}`,
      ),
    ]);
  return [...entries, "", `A value: kubectl get secret NAME -n NAMESPACE -o jsonpath='{.data.KEY}' | base64 -d`].join(
    "\n",
  );
}
