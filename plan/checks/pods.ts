import type { Plan } from "../plan.ts";
import { allContainers, podRules, securityMessages } from "../pods.ts";
import type { PodMessage } from "../pods.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { at, text, whole } from "./look.ts";

/** Checks of every pod template, of our own and of charts. */
export const podChecks: readonly Check[] = [
  {
    id: "GP010",
    title: "Pods run on the nodes that the stack names",
    severity: "error",
    reason:
      "A pod without the node selector may land on a node that is sized, secured or billed for something else, and its volume with it.",
    fix: "Give the workload `environment.placement`; for a chart, name its value path in `nodeSelector` of components/kit/catalogue.ts.",
    examine: (plan) => {
      const { nodeSelector } = plan.settings.placement;
      if (Object.keys(nodeSelector).length === 0) return new Examination();
      return overPods(plan, (pod) => podRules.placement(pod, nodeSelector));
    },
  },
  {
    id: "GP011",
    title: "Containers say what they ask for and may use",
    severity: "error",
    reason:
      "Without requests the scheduler puts a pod on a full node; without a memory limit one leak takes the node's other pods along.",
    fix: "Set requests.cpu, requests.memory and limits.memory; charts have keys of their own for init containers and sidecars.",
    examine: (plan) => overPods(plan, podRules["requests and limits"]),
  },
  {
    id: "GP012",
    title: "Containers that serve have readiness and liveness probes",
    severity: "error",
    reason:
      "Without a readiness probe traffic reaches a pod that cannot answer; without a liveness probe one that hangs stays for good.",
    fix: "Add readinessProbe and livenessProbe to every container that declares ports.",
    examine: (plan) => overPods(plan, podRules.probes, ({ once, operated }) => !once && !operated),
  },
  {
    id: "GP013",
    title: "Pods satisfy Pod Security restricted",
    severity: "error",
    reason:
      "A process that breaks out of a container as root, or with privileges, owns the node and every secret on it.",
    fix: "Set the security context of the Pod Security Standard; where that cannot be, let the component record an exemption with its reason in the ledger.",
    examine: podSecurity,
  },
  {
    id: "GP014",
    title: "Pods mount no token of the default service account",
    severity: "error",
    reason: "Whoever reads a token that nobody needed speaks to the API server in the namespace's name.",
    fix: "Set automountServiceAccountToken: false, or name a service account of the workload's own.",
    examine: (plan) => overPods(plan, podRules["service-account token"], ({ operated }) => !operated),
  },
  {
    id: "GP015",
    title: "Containers cannot write to their image",
    severity: "info",
    reason: "On a read-only root filesystem an intruder can leave no program behind for the next restart to run.",
    fix: "Set readOnlyRootFilesystem: true and give what must be written a volume of its own.",
    examine: (plan) =>
      overPods(
        plan,
        (pod) =>
          allContainers(pod)
            .filter(({ securityContext }) => securityContext.readOnlyRootFilesystem !== true)
            .map(({ name }) => ({ message: "may write to its image", container: name })),
        ({ operated }) => !operated,
      ),
  },
  {
    id: "GP016",
    title: "Containers get a minute to start",
    severity: "info",
    reason:
      "A liveness probe that gives up early kills a container that is only slow to start, and so does the next start, for ever.",
    fix: "Add a startupProbe, or raise initialDelaySeconds or failureThreshold of the livenessProbe.",
    examine: (plan) => overPods(plan, hasty, ({ once, operated }) => !once && !operated),
  },
  {
    id: "GP017",
    title: "Namespaces below restricted give a reason",
    severity: "warning",
    reason:
      "A namespace that accepts privileged pods accepts everybody's: the level must be somebody's decision, not a leftover.",
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
        ...(one.container === undefined ? {} : { container: one.container }),
        ...accepted,
      });
    }
  }
  return examination;
}

function id({ container, message }: PodMessage): string {
  return `${container ?? ""} ${message}`;
}

/** Seconds from its start after which a container is killed, where that is less than a minute. */
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
            message: `has no startup probe, and the liveness probe gives up after ${seconds} s`,
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
      examination.find(name, level === undefined ? "enforces no level" : `enforces ${level}, and nothing says why`);
  }
  return examination;
}
