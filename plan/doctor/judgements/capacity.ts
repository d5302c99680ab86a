import { parseBytes, parseCpu } from "../../../components/kit/quantities.ts";
import { bytes, cpu } from "../../checks/look.ts";
import { sums } from "../../sums.ts";
import { answered, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";
import { eligible, nodesOf } from "./eligible.ts";
import type { Amounts, Node } from "./eligible.ts";
import { shownAmount } from "./nodes.ts";

const area = "nodes";

/** Above this fraction of the free capacity, a rolling update may not fit. */
const tight = 0.9;

interface Requests {
  readonly requests?: Readonly<Record<string, string>>;
}

interface PodSpec {
  readonly nodeName?: string;
  readonly overhead?: Readonly<Record<string, string>>;
  readonly resources?: Requests;
  readonly containers?: readonly { readonly resources?: Requests }[];
  readonly initContainers?: readonly { readonly resources?: Requests; readonly restartPolicy?: string }[];
}

/**
 * Whether the nodes have capacity for the stack in addition to the running pods. Pods in the stack's own namespaces do not count,
 * because the plan counts them.
 *
 * @param own namespaces that the stack created
 */
export function judgeCapacity(
  list: Answer<readonly Live[]>,
  pods: Answer<readonly Live[]>,
  needs: Pick<Needs, "placement" | "podGroups">,
  own: ReadonlySet<string>,
): readonly Diagnosis[] {
  if (!answered(list)) return [notKnown("capacity", area, "the capacity of the nodes", list.why)];
  const nodes = eligible(nodesOf(list.got), needs.placement);
  // Other diagnoses show why there is none.
  if (nodes.length === 0) return [];
  const others = answered(pods)
    ? pods.got.filter(({ metadata }) => metadata.namespace === undefined || !own.has(metadata.namespace))
    : [];
  const free = freeOn(nodes, others);
  const groups = needs.podGroups.map((group) =>
    group.kind === "DaemonSet" ? { ...group, replicas: group.replicas * nodes.length } : group,
  );
  const { jobs, ...whole } = sums(groups);
  const asked = { cpu: whole.cpu + jobs.cpu, memory: whole.memory + jobs.memory, pods: whole.pods };
  const diagnoses = (["cpu", "memory", "pods"] as const).map((kind) => judgeSum(kind, asked[kind], free, nodes.length));
  const unseen: Diagnosis[] = answered(pods) ? [] : [notKnown("running-pods", area, "running pods", pods.why)];
  return [...diagnoses, ...judgeLargest(free, needs), ...unseen];
}

function judgeSum(kind: keyof Amounts, asked: number, free: readonly Amounts[], nodes: number): Diagnosis {
  const room = free.reduce((sum, one) => sum + Math.max(0, one[kind]), 0);
  const shown = (amount: number) => (kind === "pods" ? String(amount) : shownAmount(kind, amount));
  const name = { cpu: "CPU", memory: "memory", pods: "pods" }[kind];
  const found = `${name}: ${shown(room)} free on ${nodes} ${nodes === 1 ? "node" : "nodes"}, the stack requests ${shown(asked)}`;
  const check = `capacity-${kind}`;
  if (asked > room) {
    const fix = "add nodes, or lower replicas and requests in the settings";
    return { check, area, level: "fail", found, needed: `${shown(asked - room)} more`, fix };
  }
  if (asked > room * tight)
    return { check, area, level: "warn", found, needed: "10 % spare capacity, for rolling updates", fix: "add a node" };
  return { check, area, level: "ok", found };
}

/** The largest pod must fit on one node. */
function judgeLargest(free: readonly Amounts[], { podGroups }: Pick<Needs, "podGroups">): Diagnosis[] {
  const sizes = podGroups.map(({ namespace, name, containers }) => ({
    name: `${namespace}/${name}`,
    cpu: containers.reduce((sum, container) => sum + parseCpu(container.cpu), 0),
    memory: containers.reduce((sum, container) => sum + parseBytes(container.memory), 0),
  }));
  const homeless = sizes.filter(
    (pod) => !free.some(({ cpu, memory, pods }) => cpu >= pod.cpu && memory >= pod.memory && pods >= 1),
  );
  const largest = homeless.toSorted((a, b) => b.memory - a.memory || b.cpu - a.cpu)[0];
  if (largest === undefined) return [];
  const most = (kind: "cpu" | "memory") => shownAmount(kind, Math.max(...free.map((one) => one[kind])));
  return [
    {
      check: "largest-pod",
      area,
      level: "fail",
      found: `no node has capacity for a pod of ${largest.name}: at most ${most("cpu")} CPU and ${most("memory")} are free on one node`,
      needed: `${shownAmount("cpu", largest.cpu)} CPU and ${shownAmount("memory", largest.memory)} on one node`,
      fix: "add a larger node, or lower the pod's requests",
    },
  ];
}

/** The free capacity of each node, in their order. */
function freeOn(nodes: readonly Node[], pods: readonly Live[]): readonly Amounts[] {
  const used = new Map<string, Amounts>();
  for (const { spec, status } of pods) {
    const { nodeName } = (spec ?? {}) as PodSpec;
    const { phase } = (status ?? {}) as { phase?: string };
    if (nodeName === undefined || phase === "Succeeded" || phase === "Failed") continue;
    const others = used.get(nodeName) ?? { cpu: 0, memory: 0, pods: 0 };
    const asked = askedBy(spec as PodSpec);
    used.set(nodeName, {
      cpu: others.cpu + asked.cpu,
      memory: others.memory + asked.memory,
      pods: others.pods + 1,
    });
  }
  return nodes.map(({ name, allocatable }) => {
    const taken = used.get(name) ?? { cpu: 0, memory: 0, pods: 0 };
    return {
      cpu: allocatable.cpu - taken.cpu,
      memory: allocatable.memory - taken.memory,
      pods: allocatable.pods - taken.pods,
    };
  });
}

/**
 * The effective request of a pod in the scheduler (Kubernetes, "Init containers", "Resource sharing within containers"): the sum over its
 * containers, or the largest init container if that is more, plus the overhead.
 */
function askedBy(spec: PodSpec): { cpu: number; memory: number } {
  const of = (kind: "cpu" | "memory", read: (value: unknown) => number | undefined) => {
    const asked = (one: { readonly resources?: Requests }) => read(one.resources?.requests?.[kind]) ?? 0;
    const first = spec.initContainers ?? [];
    const together = [...(spec.containers ?? []), ...first.filter(({ restartPolicy }) => restartPolicy === "Always")];
    const sum = together.reduce((total, container) => total + asked(container), 0);
    const before = Math.max(0, ...first.map(asked));
    return (read(spec.resources?.requests?.[kind]) ?? Math.max(sum, before)) + (read(spec.overhead?.[kind]) ?? 0);
  };
  return { cpu: of("cpu", cpu), memory: of("memory", bytes) };
}
