import { namespaceOf } from "../kit/application.ts";
import type { ApplicationSpec } from "../kit/application.ts";
import type { Watched } from "../kit/watched.ts";

/** The alerts and the dashboard of an application: what its own pods and claims use. */
export function applicationWatched(application: ApplicationSpec): Watched {
  const { alerts, name, schedules, title = name, volumes } = application;
  // Pods of a Deployment end in two words that Kubernetes makes up, those of a CronJob in a time and one.
  const pods = [
    `${name}-[a-z0-9]+-[a-z0-9]{5}`,
    ...schedules.map((one) => `${name}-${one.name}-[0-9]+-[a-z0-9]{5}`),
  ].join("|");
  return {
    component: name,
    title,
    namespace: namespaceOf(application),
    own: { pods, claims: volumes.map(({ claim }) => claim) },
    alerts: alerts.map((alert) => ({ ...alert, runbook: "application" })),
    panels: [],
  };
}
