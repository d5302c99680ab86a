/** The algorithms of midPoint's keys, the strongest first. */
export const algorithms = ["AES-256", "AES-192", "AES-128"] as const;

export type Algorithm = (typeof algorithms)[number];

/** The size of a key in bits. */
export function keyBits(algorithm: Algorithm): number {
  return Number(algorithm.slice("AES-".length));
}

/** The algorithm of a key, by Java's name and its size; undefined if midPoint does not encrypt with it. */
export function algorithmOf(name: string, bits: number): Algorithm | undefined {
  return algorithms.find((one) => one === `${name}-${bits}`);
}
