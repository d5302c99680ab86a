import type { PodGroup } from "../kit/ledger.ts";
import { nodeDisk } from "../kit/pod.ts";
import type { Resources } from "../kit/pod.ts";
import type { Values } from "../kit/values.ts";

/** The release's name, and the first part of the names of everything in it. */
export const releaseName = "cert-manager";

export const programs = ["controller", "webhook", "cainjector"] as const;

/** The port at which each of them serves its metrics. */
export const metricsPort = 9402;

const requests = {
  controller: { cpu: "20m", memory: "96Mi" },
  webhook: { cpu: "10m", memory: "48Mi" },
  cainjector: { cpu: "20m", memory: "160Mi" },
} as const;
const limits = { controller: "256Mi", webhook: "128Mi", cainjector: "512Mi" } as const;

/** The labels of the pods of one of its programs. */
export function podLabels(program: (typeof programs)[number]): Record<string, string> {
  return { "app.kubernetes.io/component": program, "app.kubernetes.io/instance": releaseName };
}

/**
 * Values of the chart `cert-manager`.
 *
 * The check of the webhook (`startupapicheck`) stays on: Helm waits for it, so the release is done only when the webhook
 * answers, and issuers made after it are not refused.
 */
export function certManagerValues(replicas: number, serviceMonitors: boolean): Values {
  const program = (name: (typeof programs)[number]) => ({
    replicaCount: replicas,
    resources: resources({ requests: requests[name], limits: { memory: limits[name] } }),
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
    startupapicheck: {
      resources: resources({ requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } }),
    },
    prometheus: { enabled: true, servicemonitor: { enabled: serviceMonitors } },
  };
}

function resources({ requests: asked, limits: most }: Resources): Resources {
  return { requests: { ...asked, ...nodeDisk.requests }, limits: { ...most, ...nodeDisk.limits } };
}

/** What its pods ask for. */
export function certManagerPods(replicas: number): Omit<PodGroup, "component" | "namespace">[] {
  return programs.map((program) => ({
    name: program === "controller" ? releaseName : `${releaseName}-${program}`,
    kind: "Deployment",
    replicas,
    containers: [requests[program]],
  }));
}
