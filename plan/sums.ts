import type { PodGroup } from "../components/kit/ledger.ts";
import { parseBytes, parseCpu } from "../components/kit/quantities.ts";
import { compare } from "../components/kit/stable.ts";

/** What a stack asks of its cluster. */
export interface Sums {
  /** Thousandths of a core. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Pods that run all the time; a DaemonSet counts once. */
  readonly pods: number;
  /** Bytes of claims by storage class; the key is empty for the cluster's default class. */
  readonly claims: Readonly<Record<string, number>>;
  /** The most that Jobs ask for while all of them run. */
  readonly jobs: { readonly cpu: number; readonly memory: number };
}

/** Sums over groups of pods. */
export function sums(groups: readonly PodGroup[]): Sums {
  const lasting = groups.filter(({ kind }) => kind !== "Job");
  const claims = new Map<string, number>();
  for (const { replicas, claims: own = [] } of lasting) {
    for (const { size, storageClass = "" } of own)
      claims.set(storageClass, (claims.get(storageClass) ?? 0) + replicas * parseBytes(size));
  }
  return {
    ...asked(lasting),
    pods: lasting.reduce((total, { replicas }) => total + replicas, 0),
    claims: Object.fromEntries([...claims.entries()].sort(([a], [b]) => compare(a, b))),
    jobs: asked(groups.filter(({ kind }) => kind === "Job")),
  };
}

function asked(groups: readonly PodGroup[]): { cpu: number; memory: number } {
  const total = { cpu: 0, memory: 0 };
  for (const { replicas, containers } of groups) {
    for (const { cpu, memory } of containers) {
      total.cpu += replicas * parseCpu(cpu);
      total.memory += replicas * parseBytes(memory);
    }
  }
  return total;
}
