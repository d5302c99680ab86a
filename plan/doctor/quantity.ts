const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The number in any quantity that the API writes: `3920m`, `16393244Ki`, `129e6` (Kubernetes API conventions, "Quantity").
 * The settings take fewer forms: see components/kit/quantities.ts.
 *
 * @returns 0 for what is left out or no quantity: what a node does not say, it does not have
 */
export function quantity(text: string | number | undefined): number {
  const match = /^([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+\.)([numkMGTPE]|[KMGTPE]i)?$/.exec(
    String(text ?? ""),
  );
  return match === null ? 0 : Number(match[1]) * (suffixes[match[2] ?? ""] ?? 1);
}
