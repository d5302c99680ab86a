import type { PodGroup } from "../components/kit/ledger.ts";
import { parseBytes, parseCpu } from "../components/kit/quantities.ts";
import { compare } from "../components/kit/stable.ts";
import type { SavedPlan } from "./compare/schema.ts";
import type { Plan } from "./plan.ts";

/** What a plan costs by the month, in hundredths of the currency, so that every column adds up to its sum. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  readonly storage: number;
  readonly loadBalancers: number;
  readonly total: number;
}

/** The estimate for a stack. */
export interface Cost {
  /** ISO 4217. */
  readonly currency: string;
  /** By component's name. */
  readonly components: readonly (Amounts & { readonly component: string })[];
  readonly total: Amounts;
  /** Hundredths of the currency; undefined where there is no bound. */
  readonly budget?: number;
  readonly overBudget: boolean;
  /** What the estimate cannot tell: sentences without a full stop. */
  readonly notes: readonly string[];
}

/** What changes against a base: hundredths of the currency, negative where it becomes cheaper. */
export interface CostDifference {
  readonly before: number;
  readonly total: number;
  /** Components whose cost differs, by name. */
  readonly components: readonly { readonly component: string; readonly total: number }[];
}

/** Hours in a month, as price lists count them: a twelfth of a year. */
export const hoursPerMonth = 730;

/** What an estimate is made of. */
interface Priced {
  readonly settings: Plan["settings"];
  readonly podGroups: readonly PodGroup[];
  /** Services, with the component that makes each. */
  readonly services: readonly { readonly component: string; readonly manifest: unknown }[];
  readonly notRendered: Plan["notRendered"];
}

type Prices = NonNullable<Plan["settings"]["prices"]>;
type Role = keyof Prices["storageGibMonth"];

/** Roles in the order in which ties are decided. */
const roles: readonly Role[] = ["fast", "bulk", "shared"];

/**
 * What a stack costs by the month: what its pods ask for, their claims, and its load balancers. Jobs count nothing, since they
 * run for seconds.
 *
 * @returns undefined where the settings name no prices
 */
export function costOf({ settings, ledger, objects, rendered, notRendered }: Plan): Cost | undefined {
  const services = [...objects, ...rendered].filter(({ kind }) => kind === "Service");
  return estimate({ settings, podGroups: ledger.podGroups, services, notRendered });
}

/**
 * What a saved plan costs at the prices of another, so that only what it asks for makes a difference.
 * @returns undefined where there are no prices, or the saved plan is a stack's state and does not tell what its pods ask for
 */
export function costOfSaved(saved: SavedPlan, settings: Plan["settings"]): Cost | undefined {
  if (saved.sums === undefined) return undefined;
  const own = new Set(saved.objects.filter(({ kind }) => kind === "Service").map(({ urn }) => urn));
  const component = new Map(saved.objects.map((object) => [object.urn, object.component]));
  const services = [
    ...saved.resources
      .filter(({ urn }) => own.has(urn))
      .map(({ urn, inputs }) => ({ component: component.get(urn) ?? "", manifest: inputs })),
    ...saved.rendered.filter(({ kind }) => kind === "Service"),
  ];
  return estimate({ settings, podGroups: saved.podGroups as PodGroup[], services, notRendered: saved.notRendered });
}

/**
 * What a change costs.
 * @returns undefined where the two cannot be compared: one has no prices, or their currencies differ
 */
export function costDifference(cost: Cost | undefined, base: Cost | undefined): CostDifference | undefined {
  if (cost === undefined || base === undefined || cost.currency !== base.currency) return undefined;
  const before = new Map(base.components.map(({ component, total }) => [component, total]));
  const after = new Map(cost.components.map(({ component, total }) => [component, total]));
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compare);
  return {
    before: base.total.total,
    total: cost.total.total - base.total.total,
    components: names
      .map((component) => ({ component, total: (after.get(component) ?? 0) - (before.get(component) ?? 0) }))
      .filter(({ total }) => total !== 0),
  };
}

/** An amount as people read it, such as `1,234.50 EUR`, or `1,234.50`: the same on every machine, whatever its locale. */
export function formatMoney(hundredths: number, currency?: string): string {
  const [whole = "", fraction = ""] = (Math.abs(hundredths) / 100).toFixed(2).split(".");
  const sign = hundredths < 0 ? "−" : "";
  return `${sign}${whole.replace(/\B(?=(?:\d{3})+$)/g, ",")}.${fraction}${currency === undefined ? "" : ` ${currency}`}`;
}

/** A difference with its sign, such as `+12.00 EUR`. */
export function formatMoneyDifference(hundredths: number, currency?: string): string {
  return `${hundredths > 0 ? "+" : ""}${formatMoney(hundredths, currency)}`;
}

function estimate(plan: Priced): Cost | undefined {
  const { prices, budget } = plan.settings;
  if (prices === undefined) return undefined;
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
    currency: prices.currency,
    components,
    total,
    budget: budget === undefined ? undefined : cents(budget),
    overBudget: budget !== undefined && total.total > cents(budget),
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
 * The roles that a claim's class plays. Of several the dearest counts, since nobody can tell which one was meant; a claim
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

function cents(amount: number): number {
  return Math.round(amount * 100);
}
