/** How replicas are spread: over different nodes as far as possible, or strictly. */
export type Spread = "preferred" | "required";

type Labels = Readonly<Record<string, string>>;

const node = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";

/** In the format of a pod's `spec.topologySpreadConstraints`. */
export interface Constraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly labelSelector: { readonly matchLabels: Record<string, string> };
}

/**
 * The part of a pod's spec that spreads replicas over nodes, and over zones if there are any. Zones are a preference: in a cluster with
 * fewer zones than replicas, the others still start.
 */
export function spreadOver(
  labels: Labels,
  { replicas, spread }: { readonly replicas: number; readonly spread?: Spread },
): { topologySpreadConstraints?: Constraint[] } {
  if (replicas < 2) return {};
  return {
    topologySpreadConstraints: [
      constraint(labels, node, spread === "required" ? "DoNotSchedule" : "ScheduleAnyway"),
      constraint(labels, zone, "ScheduleAnyway"),
    ],
  };
}

/** The part of a pod's spec that spreads replicas over zones, where the software's own affinity already spreads them over nodes. */
export function spreadOverZones(labels: Labels, replicas: number): { topologySpreadConstraints?: Constraint[] } {
  return replicas < 2 ? {} : { topologySpreadConstraints: [constraint(labels, zone, "ScheduleAnyway")] };
}

/**
 * The affinity of replicas on different nodes, strictly, and in different zones as far as possible: for software that accepts an
 * affinity and no spread constraints.
 */
export function apart(labels: Labels) {
  const term = (topologyKey: string) => ({ labelSelector: { matchLabels: { ...labels } }, topologyKey });
  return {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [term(node)],
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term(zone) }],
    },
  };
}

function constraint(labels: Labels, topologyKey: string, whenUnsatisfiable: string): Constraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable, labelSelector: { matchLabels: { ...labels } } };
}
