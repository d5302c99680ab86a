import { tolerates } from "../../../components/kit/tolerations.ts";
import type { Placement, Toleration } from "../../../components/kit/environment.ts";
import { amount, bytes, cpu } from "../../checks/look.ts";
import type { Live } from "../probes/kubectl.ts";

/** A node, as far as checks use it. */
export interface Node {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ready: boolean;
  /** Whether new pods can be scheduled: not cordoned. */
  readonly open: boolean;
  readonly taints: readonly Taint[];
  readonly kubelet: string;
  readonly providerId: string;
  /** Allocatable resources: thousandths of a core, bytes, number of pods. */
  readonly allocatable: Amounts;
}

export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** The nodes of an API list; missing fields are empty. */
export function nodesOf(list: readonly Live[]): readonly Node[] {
  return list.map(({ metadata, spec, status }) => {
    const { unschedulable, taints, providerID } = (spec ?? {}) as {
      unschedulable?: boolean;
      taints?: readonly { key?: string; value?: string; effect?: string }[];
      providerID?: string;
    };
    const { conditions, allocatable, nodeInfo } = (status ?? {}) as {
      conditions?: readonly { type: string; status: string }[];
      allocatable?: Readonly<Record<string, string>>;
      nodeInfo?: { kubeletVersion?: string };
    };
    return {
      name: metadata.name,
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      ready: (conditions ?? []).some(({ type, status: now }) => type === "Ready" && now === "True"),
      open: unschedulable !== true,
      taints: (taints ?? []).map(({ key = "", value = "", effect = "" }) => ({ key, value, effect })),
      kubelet: nodeInfo?.kubeletVersion ?? "",
      providerId: providerID ?? "",
      allocatable: {
        cpu: cpu(allocatable?.["cpu"]) ?? 0,
        memory: bytes(allocatable?.["memory"]) ?? 0,
        pods: amount(allocatable?.["pods"]) ?? 0,
      },
    };
  });
}

/** Whether a node has every label of a selector. */
export function isSelected({ labels }: Node, selector: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** The taints of a node that the stack's pods do not tolerate, without Kubernetes' own taints for node conditions, which are temporary. */
export function keepingAway({ taints }: Node, tolerations: readonly Toleration[]): readonly Taint[] {
  return taints.filter(
    (taint) =>
      taint.effect !== "PreferNoSchedule" &&
      !taint.key.startsWith("node.kubernetes.io/") &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

/** The nodes on which the stack's pods can be scheduled now. */
export function eligible(nodes: readonly Node[], { nodeSelector, tolerations }: Placement): readonly Node[] {
  return nodes.filter(
    (node) => node.ready && node.open && isSelected(node, nodeSelector) && keepingAway(node, tolerations).length === 0,
  );
}
