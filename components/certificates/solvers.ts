/** The part of a solver that decides for which hosts cert-manager uses it. */
interface Choice {
  readonly kind: string;
  /** DNS zones; none: every host. */
  readonly zones: readonly string[];
}

/**
 * The solver that cert-manager uses for a host: of those that can prove it, the one with the longest matching zone, and the first of
 * equals; a solver without zones comes last (cert-manager, `pkg/util/solverpicker`, which counts the labels of a zone: of two zones of
 * one host, the one with more labels is longer). HTTP-01 cannot prove wildcards (RFC 8555, section 7.1.4, and Let's Encrypt's
 * documentation, "Challenge Types").
 *
 * @param host the full host name, with `*.` in front for a wildcard
 * @returns undefined if no solver is used, so that cert-manager reports an error instead of a certificate
 */
export function solverFor<Solver extends Choice>(host: string, solvers: readonly Solver[]): Solver | undefined {
  const wildcard = host.startsWith("*.");
  const rank = ({ zones }: Choice) =>
    zones.length === 0
      ? 0
      : Math.max(-1, ...zones.filter((zone) => host === zone || host.endsWith(`.${zone}`)).map(({ length }) => length));
  const usable = solvers.filter((solver) => rank(solver) >= 0 && !(wildcard && solver.kind === "http01"));
  return usable.reduce<Solver | undefined>(
    (best, solver) => (best === undefined || rank(solver) > rank(best) ? solver : best),
    undefined,
  );
}
