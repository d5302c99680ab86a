import type { ChartPods } from "../kit/ledger.ts";
import { Pods } from "../kit/pods.ts";
import { resources } from "../kit/resources.ts";
import type { Size } from "../kit/resources.ts";
import { spreadOver } from "../kit/spread.ts";
import { combinedChecksum } from "../kit/secret.ts";
import { goTrust, trustedMount, trustedVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import type { Values } from "../kit/merge.ts";
import { shortHash, stableJson } from "../kit/stable.ts";
import { identityValues } from "../kit/cloud-identity.ts";
import type { CloudIdentity } from "../kit/cloud-identity.ts";

/** The release's name, and the prefix of the names of its objects. */
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
 * The check of the webhook (`startupapicheck`) stays enabled: Helm waits for it, so the release is ready only when the webhook answers,
 * and issuers that are created later are not rejected.
 *
 * @param trusted CA certificates of ACME servers and DNS providers. Default: public CAs only
 * @param identity the controller's identity in the cloud. Default: none
 */
export function certManagerValues(
  replicas: number,
  serviceMonitors: boolean,
  { trusted, identity }: { readonly trusted?: Trusted; readonly identity?: CloudIdentity } = {},
): Values {
  const program = (name: Program) => ({
    replicaCount: replicas,
    resources: resources(sizes[name]),
    podDisruptionBudget: replicas > 1 ? { enabled: true, maxUnavailable: 1 } : undefined,
    ...spreadOver(podLabels(name), { replicas }),
  });
  return {
    fullnameOverride: releaseName,
    crds: { enabled: true, keep: true },
    // Leader election in its own namespace instead of kube-system, which is read-only on managed clusters.
    global: { leaderElection: { namespace: releaseName } },
    ...program("controller"),
    ...(trusted && {
      extraEnv: [goTrust],
      volumes: [trustedVolume(trusted)],
      volumeMounts: [trustedMount],
    }),
    podAnnotations: restarts(trusted, identity),
    ...identityValues(identity),
    webhook: program("webhook"),
    cainjector: program("cainjector"),
    startupapicheck: { resources: resources(sizes.startupCheck) },
    prometheus: { enabled: true, servicemonitor: { enabled: serviceMonitors } },
  };
}

/** What changes with the files and the identity of the controller, which a pod gets when it starts; undefined for neither. */
function restarts(trusted: Trusted | undefined, identity: CloudIdentity | undefined): Values | undefined {
  if (trusted === undefined && identity === undefined) return undefined;
  return {
    ...(trusted && { "groundplan/checksum": combinedChecksum([trusted]) }),
    ...(identity && { "groundplan/identity": shortHash(stableJson(identity)) }),
  };
}

/** The requests of its pods. */
export function certManagerPods(replicas: number): ChartPods[] {
  return programs.map((program) => {
    const { cpu, memory } = sizes[program];
    const name = program === "controller" ? releaseName : `${releaseName}-${program}`;
    return { name, kind: "Deployment", replicas, containers: [{ cpu, memory }] };
  });
}
