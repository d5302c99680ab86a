import { isInZone } from "./dns-records.ts";

/** The part of a solver that decides for which hosts cert-manager uses it; an empty selector matches every host. */
interface Choice {
  readonly kind: string;
  /** DNS zones. */
  readonly zones: readonly string[];
  /** Full names. */
  readonly hosts: readonly string[];
  /** Labels that the Certificate must have. */
  readonly labels: Readonly<Record<string, string>>;
}

/** How specific a match is: first the exact name, then the length of the zone, then the number of labels. */
type Rank = readonly [name: number, zone: number, labels: number];

/**
 * The solver that cert-manager uses for a host: of those that can prove it, the most specific, and the first of equals (cert-manager,
 * `pkg/util/solverpicker`, which counts the labels of a zone: of two zones of one host, the one with more labels is longer). HTTP-01 cannot prove
 * wildcards (RFC 8555, section 7.1.4, and Let's Encrypt's documentation, "Challenge Types").
 *
 * @param host the full host name, with `*.` in front for a wildcard
 * @param labels those of its Certificate, without the standard ones
 * @returns undefined if no solver is used, so that cert-manager reports an error instead of a certificate
 */
export function solverFor<Solver extends Choice>(
  host: string,
  solvers: readonly Solver[],
  labels: Readonly<Record<string, string>> = {},
): Solver | undefined {
  const wildcard = host.startsWith("*.");
  let best: { readonly solver: Solver; readonly rank: Rank } | undefined;
  for (const solver of solvers) {
    const rank = wildcard && solver.kind === "http01" ? undefined : rankOf(host, solver, labels);
    if (rank !== undefined && (best === undefined || isAbove(rank, best.rank))) best = { solver, rank };
  }
  return best?.solver;
}

/** How specific a solver's selector matches; undefined if it does not. */
function rankOf(host: string, solver: Choice, labels: Readonly<Record<string, string>>): Rank | undefined {
  const { hosts, zones } = solver;
  const wanted = Object.entries(solver.labels);
  if (hosts.length > 0 && !hosts.includes(host)) return undefined;
  const matching = zones.filter((zone) => isInZone(host, zone));
  if (zones.length > 0 && matching.length === 0) return undefined;
  if (wanted.some(([key, value]) => labels[key] !== value)) return undefined;
  return [Math.min(hosts.length, 1), Math.max(0, ...matching.map(({ length }) => length)), wanted.length];
}

function isAbove(one: Rank, other: Rank): boolean {
  const differs = one.findIndex((value, index) => value !== other[index]);
  return differs >= 0 && (one[differs] ?? 0) > (other[differs] ?? 0);
}
