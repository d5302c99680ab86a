import { neverSucceeded, sinceSuccess } from "../kit/cron-jobs.ts";
import type { Watched } from "../kit/watched.ts";
import { renewal } from "./names.ts";

const hour = 3600;

/** What Prometheus and Grafana show of the renewal of a registry's login. Passwords are valid for 12 hours, and renewed every 4. */
export function registryWatched(namespace: string): Watched {
  const own = `namespace="${namespace}",cronjob=~"${renewal}(-.+)?"`;
  const late = (seconds: number) => `(${sinceSuccess(own)} > ${seconds}) or (${neverSucceeded(own, seconds)})`;
  const summary = "{{ $labels.cronjob }} has not renewed the login of Amazon ECR for {{ $value | humanizeDuration }}";
  return {
    component: "registry",
    title: "Login of Amazon ECR",
    namespace,
    alerts: [
      {
        alert: "RegistryLoginNotRenewed",
        expr: late(5 * hour),
        for: "10m",
        severity: "warning",
        summary: `${summary}.`,
        runbook: "registry-login",
      },
      {
        alert: "RegistryLoginExpires",
        expr: late(9 * hour),
        for: "10m",
        severity: "critical",
        summary: `${summary}: after 12 hours no image can be pulled.`,
        runbook: "registry-login",
      },
    ],
    panels: [
      { title: "Age of the login", kind: "now", unit: "s", queries: { age: `max(${sinceSuccess(own)})` } },
      { title: "Time since the last renewal", unit: "s", queries: { "{{cronjob}}": sinceSuccess(own) } },
    ],
  };
}
