// Logging alone, and what is asked of its recording.
import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { Logging } from "../../components/logging/logging.ts";
import type { LoggingArgs } from "../../components/logging/logging.ts";
import { monitoringPods } from "../../components/monitoring/pods.ts";
import { plannedReleases } from "../../plan/objects.ts";
import type { Recorded } from "../../plan/recorder.ts";
import { loggingArgs } from "../../stacks/platform/logging.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { made } from "../kit/environment.ts";
import { named } from "../stacks.ts";

/** The component where Prometheus' kinds exist. */
export function measured(settings: object) {
  return alone(settings, undefined, () => new RandomPassword("logging-definitions", { length: 8 }));
}

/** The component alone, with settings of a profile. */
export function alone(
  settings: object,
  entrance?: LoggingArgs["entrance"],
  definitions?: () => pulumi.Resource,
  reader?: LoggingArgs["reader"],
) {
  const values = {
    "groundplan:domain": "example.org",
    "groundplan:cluster": { context: "kind" },
    "groundplan:profile": "prod",
    "groundplan:logging": { enabled: true, ...settings },
    ...(JSON.stringify(settings).includes("search-hosts") ? { "secrets:search-hosts": "https://u:p@search:9200" } : {}),
  };
  return made((environment) => {
    const loaded = loadSettings(
      {
        values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, text(value)])),
        secretKeys: new Set(["secrets:search-hosts"]),
      },
      "test",
    );
    const ready = definitions?.();
    const serviceMonitors = ready && { peer: monitoringPods("monitoring").servers.peer, ready };
    new Logging(environment, { ...loggingArgs(loaded, { ...entrance, serviceMonitors }), reader }, {});
  });
}

const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** The values of the release of a chart. */
export function valuesOf(resources: readonly Recorded[], chart: string): Record<string, never> {
  const found = plannedReleases(resources).find((release) => release.chart === chart);
  assert.ok(found, `no release of ${chart}`);
  return found.values as Record<string, never>;
}

/** The names of the resources that a resource waits for. */
export const before = (resources: readonly Recorded[], name: string) =>
  named(resources, name).dependencies.map((urn) => urn.split("::").at(-1));
