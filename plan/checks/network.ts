import type { Edge, Peer } from "../../components/kit/ledger.ts";
import type { Plan } from "../plan.ts";
import { count, Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName, selectsAll } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { allows, directions, policiesOf, portNames } from "./policies.ts";
import type { Direction, PolicyRule } from "./policies.ts";

/** Checks of network policies against the connections of components. */
export const networkChecks: readonly Check[] = [
  {
    id: "GP082",
    title: "Network policies allow every connection of the platform",
    severity: "error",
    reason: "A connection that no policy allows is dropped silently: the application waits until it times out.",
    fix: "Record the connection in the ledger with the actual labels of the pods.",
    examine: edges,
  },
  {
    id: "GP083",
    title: "Every pod has a network policy for both directions",
    severity: "error",
    reason: "A pod that no policy selects can connect to the whole cluster, and the whole cluster to it.",
    fix: "Create the namespace with the Namespaces component, which denies all traffic by default.",
    examine: isolation,
  },
  {
    id: "GP084",
    title: "Network policies specify peers and ports",
    severity: "warning",
    reason:
      "A rule without peers allows all peers, and a rule without ports allows all ports, whatever the other rules say.",
    fix: "Disable the chart's own policies and record the connections in the ledger.",
    examine: openRules,
  },
  {
    id: "GP164",
    title: "Isolation is enforced",
    severity: "warning",
    reason:
      "With `isolation: reported`, every pod can connect to every other, and Pod Security only warns. It is meant for the time in which pods of an existing installation move.",
    fix: "When the pods have moved, set isolation to enforced; the command `adopt` lists what it would refuse.",
    examine: enforced,
  },
];

/** Why open pods and namespaces are accepted while isolation is only reported: GP164 says it once. */
export function reported({ settings }: Plan): string | undefined {
  return settings.isolation === "reported" ? "isolation: reported (GP164)" : undefined;
}

function enforced(plan: Plan): Examination {
  const examination = new Examination();
  const { namespaces } = inventoryOf(plan);
  const stack = `Stack ${plan.stack}`;
  examination.look(stack);
  const policies = policiesOf(plan);
  const open = [...namespaces.keys()].filter((name) => policies.of("Ingress", name).length === 0);
  if (reported(plan) !== undefined)
    examination.find(
      stack,
      `has no network policies in ${open.length} of ${count(namespaces.size, "namespace")}, and Pod Security only warns`,
    );
  return examination;
}

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
      // This stack does not restrict pods in other namespaces.
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
  const denied = edge.ports.filter((port) => {
    const names = namesAt(plan, edge, port);
    return !rules.some((rule) => allows(rule, namespace, other, port, edge, plan, names));
  });
  return denied.length === 0 ? [] : [denial(namespace, denied, edge, direction)];
}

/** The names of a port at the pods that an edge leads to. */
function namesAt(plan: Plan, { protocol, to }: Edge, port: number): ReadonlySet<string> {
  const pods = to.kind === "pods" ? inventoryOf(plan).select(to.namespace, { matchLabels: to.labels }) : [];
  return portNames(pods, port, protocol);
}

/**
 * An edge that applies to every pod of the cluster also applies to the stack's own pods, so each namespace has to allow it. Equal rules
 * are evaluated once, because most rules are the same in all namespaces.
 */
function rulesOfNamespaces(plan: Plan): (other: Peer, edge: Edge, direction: Direction) => string[] {
  const { namespaces } = inventoryOf(plan);
  const policies = policiesOf(plan);
  const byDirection = (direction: Direction) => {
    const closed: string[] = [];
    const rules = new Map<string, { rule: PolicyRule; namespaces: string[] }>();
    for (const namespace of namespaces.keys()) {
      const own = policies.of(direction, namespace);
      if (own.length > 0) closed.push(namespace);
      for (const rule of own.flatMap((policy) => policy.rules[direction])) {
        // A peer without a namespace is in the policy's own namespace.
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
      edge.ports.map((port) => {
        const names = namesAt(plan, edge, port);
        const fitting = rules.filter(({ rule, namespaces: [first = ""] }) =>
          allows(rule, first, other, port, edge, plan, names),
        );
        return [port, new Set(fitting.flatMap((like) => like.namespaces))];
      }),
    );
    return closed.flatMap((namespace) => {
      const denied = edge.ports.filter((port) => open.get(port)?.has(namespace) !== true);
      return denied.length === 0 ? [] : [denial(namespace, denied, edge, direction)];
    });
  };
}

function denial(namespace: string, ports: readonly number[], { protocol = "TCP" }: Edge, direction: Direction): string {
  const what = `${protocol === "TCP" ? "" : `${protocol} `}port ${ports.join(", ")}`;
  return `no policy of ${namespace} allows ${direction === "Ingress" ? "ingress" : "egress"} on ${what}`;
}

function isolation(plan: Plan): Examination {
  const examination = new Examination();
  const { pods, namespaces } = inventoryOf(plan);
  const covered = { Ingress: covering(plan, "Ingress"), Egress: covering(plan, "Egress") };
  for (const pod of pods) {
    if (!namespaces.has(pod.namespace)) continue;
    examination.look(pod.owner);
    if (pod.spec["hostNetwork"] === true) {
      examination.find(pod.owner, "is in the network of its node, where network policies have no effect");
      continue;
    }
    const open = directions.filter((direction) => !covered[direction](pod));
    const what = open.map((direction) => (direction === "Ingress" ? "ingress" : "egress"));
    const accepted = reported(plan);
    if (open.length > 0) examination.find(pod.owner, `no policy restricts ${what.join(" and ")}`, { accepted });
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
        if (peers.length === 0)
          examination.find(name, inward ? "allows ingress from everywhere" : "allows egress to everywhere");
        if (ports.length === 0) examination.find(name, `allows ${inward ? "ingress" : "egress"} on every port`);
      }
    }
  }
  return examination;
}

/** The name of an edge in findings: its two peers and its purpose. */
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
