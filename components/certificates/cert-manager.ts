import type { ChartPods } from "../kit/ledger.ts";
import { Pods } from "../kit/pods.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import type { Values } from "../kit/values.ts";

/** The release's name, and the first part of the names of everything in it. */
export const releaseName = "cert-manager";

export const programs = ["controller", "webhook", "cainjector"] as const;
type Program = (typeof programs)[number];

const sizes = {
  controller: { cpu: "20m", memory: "96Mi", memoryLimit: "256Mi" },
  webhook: { cpu: "10m", memory: "48Mi", memoryLimit: "128Mi" },
  cainjector: { cpu: "20m", memory: "160Mi", memoryLimit: "512Mi" },
  startupCheck: { cpu: "10m", memory: "32Mi", memoryLimit: "128Mi" },
} as const satisfies Record<string, Size>;

/** The pods of one of its programs. */
export function programPods(program: Program, namespace: string): Pods<"metrics" | "webhook"> {
  return new Pods(namespace, podLabels(program), { metrics: 9402, webhook: 10250 });
}

function podLabels(program: Program): Record<string, string> {
  return { "app.kubernetes.io/component": program, "app.kubernetes.io/instance": releaseName };
}

/**
 * Values of the chart `cert-manager`.
 *
 * The check of the webhook (`startupapicheck`) stays on: Helm waits for it, so the release is done only when the webhook
 * answers, and issuers made after it are not refused.
 */
export function certManagerValues(replicas: number, serviceMonitors: boolean): Values {
  const program = (name: Program) => ({
    replicaCount: replicas,
    resources: resources(sizes[name]),
    ...(replicas > 1
      ? {
          podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: podLabels(name) },
            },
          ],
        }
      : {}),
  });
  return {
    fullnameOverride: releaseName,
    crds: { enabled: true, keep: true },
    // Its own namespace instead of kube-system, where managed clusters let nobody write.
    global: { leaderElection: { namespace: releaseName } },
    ...program("controller"),
    webhook: program("webhook"),
    cainjector: program("cainjector"),
    startupapicheck: { resources: resources(sizes.startupCheck) },
    prometheus: { enabled: true, servicemonitor: { enabled: serviceMonitors } },
  };
}

/** What its pods ask for. */
export function certManagerPods(replicas: number): ChartPods[] {
  return programs.map((program) => {
    const { cpu, memory } = sizes[program];
    const name = program === "controller" ? releaseName : `${releaseName}-${program}`;
    return { name, kind: "Deployment", replicas, containers: [{ cpu, memory }] };
  });
}
