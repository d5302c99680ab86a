import type { Plan } from "../plan.ts";
import { count, Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { spreading } from "./spreading.ts";
import { at, record, records, text } from "../../components/kit/unknown.ts";

/** Checks of an application's availability while a node is down. They apply to stacks with the profile `prod`. */
export const availabilityChecks: readonly Check[] = [
  {
    id: "GP050",
    title: "Workloads have more than one replica in prod",
    severity: "warning",
    reason: "With one replica, every drain of its node and every update is an outage.",
    fix: "Raise the replicas. If the software supports only one, accept the finding in the component with a reason.",
    examine: (plan) =>
      overReplicated(plan, 0, (pod) => (pod.replicas < 2 ? `runs ${count(pod.replicas, "replica")}` : undefined)),
  },
  {
    id: "GP051",
    title: "Replicas have a disruption budget in prod",
    severity: "warning",
    reason: "Without a disruption budget, draining nodes may evict all replicas at the same time.",
    fix: "Add a PodDisruptionBudget with maxUnavailable: 1. The kit's `deployment` and `statefulSet` create one.",
    examine: (plan) => {
      const covered = budgets(plan).covering;
      return overReplicated(plan, 2, (pod) =>
        pod.disruptionBudget || covered.has(pod) ? undefined : "has no disruption budget",
      );
    },
  },
  {
    id: "GP052",
    title: "Replicas run on different nodes in prod",
    severity: "warning",
    reason: "If all replicas run on one node, the loss of that node is an outage.",
    fix: "Add topologySpreadConstraints or pod anti-affinity with the topology key kubernetes.io/hostname.",
    examine: (plan) =>
      overReplicated(plan, 2, (pod) =>
        spreading(pod, "kubernetes.io/hostname") === undefined ? "may run all replicas on one node" : undefined,
      ),
  },
  {
    id: "GP053",
    title: "Disruption budgets allow nodes to be drained",
    severity: "error",
    reason: "A budget that allows no eviction blocks every drain and every upgrade of the nodes until it is deleted.",
    fix: "Use maxUnavailable: 1, no budget for a single replica, and only one budget for each set of pods.",
    examine: blockingBudgets,
  },
  {
    id: "GP105",
    title: "Replicas run in different zones in prod, if there are any",
    severity: "warning",
    reason:
      "If all replicas run in one zone, the loss of that zone is an outage. If zones are required, no pod starts on nodes without the zone's label.",
    fix: "Add topologySpreadConstraints with the topology key topology.kubernetes.io/zone and ScheduleAnyway, or a preferred pod anti-affinity. The kit has `spreadOver`, `spreadOverZones` and `apart`.",
    examine: (plan) =>
      overReplicated(plan, 2, (pod) => {
        const spread = spreading(pod, "topology.kubernetes.io/zone");
        if (spread === undefined) return "may run all replicas in one zone";
        return spread === "required" ? "starts only on nodes whose zone is known" : undefined;
      }),
  },
  {
    id: "GP106",
    title: "Pods have a priority",
    severity: "warning",
    reason:
      "If a node lacks memory or the cluster lacks room, pods of any application may take the place of databases, gateways and logins that every application needs. A pod whose class does not exist is rejected.",
    fix: "The kit's workloads have a priority; for a chart, add its value path to `priorities` in components/kit/catalogue.ts.",
    examine: priorityClasses,
  },
];

/** The classes that every cluster has (Kubernetes, "Guaranteed Scheduling For Critical Add-On Pods"). */
const builtIn: readonly unknown[] = ["system-cluster-critical", "system-node-critical"];

/** The priority classes that the settings name for the pods of namespaces. */
export function namedClasses({ namespaces }: Pick<Plan["settings"], "namespaces">): string[] {
  return Object.values(namespaces).flatMap(({ pods }) => pods.priorityClassName ?? []);
}

function priorityClasses(plan: Plan): Examination {
  const examination = new Examination();
  const { has, ofKind, pods } = inventoryOf(plan);
  const isKnown = (name: string) =>
    builtIn.includes(name) ||
    has("PriorityClass", undefined, name) ||
    // Those that the settings name belong to the cluster. The doctor looks for them.
    namedClasses(plan.settings).includes(name);
  for (const { owner, spec } of pods) {
    examination.look(owner);
    const name = text(spec["priorityClassName"]) ?? "";
    if (name === "") examination.find(owner, "has no priority class");
    else if (!isKnown(name)) examination.find(owner, `has the priority class ${name}, which the stack does not create`);
  }
  // The pods that answer HTTP-01 challenges get theirs from the issuer.
  for (const issuer of [...ofKind("ClusterIssuer"), ...ofKind("Issuer")])
    records(at(issuer.manifest, "spec", "acme", "solvers")).forEach(({ http01 }, index) => {
      if (http01 === undefined) return;
      const owner = objectName(issuer);
      examination.look(owner);
      const { ingress, gatewayHTTPRoute } = record(http01);
      const name = text(at(ingress ?? gatewayHTTPRoute, "podTemplate", "spec", "priorityClassName")) ?? "";
      if (name === "") examination.find(owner, `solver ${index + 1} has no priority class`);
      else if (!builtIn.includes(name) && !has("PriorityClass", undefined, name))
        examination.find(owner, `has the priority class ${name}, which the stack does not create`);
    });
  return examination;
}

function overReplicated(plan: Plan, least: number, judge: (pod: Pod) => string | undefined): Examination {
  const examination = new Examination();
  if (plan.settings.profile !== "prod") return examination;
  for (const pod of inventoryOf(plan).pods) {
    // A workload scaled to zero is down on purpose.
    if (pod.once || pod.kind === "DaemonSet" || pod.kind === "Pod" || pod.replicas < Math.max(least, 1)) continue;
    examination.look(pod.owner);
    const message = judge(pod);
    if (message !== undefined) examination.find(pod.owner, message);
  }
  return examination;
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
    // The disruption controller counts the replicas of all selected pods together.
    const replicas = pods.reduce((sum, pod) => sum + pod.replicas, 0);
    if (replicas === 0) continue;
    const least = share(at(object.manifest, "spec", "minAvailable"), replicas);
    const away = share(at(object.manifest, "spec", "maxUnavailable"), replicas);
    if (least !== undefined && least >= replicas)
      examination.find(name, `requires ${least} of ${count(replicas, "pod")} to be available`);
    if (away === 0) examination.find(name, `allows none of ${count(replicas, "pod")} to be unavailable`);
    const twice = pods.filter((pod) => (covering.get(pod) ?? 0) > 1);
    for (const pod of twice)
      examination.find(
        name,
        `selects ${pod.owner}, which another budget also selects: the API server rejects every eviction`,
      );
  }
  return examination;
}

/** A number of pods, given as a number or as a percentage, which the controller rounds up. */
function share(value: unknown, of: number): number | undefined {
  if (typeof value === "number") return value;
  const percent = /^([0-9]+)(%?)$/.exec(text(value) ?? "");
  if (percent === null) return undefined;
  return percent[2] === "%" ? Math.ceil((Number(percent[1]) / 100) * of) : Number(percent[1]);
}
