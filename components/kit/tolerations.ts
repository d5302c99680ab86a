/** The fields of a toleration, or of a taint as the toleration that fits it exactly. */
export interface Tolerating {
  readonly key?: unknown;
  readonly operator?: unknown;
  readonly value?: unknown;
  readonly effect?: unknown;
}

/**
 * Whether a toleration covers a taint (Kubernetes, "Taints and Tolerations"): without a key and with `Exists` it covers every taint,
 * without an effect every effect. A taint whose effect is not known may have any.
 */
export function tolerates(toleration: Tolerating, taint: Omit<Tolerating, "operator">): boolean {
  const { effect, key, operator = "Equal", value } = toleration;
  if (effect !== undefined && taint.effect !== undefined && effect !== taint.effect) return false;
  if (key === undefined) return operator === "Exists";
  return key === taint.key && (operator === "Exists" || (value ?? "") === (taint.value ?? ""));
}
