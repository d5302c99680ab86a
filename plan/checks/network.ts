import type { Edge, Peer } from "../../components/kit/ledger.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName, selectsAll } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { allows, directions, policiesOf } from "./policies.ts";
import type { Direction, Rule } from "./policies.ts";

/** Checks of network policies against what components connect to. */
export const networkChecks: readonly Check[] = [
  {
    id: "GP082",
    title: "Policies allow every connection that the platform makes",
    severity: "error",
    reason: "A connection that no policy allows is dropped without a word: the application waits until it times out.",
    fix: "Record the edge in the ledger with the labels that the pods really carry.",
    examine: edges,
  },
  {
    id: "GP083",
    title: "Every pod stands behind a policy in both directions",
    severity: "error",
    reason: "A pod that no policy selects talks to the whole cluster, and the whole cluster to it.",
    fix: "Let the Namespaces component make the namespace: it denies all traffic that nothing allows.",
    examine: isolation,
  },
  {
    id: "GP084",
    title: "Policies name who and which ports",
    severity: "warning",
    reason: "A rule without peers or without ports undoes the denial for everybody, whatever else is written.",
    fix: "Turn off the chart's own policies and record edges in the ledger.",
    examine: openRules,
  },
];

function edges(plan: Plan): Examination {
  const examination = new Examination();
  const { namespaces } = inventoryOf(plan);
  const forEveryPod = rulesOfNamespaces(plan);
  for (const edge of plan.ledger.edges) {
    const ends = [
      [edge.to, edge.from, "Ingress"],
      [edge.from, edge.to, "Egress"],
    ] as const;
    for (const [own, other, direction] of ends) {
      const name = edgeName(edge);
      // Pods elsewhere are not this stack's to restrict.
      const denied =
        own.kind === "pods" && namespaces.has(own.namespace)
          ? deniedToPods(plan, own, other, edge, direction)
          : own.kind === "cluster"
            ? forEveryPod(other, edge, direction)
            : undefined;
      if (denied === undefined) continue;
      examination.look(name);
      for (const message of denied) examination.find(name, message);
    }
  }
  return examination;
}

function deniedToPods(
  plan: Plan,
  { namespace, labels }: Peer & { kind: "pods" },
  other: Peer,
  edge: Edge,
  direction: Direction,
): string[] {
  const policies = policiesOf(plan).of(direction, namespace, labels);
  if (policies.length === 0) return [];
  const rules = policies.flatMap((policy) => policy.rules[direction]);
  const denied = edge.ports.filter((port) => !rules.some((rule) => allows(rule, namespace, other, port, edge, plan)));
  return denied.length === 0 ? [] : [denial(namespace, denied, edge, direction)];
}

/**
 * Edges of every pod of the cluster are those of the stack's own pods as well: each namespace has to allow them. Rules that read
 * the same are asked once, since namespaces have most of theirs in common.
 */
function rulesOfNamespaces(plan: Plan): (other: Peer, edge: Edge, direction: Direction) => string[] {
  const { namespaces } = inventoryOf(plan);
  const policies = policiesOf(plan);
  const byDirection = (direction: Direction) => {
    const closed: string[] = [];
    const rules = new Map<string, { rule: Rule; namespaces: string[] }>();
    for (const namespace of namespaces.keys()) {
      const own = policies.of(direction, namespace);
      if (own.length > 0) closed.push(namespace);
      for (const rule of own.flatMap((policy) => policy.rules[direction])) {
        // A peer without a namespace means the policy's own.
        const local = rule.peers.some(({ ipBlock, namespaceSelector }) => (ipBlock ?? namespaceSelector) === undefined);
        const id = JSON.stringify([local ? namespace : "", [...rule.texts], rule.ports]);
        const like = rules.get(id);
        if (like === undefined) rules.set(id, { rule, namespaces: [namespace] });
        else like.namespaces.push(namespace);
      }
    }
    return { closed, rules: [...rules.values()] };
  };
  let made: Record<Direction, ReturnType<typeof byDirection>> | undefined;
  return (other, edge, direction) => {
    made ??= { Ingress: byDirection("Ingress"), Egress: byDirection("Egress") };
    const { closed, rules } = made[direction];
    const open = new Map(
      edge.ports.map((port) => [
        port,
        new Set(
          rules.flatMap((like) =>
            allows(like.rule, like.namespaces[0] ?? "", other, port, edge, plan) ? like.namespaces : [],
          ),
        ),
      ]),
    );
    return closed.flatMap((namespace) => {
      const denied = edge.ports.filter((port) => open.get(port)?.has(namespace) !== true);
      return denied.length === 0 ? [] : [denial(namespace, denied, edge, direction)];
    });
  };
}

function denial(namespace: string, ports: readonly number[], { protocol = "TCP" }: Edge, direction: Direction): string {
  const what = `${protocol === "TCP" ? "" : `${protocol} `}port ${ports.join(", ")}`;
  return `no policy of ${namespace} lets ${what} ${direction === "Ingress" ? "in" : "out"}`;
}

function isolation(plan: Plan): Examination {
  const examination = new Examination();
  const { pods, namespaces } = inventoryOf(plan);
  const covered = { Ingress: covering(plan, "Ingress"), Egress: covering(plan, "Egress") };
  for (const pod of pods) {
    if (!namespaces.has(pod.namespace)) continue;
    examination.look(pod.owner);
    const open = directions.filter((direction) => !covered[direction](pod));
    const what = open.map((direction) => (direction === "Ingress" ? "what comes in" : "what goes out"));
    if (open.length > 0) examination.find(pod.owner, `no policy restricts ${what.join(" and ")}`);
  }
  return examination;
}

/** Whether a policy of a direction selects a pod. */
function covering(plan: Plan, direction: Direction): (pod: Pod) => boolean {
  const whole = new Set<string>();
  const single = new Set<Pod>();
  for (const policy of policiesOf(plan).all) {
    if (!policy.directions.includes(direction)) continue;
    const namespace = policy.object.namespace ?? "";
    if (selectsAll(policy.selector)) whole.add(namespace);
    else for (const pod of inventoryOf(plan).select(namespace, policy.selector)) single.add(pod);
  }
  return (pod) => whole.has(pod.namespace) || single.has(pod);
}

function openRules(plan: Plan): Examination {
  const examination = new Examination();
  for (const { object, rules } of policiesOf(plan).all) {
    const name = objectName(object);
    examination.look(name);
    for (const direction of directions) {
      for (const { peers, ports } of rules[direction]) {
        const inward = direction === "Ingress";
        if (peers.length === 0) examination.find(name, inward ? "lets in from everywhere" : "lets out to everywhere");
        if (ports.length === 0) examination.find(name, `lets ${inward ? "in" : "out"} on every port`);
      }
    }
  }
  return examination;
}

/** How findings name an edge: by its ends and what it is for. */
function edgeName({ from, to, purpose }: Edge): string {
  return `Edge ${peerName(from)} to ${peerName(to)} (${purpose})`;
}

function peerName(peer: Peer): string {
  if (peer.kind !== "pods")
    return { cluster: "the cluster", apiServer: "the API server", outside: "outside" }[peer.kind];
  const labels = peer.labels ?? {};
  const role = labels["app.kubernetes.io/component"] ?? Object.values(labels)[0];
  return role === undefined ? peer.namespace : `${peer.namespace}/${role}`;
}
