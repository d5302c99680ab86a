import type { PodGroup } from "../../components/kit/ledger.ts";
import { parseBytes, parseCpu } from "../../components/kit/quantities.ts";
import { compare } from "../../components/kit/stable.ts";
import type { Settings } from "../../stacks/settings/settings.ts";
import { cents, hoursPerMonth } from "./money.ts";
import type { Priced } from "./priced.ts";

/** What a plan costs by the month, in hundredths of the currency, so that every column adds up to its sum. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  readonly storage: number;
  readonly loadBalancers: number;
  readonly total: number;
}

/** The estimate for a stack by what its pods ask for. */
export interface RequestCost {
  readonly basis: "requests";
  /** ISO 4217. */
  readonly currency: string;
  /** By component's name. */
  readonly components: readonly (Amounts & { readonly component: string })[];
  readonly total: Amounts;
  /** What the estimate cannot tell: sentences without a full stop. */
  readonly notes: readonly string[];
}

/** The prices of the settings. */
export type Prices = NonNullable<Settings["prices"]>;
type Role = keyof Prices["storageGibMonth"];

/** Roles in the order in which ties are decided. */
const roles: readonly Role[] = ["fast", "bulk", "shared"];

/**
 * What a stack costs by the month at the prices of the settings: what its pods ask for, their claims, and its load balancers. Jobs
 * count nothing, since they run for seconds.
 */
export function costOfRequests(plan: Priced, prices: Prices): RequestCost {
  const lasting = plan.podGroups.filter(({ kind }) => kind !== "Job");
  const balancers = loadBalancers(plan);
  const names = [...new Set([...lasting.map(({ component }) => component), ...balancers.keys()])].sort(compare);
  const components = names.map((component) => ({
    component,
    ...amounts(
      plan,
      prices,
      lasting.filter((group) => group.component === component),
      balancers.get(component) ?? 0,
    ),
  }));
  const total = components.reduce<Amounts>(added, { cpu: 0, memory: 0, storage: 0, loadBalancers: 0, total: 0 });
  return {
    basis: "requests",
    currency: prices.currency,
    components,
    total,
    notes: notes(plan, lasting),
  };
}

function amounts(plan: Priced, prices: Prices, groups: readonly PodGroup[], balancers: number): Amounts {
  const sum = (of: (group: PodGroup) => number) => groups.reduce((total, group) => total + of(group), 0);
  const gib = 2 ** 30;
  const cpu = sum((group) => pods(plan, group) * group.containers.reduce((all, { cpu }) => all + parseCpu(cpu), 0));
  const memory = sum(
    (group) => pods(plan, group) * group.containers.reduce((all, { memory }) => all + parseBytes(memory), 0),
  );
  const storage = sum(
    (group) =>
      pods(plan, group) *
      (group.claims ?? []).reduce((all, { size, storageClass }) => {
        const price = Math.max(0, ...rolesOf(plan, storageClass).map((role) => prices.storageGibMonth[role]));
        return all + (parseBytes(size) / gib) * price;
      }, 0),
  );
  const parts = {
    cpu: cents((cpu / 1000) * prices.cpuHour * hoursPerMonth),
    memory: cents((memory / gib) * prices.memoryGibHour * hoursPerMonth),
    storage: cents(storage),
    loadBalancers: cents(balancers * prices.loadBalancerMonth),
  };
  return { ...parts, total: parts.cpu + parts.memory + parts.storage + parts.loadBalancers };
}

/** Pods of a group. A DaemonSet has one on each node that its placement allows, where the settings name the nodes. */
function pods({ settings }: Priced, { kind, replicas }: PodGroup): number {
  const { nodeGroups } = settings.cluster;
  if (kind !== "DaemonSet" || nodeGroups.length === 0) return replicas;
  const wanted = Object.entries(settings.placement.nodeSelector);
  return nodeGroups
    .filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value))
    .reduce((total, { nodes }) => total + nodes, 0);
}

/**
 * The roles that a claim's class plays. Of several the dearest counts, since it is unknown which one was meant; a claim
 * without a class takes the default one.
 */
function rolesOf({ settings }: Priced, storageClass: string | undefined): Role[] {
  const { classes, roles: named } = settings.storage;
  const usual = classes.find((each) => each.default)?.name;
  const own = storageClass ?? usual;
  return roles.filter((role) => (named[role] ?? usual) === own);
}

/** Services of type LoadBalancer, by component. */
function loadBalancers({ services }: Priced): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { component, manifest } of services) {
    const { spec } = manifest as { spec?: { type?: unknown } };
    if (spec?.type === "LoadBalancer") counts.set(component, (counts.get(component) ?? 0) + 1);
  }
  return counts;
}

function notes(plan: Priced, groups: readonly PodGroup[]): string[] {
  const classes = groups.flatMap(({ claims = [] }) => claims.map(({ storageClass }) => storageClass));
  const unpriced = [...new Set(classes)].filter((name) => rolesOf(plan, name).length === 0);
  const daemons = groups.filter(({ kind }) => kind === "DaemonSet").map(({ name }) => name);
  return [
    ...unpriced
      .map((name) => `Claims of ${name ?? "the default class"} have no price: no role names that class`)
      .sort(compare),
    ...(daemons.length > 0 && plan.settings.cluster.nodeGroups.length === 0
      ? [`${daemons.sort(compare).join(", ")} counted as on one node: cluster.nodeGroups names none`]
      : []),
    ...(plan.notRendered.length > 0
      ? [
          `Load balancers are missing of charts that were not rendered: ${plan.notRendered.map(({ release }) => release).join(", ")}`,
        ]
      : []),
  ];
}

function added(a: Amounts, b: Amounts): Amounts {
  return {
    cpu: a.cpu + b.cpu,
    memory: a.memory + b.memory,
    storage: a.storage + b.storage,
    loadBalancers: a.loadBalancers + b.loadBalancers,
    total: a.total + b.total,
  };
}
