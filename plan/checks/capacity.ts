import { formatBytes, formatCpu } from "../../components/kit/quantities.ts";
import type { Plan } from "../plan.ts";
import { count, Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { demandsOf } from "./demand.ts";
import type { Demand } from "./demand.ts";
import { inventoryOf, objectName } from "./inventory.ts";
import { at, record, whole } from "../../components/kit/unknown.ts";
import { bytes, cpu } from "./look.ts";

/** A group of identical nodes, as described in the settings. */
interface NodeGroup {
  readonly name: string;
  readonly nodes: number;
  readonly cpu: number;
  readonly memory: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Checks of the pods' requests against the available capacity. */
export const capacityChecks: readonly Check[] = [
  {
    id: "GP042",
    title: "The nodes have capacity for the pods",
    severity: "error",
    reason: "A pod that fits no node stays pending, and the release that waits for it is rolled back.",
    fix: "Add nodes or larger ones, lower requests, or correct cluster.nodeGroups.",
    examine: (plan) => {
      const examination = new Examination();
      const groups = nodeGroups(plan);
      if (groups.length === 0) return examination;
      const demands = demandsOf(plan);
      for (const demand of demands) fits(demand, groups, examination);
      sums(demands, groups, examination);
      return examination;
    },
  },
  {
    id: "GP043",
    title: "Quotas allow the namespace's pods",
    severity: "error",
    reason: "Above a quota, the API server rejects pods: the pods that are created last are missing.",
    fix: "Raise the quota in namespaces.NAME.quota, or lower requests or replicas.",
    examine: quotas,
  },
];

function nodeGroups({ settings }: Plan): NodeGroup[] {
  return settings.cluster.nodeGroups.map((group) => ({
    ...group,
    cpu: cpu(group.cpu) ?? 0,
    memory: bytes(group.memory) ?? 0,
    labels: group.labels,
  }));
}

/** Whether one pod fits a node, and whether there are enough nodes for replicas that run on different nodes. */
function fits(demand: Demand, groups: readonly NodeGroup[], examination: Examination): void {
  examination.look(demand.object);
  const eligible = groups.filter((group) => accepts(group, demand));
  if (eligible.length === 0)
    return examination.find(demand.object, `selects ${selector(demand)}, and no node group has these labels`);
  if (!eligible.some((group) => demand.cpu <= group.cpu && demand.memory <= group.memory)) {
    const sizes = eligible.map((group) => `${group.name} ${amounts(group)}`).join(", ");
    return examination.find(
      demand.object,
      `requests ${amounts(demand)}, which is more than any single node has (${sizes})`,
    );
  }
  const nodes = eligible.reduce((sum, group) => sum + group.nodes, 0);
  if (demand.apart && demand.replicas > nodes)
    examination.find(
      demand.object,
      `runs ${count(demand.replicas, "replica")} on different nodes, but there are only ${nodes}`,
    );
}

/** Whether the pods that are limited to some nodes fit on them together. Not exact: it adds up the nodes as if they were one. */
function sums(demands: readonly Demand[], groups: readonly NodeGroup[], examination: Examination): void {
  const bySet = new Map<string, { eligible: Set<NodeGroup>; cpu: number; memory: number }>();
  for (const demand of demands) {
    if (demand.once) continue;
    const eligible = new Set(groups.filter((group) => accepts(group, demand)));
    if (eligible.size === 0) continue;
    const names = [...eligible].map(({ name }) => name).join(", ");
    const entry = bySet.get(names) ?? { eligible, cpu: 0, memory: 0 };
    const pods = demand.perNode ? [...eligible].reduce((sum, { nodes }) => sum + nodes, 0) : demand.replicas;
    bySet.set(names, { eligible, cpu: entry.cpu + pods * demand.cpu, memory: entry.memory + pods * demand.memory });
  }
  for (const [names, { eligible }] of bySet) {
    const object = `NodeGroup ${names}`;
    examination.look(object);
    const inside = [...bySet.values()].filter((other) => [...other.eligible].every((group) => eligible.has(group)));
    const asked = total(inside);
    const room = total([...eligible].map(({ nodes, cpu, memory }) => ({ cpu: nodes * cpu, memory: nodes * memory })));
    if (asked.cpu > room.cpu || asked.memory > room.memory)
      examination.find(
        object,
        `the pods that run only on these nodes request ${amounts(asked)}, but the nodes have ${amounts(room)}`,
      );
  }
}

function quotas(plan: Plan): Examination {
  const examination = new Examination();
  const { ofKind } = inventoryOf(plan);
  const byNamespace = Map.groupBy(demandsOf(plan), ({ namespace }) => namespace);
  const claims = Map.groupBy(ofKind("PersistentVolumeClaim"), ({ namespace = "" }) => namespace);
  for (const object of ofKind("ResourceQuota")) {
    const name = objectName(object);
    examination.look(name);
    const own = byNamespace.get(object.namespace ?? "") ?? [];
    // A DaemonSet counts once, because the plan does not know the number of nodes.
    const sum = (amount: (demand: Demand) => number) =>
      own.reduce((total, demand) => total + demand.replicas * amount(demand), 0);
    const single = (claims.get(object.namespace ?? "") ?? []).reduce(
      (total, { manifest }) => total + (bytes(at(manifest, "spec", "resources", "requests", "storage")) ?? 0),
      0,
    );
    const asked: Readonly<
      Record<string, readonly [number, (value: unknown) => number | undefined, (n: number) => string]>
    > = {
      "requests.cpu": [sum((demand) => demand.cpu), cpu, formatCpu],
      "requests.memory": [sum(({ memory }) => memory), bytes, formatBytes],
      "limits.memory": [sum(({ memoryLimit }) => memoryLimit), bytes, formatBytes],
      "requests.storage": [sum(({ storage }) => storage) + single, bytes, formatBytes],
      pods: [sum(() => 1), whole, String],
    };
    for (const [key, bound] of Object.entries(record(at(object.manifest, "spec", "hard")))) {
      const [amount, read, format] = asked[key] ?? [];
      const allowed = read?.(bound);
      if (amount === undefined || allowed === undefined || amount <= allowed) continue;
      examination.find(name, `allows ${format?.(allowed)} of ${key}, but its pods request ${format?.(amount)}`);
    }
  }
  return examination;
}

/** Whether nodes of a group have the labels that pods select. Every node has labels for its operating system and architecture. */
function accepts({ labels }: NodeGroup, { nodeSelector }: Demand): boolean {
  return Object.entries(nodeSelector).every(([key, value]) =>
    labels[key] === undefined ? key === "kubernetes.io/os" || key === "kubernetes.io/arch" : labels[key] === value,
  );
}

function total(parts: readonly { cpu: number; memory: number }[]): { cpu: number; memory: number } {
  return parts.reduce((sum, part) => ({ cpu: sum.cpu + part.cpu, memory: sum.memory + part.memory }), {
    cpu: 0,
    memory: 0,
  });
}

function amounts(part: { cpu: number; memory: number }): string {
  return `${formatCpu(part.cpu)} CPU and ${formatBytes(part.memory)}`;
}

function selector({ nodeSelector }: Demand): string {
  return Object.entries(nodeSelector)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}
