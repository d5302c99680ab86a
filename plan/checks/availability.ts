import type { Plan } from "../plan.ts";
import { count, Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { at, list, records, text } from "./look.ts";

/** Checks of what happens to an application while a node is away. They concern stacks of the profile `prod`. */
export const availabilityChecks: readonly Check[] = [
  {
    id: "GP050",
    title: "What serves has more than one replica in prod",
    severity: "warning",
    reason: "With one replica every drain of its node, and every update, is an outage.",
    fix: "Raise the replicas; where the software allows one only, let the component say so with a reason.",
    examine: (plan) =>
      overReplicated(plan, 0, (pod) => (pod.replicas < 2 ? `runs ${count(pod.replicas, "replica")}` : undefined)),
  },
  {
    id: "GP051",
    title: "Replicas have a disruption budget in prod",
    severity: "warning",
    reason: "Without one, draining nodes may stop all replicas at the same time.",
    fix: "Add a PodDisruptionBudget with maxUnavailable: 1; `deployment` and `statefulSet` of the kit bring it.",
    examine: (plan) => {
      const covered = budgets(plan).covering;
      return overReplicated(plan, 2, (pod) =>
        pod.disruptionBudget || covered.has(pod) ? undefined : "has no disruption budget",
      );
    },
  },
  {
    id: "GP052",
    title: "Replicas keep apart in prod",
    severity: "warning",
    reason: "Replicas on one node are lost with that node, all of them.",
    fix: "Add topologySpreadConstraints or a pod anti-affinity over kubernetes.io/hostname.",
    examine: (plan) =>
      overReplicated(plan, 2, (pod) => (spreads(pod) ? undefined : "may run all replicas on one node")),
  },
  {
    id: "GP053",
    title: "Disruption budgets let nodes be drained",
    severity: "error",
    reason:
      "A budget that allows no eviction blocks every drain, and with it every upgrade of the nodes, until somebody deletes it.",
    fix: "Use maxUnavailable: 1, none for a single replica, and one budget for each set of pods.",
    examine: blockingBudgets,
  },
];

function overReplicated(plan: Plan, least: number, judge: (pod: Pod) => string | undefined): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  for (const pod of inventoryOf(plan).pods) {
    // What was scaled to nothing, by whom ever, serves nobody on purpose.
    if (pod.once || pod.kind === "DaemonSet" || pod.kind === "Pod" || pod.replicas < Math.max(least, 1)) continue;
    examination.look(pod.owner);
    const message = judge(pod);
    if (message !== undefined) examination.find(pod.owner, message);
  }
  return examination;
}

function spreads({ spec }: Pod): boolean {
  const antiAffinity = at(spec, "affinity", "podAntiAffinity");
  return (
    records(spec["topologySpreadConstraints"]).length > 0 ||
    list(at(antiAffinity, "requiredDuringSchedulingIgnoredDuringExecution")).length > 0 ||
    list(at(antiAffinity, "preferredDuringSchedulingIgnoredDuringExecution")).length > 0
  );
}

/** Every disruption budget with the pods that it selects, and how many budgets select each pod. */
function budgets(plan: Plan) {
  const { ofKind, select } = inventoryOf(plan);
  const all = ofKind("PodDisruptionBudget").map((object) => ({
    object,
    pods: select(object.namespace ?? "", at(object.manifest, "spec", "selector")).filter(({ once }) => !once),
  }));
  const covering = new Map<Pod, number>();
  for (const { pods } of all) for (const pod of pods) covering.set(pod, (covering.get(pod) ?? 0) + 1);
  return { all, covering };
}

function blockingBudgets(plan: Plan): Examination {
  const examination = new Examination();
  const { all, covering } = budgets(plan);
  for (const { object, pods } of all) {
    const name = objectName(object);
    examination.look(name);
    // Replicas of all selected pods together: that is how the controller counts.
    const replicas = pods.reduce((sum, pod) => sum + pod.replicas, 0);
    if (replicas === 0) continue;
    const least = share(at(object.manifest, "spec", "minAvailable"), replicas);
    const away = share(at(object.manifest, "spec", "maxUnavailable"), replicas);
    if (least !== undefined && least >= replicas)
      examination.find(name, `wants ${least} of ${count(replicas, "pod")} at all times`);
    if (away === 0) examination.find(name, `lets none of ${count(replicas, "pod")} be away`);
    const twice = pods.filter((pod) => (covering.get(pod) ?? 0) > 1);
    for (const pod of twice)
      examination.find(
        name,
        `selects ${pod.owner}, as another budget does: the API server then refuses every eviction`,
      );
  }
  return examination;
}

/** A number of pods, given as one or as a percentage, which the controller rounds up. */
function share(value: unknown, of: number): number | undefined {
  if (typeof value === "number") return value;
  const percent = /^([0-9]+)(%?)$/.exec(text(value) ?? "");
  if (percent === null) return undefined;
  return percent[2] === "%" ? Math.ceil((Number(percent[1]) / 100) * of) : Number(percent[1]);
}
