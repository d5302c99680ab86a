import { compare } from "../../components/kit/stable.ts";
import { isRecord, record, text, textAt } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import type { AwsItem } from "../prices/aws.ts";
import { balancerCharges, chargedOf } from "./aws-charges.ts";
import type { Balancer, Charged, NodeGroup } from "./aws-charges.ts";
import { Lines } from "./aws-lines.ts";
import type { AwsCostItem, NotPriced } from "./aws-lines.ts";
import { volumesOf } from "./aws-volumes.ts";
import { cents, formatMoney, formatNumber } from "./money.ts";
import type { Priced, PricedResource } from "./priced.ts";

/** The estimate for a stack in AWS by what it creates there. */
export interface AwsCost {
  readonly basis: "aws";
  readonly currency: "USD";
  readonly region: string;
  readonly items: readonly AwsCostItem[];
  /** Hundredths of USD. */
  readonly total: { readonly total: number };
  readonly notPriced: readonly NotPriced[];
  /** Whether the volumes of claims are among the items. */
  readonly withVolumes: boolean;
  /** What the estimate assumes and leaves out: sentences without a full stop. */
  readonly notes: readonly string[];
}

/**
 * What a stack creates in AWS costs by the month: what has a price for each hour or month, at the list prices of the sheet
 * (plan/prices/aws.ts) or those of `aws.prices`. The number of nodes is the least of their groups.
 */
export function costInAws(priced: Priced): AwsCost {
  const home = priced.settings.aws?.region ?? "";
  const volumes = priced.knowsPods ? volumesOf(priced) : { charges: [], unknown: [], notes: [] };
  const charged: ChargedResource[] = [
    ...resourcesInAws(priced.resources),
    ...balancersOf(priced).map((balancer) => ({ region: home, of: balancerCharges(balancer, priced.resources) })),
  ];
  const lines = new Lines(priced, home);
  for (const { of, region } of charged) for (const charge of of?.charges ?? []) lines.add(charge, region, false);
  for (const charge of volumes.charges) lines.add(charge, home, true);
  const notes = [
    ...charged.flatMap(({ of, region }) => (of?.group === undefined ? [] : groupNotes(of.group, region, lines))),
    ...volumes.notes,
    usesNote(charged, lines),
  ];
  for (const { named, of } of charged) if (of === undefined) lines.lacks("such items", named ?? "");
  for (const name of volumes.unknown) lines.lacks("volumes but those of gp3", name);
  return {
    basis: "aws",
    currency: "USD",
    region: home,
    items: lines.items,
    total: { total: lines.items.reduce((sum, { total }) => sum + total, 0) },
    notPriced: lines.notPriced,
    withVolumes: priced.knowsPods,
    notes: [...lines.sources(), ...notes],
  };
}

interface ChargedResource {
  readonly region: string;
  /** Undefined: the sheet does not know the resource. */
  readonly of: Charged | undefined;
  readonly named?: string;
}

/** The resources of AWS with their regions: each has that of its provider. */
function resourcesInAws(resources: readonly PricedResource[]): ChargedResource[] {
  const providers = resources.filter(({ type }) => type === "pulumi:providers:aws");
  return resources
    .filter(({ type }) => type.startsWith("aws:"))
    .map((resource) => {
      const provider = providers.find(({ urn }) => `${resource.provider}::`.startsWith(`${urn}::`));
      const region = text(provider?.inputs["region"]) ?? "a region that the plan does not know";
      const named = `${resource.type.split(":").at(-1) ?? ""} ${resource.name}`;
      return { region, of: chargedOf(resource, resources), named };
    });
}

/** The load balancers of a stack: its own Services, and those of charts, from their values where they are not rendered. */
function balancersOf({ notRendered, resources, services }: Priced): Balancer[] {
  const hidden = new Set(notRendered.map(({ release }) => release));
  const values = resources
    .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
    .filter(({ inputs }) => hidden.has(`${text(inputs["namespace"]) ?? ""}/${text(inputs["name"]) ?? ""}`))
    .flatMap(({ inputs }) => objectsIn(inputs["values"]))
    .filter(({ type }) => type === "LoadBalancer");
  const own = services
    .map(({ manifest }) => record(manifest))
    .filter(({ spec }) => textAt(spec, "type") === "LoadBalancer")
    .map(({ metadata }) => record(metadata));
  return [...own, ...values].map(({ annotations }) => ({ annotations: record(annotations) }));
}

/** An object, and all objects in it. */
function objectsIn(value: unknown): Data[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  return isRecord(value) ? [value, ...Object.values(value).flatMap(objectsIn)] : [];
}

/** What is assumed of a node group. */
function groupNotes(group: NodeGroup, region: string, lines: Lines): string[] {
  const { gib, instanceType, instanceTypes, least, most, name, spot } = group;
  const [node, disk] = [lines.monthly({ instanceType }, region), lines.monthly("gp3", region)];
  const more = most - least;
  const each =
    node === undefined || disk === undefined
      ? ""
      : `, each for ${spot ? "at most " : ""}${formatMoney(cents(node + gib * disk), "USD")} a month with its disk`;
  return [
    ...(more > 0 ? [`${name} may get ${formatNumber(more)} more node${more === 1 ? "" : "s"}${each}`] : []),
    ...(spot && least > 0
      ? [`The spot nodes of ${name} count with the price on demand, which they do not exceed`]
      : []),
    ...(instanceTypes > 1 ? [`The nodes of ${name} count as ${instanceType}, the first of their instance types`] : []),
  ];
}

/** What AWS charges for by use. */
function usesNote(charged: readonly ChargedResource[], lines: Lines): string {
  const uses = new Map<string, string>();
  for (const { of, region } of charged)
    for (const { item, use } of of?.uses ?? [])
      uses.set(use, item === undefined ? use : `${use}${perGb(item, region, lines)}`);
  const all = [...uses.values(), "traffic to the internet and between zones"].sort(compare);
  return `Not counted, because it depends on use: ${all.join("; ")}`;
}

function perGb(item: AwsItem, region: string, lines: Lines): string {
  const price = lines.monthly(item, region);
  return price === undefined ? "" : ` (${formatNumber(price)} USD a GB)`;
}
