import type { Plan } from "../plan.ts";
import { allContainers, podRules, securityMessages } from "../pods.ts";
import type { PodMessage } from "../pods.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { reported } from "./network.ts";
import { at, text, whole } from "../../components/kit/unknown.ts";

/** Checks of every pod template, of the program and of charts. */
export const podChecks: readonly Check[] = [
  {
    id: "GP010",
    title: "Pods run on the nodes that the stack selects",
    severity: "error",
    reason:
      "A pod without the node selector may be scheduled to a node for another purpose, with another size, security or billing, and its volume with it.",
    fix: "Pass `environment.placement` to the workload; for a chart, add its value path to `nodeSelector` in components/kit/catalogue.ts.",
    examine: (plan) => {
      const { nodeSelector } = plan.settings.placement;
      if (Object.keys(nodeSelector).length === 0) return new Examination();
      return overPods(plan, (pod) => podRules.placement(pod, nodeSelector));
    },
  },
  {
    id: "GP011",
    title: "Containers have requests and a memory limit",
    severity: "error",
    reason:
      "Without requests, the scheduler may put a pod on a full node. Without a memory limit, a memory leak affects the node's other pods.",
    fix: "Set requests.cpu, requests.memory and limits.memory; charts have separate keys for init containers and sidecars.",
    examine: (plan) => overPods(plan, podRules["requests and limits"]),
  },
  {
    id: "GP012",
    title: "Containers with ports have readiness and liveness probes",
    severity: "error",
    reason:
      "Without a readiness probe, a pod that cannot answer receives traffic. Without a liveness probe, a container that hangs is not restarted.",
    fix: "Add readinessProbe and livenessProbe to every container that declares ports.",
    examine: (plan) => overPods(plan, podRules.probes, ({ once, operated }) => !once && !operated),
  },
  {
    id: "GP013",
    title: "Pods satisfy Pod Security restricted",
    severity: "error",
    reason:
      "A process that escapes from a privileged container, or one running as root, controls the node and every secret on it.",
    fix: "Set the security context that the Pod Security Standard requires. If that is impossible, record an exemption with its reason in the ledger.",
    examine: podSecurity,
  },
  {
    id: "GP014",
    title: "Pods do not mount the token of the default service account",
    severity: "error",
    reason: "Anyone who reads an unused token can call the API server with it.",
    fix: "Set automountServiceAccountToken: false, or use a service account for this workload.",
    examine: (plan) => overPods(plan, podRules["service-account token"], ({ operated }) => !operated),
  },
  {
    id: "GP015",
    title: "Containers have a read-only root filesystem",
    severity: "info",
    reason: "On a read-only root filesystem, an attacker cannot install a program in the container.",
    fix: "Set readOnlyRootFilesystem: true, and mount a volume at each path that must be writable.",
    examine: (plan) =>
      overPods(
        plan,
        (pod) =>
          allContainers(pod)
            .filter(({ securityContext }) => securityContext.readOnlyRootFilesystem !== true)
            .map(({ name }) => ({ message: "has a writable root filesystem", container: name })),
        ({ operated }) => !operated,
      ),
  },
  {
    id: "GP016",
    title: "Containers have at least a minute to start",
    severity: "info",
    reason: "A liveness probe with a short delay kills a container that starts slowly, again and again.",
    fix: "Add a startupProbe, or raise initialDelaySeconds or failureThreshold of the livenessProbe.",
    examine: (plan) => overPods(plan, hasty, ({ once, operated }) => !once && !operated),
  },
  {
    id: "GP017",
    title: "Namespaces below restricted have a reason",
    severity: "warning",
    reason:
      "A namespace that allows privileged pods allows them for everyone who can create pods in it, so the level must be a deliberate decision.",
    fix: "Set namespaces.NAME.podSecurity to restricted, or accept this finding with the reason.",
    examine: namespaceLevels,
  },
];

/** Applies a rule to each pod template of a plan. */
function overPods(
  plan: Plan,
  rule: (pod: Pod) => readonly PodMessage[],
  concerns: (pod: Pod) => boolean = () => true,
): Examination {
  const examination = new Examination();
  for (const pod of inventoryOf(plan).pods) {
    if (!concerns(pod)) continue;
    examination.look(pod.owner);
    for (const { message, container } of rule(pod))
      examination.find(pod.owner, message, container === undefined ? {} : { container });
  }
  return examination;
}

function podSecurity(plan: Plan): Examination {
  const exemptions = new Map(plan.ledger.exemptions.map((exemption) => [exemption.namespace, exemption]));
  const examination = new Examination();
  for (const pod of inventoryOf(plan).pods) {
    if (pod.operated) continue;
    examination.look(pod.owner);
    const exemption = exemptions.get(pod.namespace);
    const refused = new Set(securityMessages(pod, exemption?.level ?? "restricted").map(id));
    for (const one of securityMessages(pod, "restricted")) {
      const accepted = exemption !== undefined && !refused.has(id(one)) ? { accepted: exemption.reason } : {};
      examination.find(pod.owner, one.message, {
        container: one.container,
        ...accepted,
      });
    }
  }
  return examination;
}

function id({ container, message }: PodMessage): string {
  return `${container ?? ""} ${message}`;
}

/** Seconds from its start after which a container is killed, if less than a minute. */
function hasty({ spec }: Pod): PodMessage[] {
  return spec.containers.flatMap((container) => {
    const probe = container["livenessProbe"];
    if (probe === undefined || container["startupProbe"] !== undefined) return [];
    // Defaults of the Kubernetes API, "Probe".
    const seconds =
      (whole(at(probe, "initialDelaySeconds")) ?? 0) +
      (whole(at(probe, "periodSeconds")) ?? 10) * (whole(at(probe, "failureThreshold")) ?? 3);
    return seconds < 60
      ? [
          {
            message: `has no startup probe, and the liveness probe fails after ${seconds} s`,
            container: container.name,
          },
        ]
      : [];
  });
}

function namespaceLevels(plan: Plan): Examination {
  const reasons = new Set(plan.ledger.exemptions.map(({ namespace }) => namespace));
  const examination = new Examination();
  for (const object of inventoryOf(plan).ofKind("Namespace")) {
    const name = objectName(object);
    examination.look(name);
    const level = text(at(object.manifest, "metadata", "labels", "pod-security.kubernetes.io/enforce"));
    if (level !== "restricted" && !reasons.has(object.name))
      examination.find(name, level === undefined ? "enforces no level" : `enforces ${level} without a reason`, {
        accepted: level === undefined ? reported(plan) : undefined,
      });
  }
  return examination;
}
