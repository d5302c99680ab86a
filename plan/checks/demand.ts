import type { Plan } from "../plan.ts";
import { nameOf } from "./check.ts";
import { inventoryOf } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { at } from "../../components/kit/unknown.ts";
import { bytes, cpu } from "./look.ts";
import { neverTogether } from "./spreading.ts";

/** The requests of a group of identical pods. */
export interface Demand {
  readonly object: string;
  readonly namespace: string;
  /** The number of pods that run at the same time. */
  readonly replicas: number;
  /** Whether one pod runs on each node instead. */
  readonly perNode: boolean;
  /** Whether they run to completion. */
  readonly once: boolean;
  /** Of one pod, in thousandths of a core and in bytes. */
  readonly cpu: number;
  readonly memory: number;
  readonly memoryLimit: number;
  /** Bytes of the claims of one pod. */
  readonly storage: number;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Whether they must run on different nodes. */
  readonly apart: boolean;
}

const demands = new WeakMap<Plan, readonly Demand[]>();

/** The requests of every pod of a plan; for a chart that was not rendered, from the ledger. */
export function demandsOf(plan: Plan): readonly Demand[] {
  const known = demands.get(plan);
  if (known !== undefined) return known;
  const { pods } = inventoryOf(plan);
  const seen = new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`));
  const made = [...pods.map(ofPod), ...fromLedger(plan, seen)];
  demands.set(plan, made);
  return made;
}

function ofPod(pod: Pod): Demand {
  // Quotas and nodes have to hold what an autoscaler may start.
  const { owner, namespace, kind, most: replicas, once, spec, claims } = pod;
  const sum = (read: (value: unknown) => number | undefined, part: "requests" | "limits", key: string) =>
    largest(pod, (container) => read(container.resources[part][key]) ?? 0);
  return {
    object: owner,
    namespace,
    replicas,
    perNode: kind === "DaemonSet",
    once,
    cpu: sum(cpu, "requests", "cpu"),
    memory: sum(bytes, "requests", "memory"),
    memoryLimit: sum(bytes, "limits", "memory"),
    storage: claims.reduce(
      (total, claim) => total + (bytes(at(claim, "spec", "resources", "requests", "storage")) ?? 0),
      0,
    ),
    nodeSelector: spec.nodeSelector,
    apart: replicas > 1 && neverTogether(pod, "kubernetes.io/hostname"),
  };
}

/** A pod's effective request: the sum over its containers, or the largest init container if that is more (Kubernetes, "Init Containers"). */
function largest({ spec }: Pod, amount: (container: Pod["spec"]["containers"][number]) => number): number {
  // An init container with restartPolicy Always is a sidecar and keeps running.
  const sidecars = spec.initContainers.filter((container) => container["restartPolicy"] === "Always");
  const total = [...spec.containers, ...sidecars].reduce((sum, container) => sum + amount(container), 0);
  return Math.max(total, ...spec.initContainers.map(amount));
}

function fromLedger(plan: Plan, seen: ReadonlySet<string>): Demand[] {
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return plan.ledger.podGroups
    .filter(({ namespace, name, kind }) => kind !== "Job" && !seen.has(`${namespace}/${name}`))
    .map(({ namespace, name, kind, replicas, containers, claims = [] }) => ({
      object: nameOf(kind, name, namespace),
      namespace,
      replicas,
      perNode: kind === "DaemonSet",
      once: false,
      cpu: total(containers.map((container) => cpu(container.cpu) ?? 0)),
      memory: total(containers.map((container) => bytes(container.memory) ?? 0)),
      memoryLimit: 0,
      storage: total(claims.map(({ size }) => bytes(size) ?? 0)),
      nodeSelector: plan.settings.placement.nodeSelector,
      apart: false,
    }));
}
