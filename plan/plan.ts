import type { Ledger } from "../components/kit/ledger.ts";
import { compare } from "../components/kit/stable.ts";
import { program } from "../index.ts";
import type { Settings } from "../stacks/settings/settings.ts";
import type { Problem } from "../stacks/settings/problems.ts";
import { defaultValues, renderReleases } from "./charts.ts";
import type { Rendered } from "./charts.ts";
import { idleValues } from "./idle-values.ts";
import type { IdleValue } from "./idle-values.ts";
import { plannedObjects, plannedReleases } from "./objects.ts";
import type { PlannedObject, PlannedRelease } from "./objects.ts";
import type { OwnProgram } from "./program.ts";
import { record } from "./recorder.ts";
import type { Config, Recorded, Recording } from "./recorder.ts";
import { sums } from "./sums.ts";
import type { Sums } from "./sums.ts";

/** What would be provisioned: everything that a check or a report needs. */
export interface Plan {
  readonly stack: string;
  readonly domain: string;
  readonly context: string;
  readonly settings: Settings;
  readonly resources: readonly Recorded[];
  /** The program's own Kubernetes objects, secrets hidden. */
  readonly objects: readonly PlannedObject[];
  readonly releases: readonly PlannedRelease[];
  /** The objects of the charts that could be rendered. */
  readonly rendered: readonly PlannedObject[];
  /** Releases that could not be rendered, and why. */
  readonly notRendered: Rendered["missing"];
  /** Objects of charts without a name. */
  readonly unnamed?: Rendered["unnamed"];
  /** Values of the setting `charts.values` without an effect. Default: none. */
  readonly idleValues?: readonly IdleValue[];
  readonly ledger: Ledger;
  readonly sums: Sums;
  readonly problems: readonly Problem[];
}

/**
 * Plans a stack without an engine, a cluster or a secret.
 * @param own a program of the user's own, which adds to the platform; default: none
 * @throws SettingsError where the settings cannot be used, and ExtensionError where the program asks for what the stack lacks
 */
export async function makePlan(stack: string, config: Config, own: OwnProgram = {}): Promise<Plan> {
  const run = () => {
    own.transforms?.();
    return program(own.extension);
  };
  return planOf(stack, await record(run, stack, config));
}

/**
 * The plan of a stack whose program was recorded.
 * @param render where the objects of charts come from; default: Helm, for the charts that are at hand
 */
export async function planOf(
  stack: string,
  { resources, result }: Recording<Pick<Plan, "ledger" | "settings">>,
  render: typeof renderReleases = renderReleases,
): Promise<Plan> {
  const { settings, ledger } = result;
  const releases = plannedReleases(resources);
  const capabilities = { version: settings.cluster.version, apiVersions: installedApis(settings) };
  const ask = (some: readonly PlannedRelease[]) => render(some, settings.chartSource, capabilities);
  const all = await ask(releases);
  const { objects: rendered, missing: notRendered, unnamed } = all;
  const defaults = (release: PlannedRelease) => defaultValues(release, settings.chartSource);
  return {
    stack,
    domain: settings.domain,
    context: settings.cluster.context,
    settings,
    resources,
    objects: plannedObjects(resources),
    releases,
    rendered,
    notRendered,
    unnamed,
    idleValues: await idleValues(releases, ledger.overrides, all, ask, defaults),
    ledger,
    sums: sums(ledger.podGroups),
    problems: [...settings.warnings].sort((a, b) => compare(a.key, b.key)),
  };
}

/** API groups that charts ask for, and that another release of the stack may have brought. */
export const chartApis = ["cert-manager.io/v1", "monitoring.coreos.com/v1", "postgresql.cnpg.io/v1"] as const;

/** The API groups that charts of this stack find on the cluster, because another release of it brought them. */
export function installedApis({ certificates, monitoring, postgresql }: Settings): string[] {
  const installed: Readonly<Record<(typeof chartApis)[number], boolean>> = {
    "cert-manager.io/v1": certificates.enabled,
    "monitoring.coreos.com/v1": monitoring.serviceMonitors,
    "postgresql.cnpg.io/v1": postgresql.enabled && postgresql.engine === "cloudnative-pg",
  };
  return chartApis.filter((api) => installed[api]);
}
