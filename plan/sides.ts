import { isRecord, textAt } from "../components/kit/unknown.ts";
import { renderReleases } from "./charts.ts";
import type { Rendered } from "./charts.ts";
import { comparePlans } from "./compare/comparison.ts";
import { isHidden } from "./compare/hidden.ts";
import { items } from "./compare/items.ts";
import type { SavedPlan } from "./compare/schema.ts";
import { savedObjects, savedPlan } from "./files.ts";
import { hidden } from "./objects.ts";
import type { PlannedRelease } from "./objects.ts";
import { chartApis, installedApis } from "./plan.ts";
import type { Plan } from "./plan.ts";

/** What is deployed and what would be, with the objects that Helm makes of the charts. */
export interface Sides {
  readonly base: SavedPlan;
  readonly head: SavedPlan;
}

/**
 * Both sides of a comparison. The releases of a stack's state are rendered from the values that the state has. What a change makes
 * of a release that exists is rendered as an upgrade: a Job that its chart makes at installation only is then not made again.
 *
 * @param render where the objects of charts come from; default: Helm, for the charts that are at hand
 */
export async function sidesOf(
  base: SavedPlan,
  plan: Plan,
  render: typeof renderReleases = renderReleases,
): Promise<Sides> {
  const { chartSource, cluster } = plan.settings;
  const before = base.origin === "export" ? await stateWithCharts(base, plan, render) : base;
  const head = savedPlan(plan);
  const touched = new Set(
    comparePlans(before, head).changes.flatMap(({ kind, action, fresh }) =>
      kind === "Release" && action === "update" && fresh !== undefined ? [fresh.urn] : [],
    ),
  );
  const releases = plan.releases.filter(({ urn }) => touched.has(urn));
  if (releases.length === 0) return { base: before, head };
  const capabilities = { version: cluster.version, apiVersions: installedApis(plan.settings), isUpgrade: true };
  const upgraded = await render(releases, chartSource, capabilities);
  return { base: before, head: withObjects(head, releases, upgraded) };
}

async function stateWithCharts(base: SavedPlan, plan: Plan, render: typeof renderReleases): Promise<SavedPlan> {
  const { chartSource, cluster } = plan.settings;
  const inputs = new Map(base.resources.map((resource) => [resource.urn, resource.inputs]));
  const releases = base.releases.map((release): PlannedRelease => {
    const values = asPlanned(inputs.get(release.urn)?.["values"]);
    return { ...release, values: isRecord(values) ? values : {} };
  });
  // A state names no settings: what a cluster serves shows in the objects that the program made.
  const made = new Set(items(base).map(({ body }) => body["apiVersion"]));
  const apiVersions = chartApis.filter((api) => made.has(api));
  const rendered = await render(releases, chartSource, { version: cluster.version, apiVersions });
  return withObjects({ ...base, credentials: credentialsIn(base, plan) }, releases, rendered);
}

/** The passwords of a plan that a state has too, with the rotation numbers of the state. */
function credentialsIn(base: SavedPlan, { ledger }: Plan): SavedPlan["credentials"] {
  const keepers = new Map(base.resources.map(({ name, inputs }) => [name, inputs["keepers"]]));
  return ledger.credentialsByName().flatMap((entry) => {
    const rotation = Number(textAt(keepers.get(entry.resource ?? ""), "rotation"));
    return Number.isInteger(rotation) ? [{ ...entry, consumers: [...entry.consumers], rotation }] : [];
  });
}

/** A plan with other objects of some of its releases. */
function withObjects(plan: SavedPlan, releases: readonly PlannedRelease[], { objects, missing }: Rendered): SavedPlan {
  const names = new Set(releases.map(({ namespace, name }) => `${namespace}/${name}`));
  return {
    ...plan,
    rendered: [...plan.rendered.filter(({ release }) => !names.has(release)), ...savedObjects(objects)],
    notRendered: [
      ...plan.notRendered.filter(({ release }) => !names.has(release)),
      ...missing.map((one) => ({ ...one })),
    ],
  };
}

/** Values of a state with what a plan has in place of secrets. */
function asPlanned(value: unknown): unknown {
  if (isHidden(value)) return hidden;
  if (Array.isArray(value)) return value.map(asPlanned);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asPlanned(member)]));
}
