import { formatBytes, formatCpu } from "../../../components/kit/quantities.ts";
import { answered, counted, listed, notKnown, quoted } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live } from "../probes/kubectl.ts";
import { eligible, isSelected, keepingAway, nodesOf } from "./eligible.ts";
import type { Node } from "./eligible.ts";

const area = "nodes";

type Placed = Pick<Needs, "placement" | "kubectl" | "stack">;

/** Whether there are nodes on which the stack's pods can run. */
export function judgeNodes(list: Answer<readonly Live[]>, needs: Placed): readonly Diagnosis[] {
  if (!answered(list)) return [notKnown("nodes-ready", area, "the nodes", list.why)];
  const nodes = nodesOf(list.got);
  const { nodeSelector, tolerations } = needs.placement;
  const selected = nodes.filter((node) => isSelected(node, nodeSelector));
  return [
    judgeReady(nodes, needs.kubectl),
    judgeLabels(nodes, selected, needs),
    ...judgeTaints(selected, tolerations, needs.stack),
  ];
}

function judgeReady(nodes: readonly Node[], kubectl: string): Diagnosis {
  const check = "nodes-ready";
  const away = nodes.filter(({ ready, open }) => !ready || !open);
  if (nodes.length > 0 && away.length === 0)
    return { check, area, level: "ok", found: `${counted(nodes.length, "node")}, all ready` };
  const usable = nodes.length - away.length;
  const said = away.map(({ name, ready }) => `${name} is ${ready ? "cordoned" : "not ready"}`);
  return {
    check,
    area,
    level: usable === 0 ? "fail" : "warn",
    found:
      nodes.length === 0
        ? "the cluster has no nodes"
        : `${usable} of ${counted(nodes.length, "node")}: ${listed(said)}`,
    needed: "nodes that are ready and schedulable",
    fix: "find out why each is not ready; uncordon cordoned nodes",
    commands: away.slice(0, 3).map(({ name, ready }) => `${kubectl} ${ready ? "uncordon" : "describe node"} ${name}`),
  };
}

function judgeLabels(nodes: readonly Node[], selected: readonly Node[], { placement, kubectl }: Placed): Diagnosis {
  const check = "node-labels";
  const labels = Object.entries(placement.nodeSelector).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0) return { check, area, level: "ok", found: "pods can run on any node" };
  const wanted = labels.join(", ");
  if (selected.length > 0)
    return { check, area, level: "ok", found: `${counted(selected.length, "node")} with ${wanted}` };
  const candidates = nodes.filter(
    (node) => node.ready && node.open && keepingAway(node, placement.tolerations).length === 0,
  );
  return {
    check,
    area,
    level: "fail",
    found: `no node has ${labels.length === 1 ? "the label" : "the labels"} ${wanted}`,
    needed: "at least one: pods select nodes by groundplan:placement.nodeSelector",
    fix: "label the nodes for the platform",
    commands: (candidates.length === 0 ? [{ name: "NODE" }] : candidates.slice(0, 9)).map(
      ({ name }) => `${kubectl} label node ${name} ${labels.map(quoted).join(" ")}`,
    ),
  };
}

function judgeTaints(
  selected: readonly Node[],
  tolerations: Needs["placement"]["tolerations"],
  stack: string,
): Diagnosis[] {
  const check = "node-taints";
  const tainted = selected.filter((node) => keepingAway(node, tolerations).length > 0);
  if (tainted.length === 0) return [];
  const taints = [...new Set(tainted.flatMap((node) => keepingAway(node, tolerations).map(textOf)))];
  const none = tainted.length === selected.length;
  const [first] = tainted.flatMap((node) => keepingAway(node, tolerations));
  return [
    {
      check,
      area,
      level: none ? "fail" : "ok",
      found: `${counted(tainted.length, "node")} of ${selected.length} ${tainted.length === 1 ? "has a taint" : "have taints"} that the pods do not tolerate: ${listed(taints)}`,
      ...(none && first !== undefined
        ? {
            needed: "a node without a taint, or with one that the pods tolerate",
            fix: "add a toleration",
            commands: [
              `npx pulumi config set --path 'groundplan:placement.tolerations[0].key' ${quoted(first.key)} --stack ${stack}`,
              `npx pulumi config set --path 'groundplan:placement.tolerations[0].operator' Exists --stack ${stack}`,
            ],
          }
        : {}),
    },
  ];
}

function textOf({ key, value, effect }: { key: string; value: string; effect: string }): string {
  return `${key}${value === "" ? "" : `=${value}`}:${effect}`;
}

/** Whether there are enough nodes for pods that must run on different nodes: otherwise a cluster may lose its quorum with one node. */
export function judgeSpread(
  list: Answer<readonly Live[]>,
  needs: Pick<Needs, "placement" | "podGroups">,
): readonly Diagnosis[] {
  if (!answered(list)) return [];
  const count = eligible(nodesOf(list.got), needs.placement).length;
  const wide = needs.podGroups.filter(({ kind, replicas }) => kind === "StatefulSet" && replicas > count);
  if (count === 0 || wide.length === 0) return [];
  const most = Math.max(...wide.map(({ replicas }) => replicas));
  return [
    {
      check: "node-count",
      area,
      level: "warn",
      found: `${counted(count, "node")} for ${listed(wide.map(({ namespace, name, replicas }) => `${replicas} of ${namespace}/${name}`))}`,
      needed: `${counted(most, "node")}, one for each: otherwise some pods stay pending, or share a node`,
      fix: "add nodes, or set fewer replicas in the settings",
    },
  ];
}

/** A rounded quantity, because nodes report kibibytes. */
export function shownAmount(kind: "cpu" | "memory", amount: number): string {
  if (kind === "memory") return formatBytes(amount);
  return formatCpu(amount >= 10_000 ? Math.round(amount / 100) * 100 : Math.round(amount));
}
