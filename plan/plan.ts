import type { Ledger } from "../components/kit/ledger.ts";
import { compare } from "../components/kit/stable.ts";
import { program } from "../index.ts";
import type { Problem } from "../stacks/settings/problems.ts";
import { plannedObjects, plannedReleases } from "./objects.ts";
import type { PlannedObject, PlannedRelease } from "./objects.ts";
import { record } from "./recorder.ts";
import type { Config, Recorded } from "./recorder.ts";
import { sums } from "./sums.ts";
import type { Sums } from "./sums.ts";

/** What would be provisioned: everything that a report needs. */
export interface Plan {
  readonly stack: string;
  readonly domain: string;
  readonly context: string;
  readonly resources: readonly Recorded[];
  readonly objects: readonly PlannedObject[];
  readonly releases: readonly PlannedRelease[];
  readonly ledger: Ledger;
  readonly sums: Sums;
  readonly problems: readonly Problem[];
}

/**
 * Plans a stack without an engine, a cluster or a secret.
 * @throws SettingsError where the settings cannot be used
 */
export async function makePlan(stack: string, config: Config): Promise<Plan> {
  const { resources, result } = await record(program, stack, config);
  const { settings, ledger } = result;
  return {
    stack,
    domain: settings.domain,
    context: settings.cluster.context,
    resources,
    objects: plannedObjects(resources),
    releases: plannedReleases(resources),
    ledger,
    sums: sums(ledger.podGroups),
    problems: [...settings.warnings].sort((a, b) => compare(a.key, b.key)),
  };
}
