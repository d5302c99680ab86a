import type { Cluster } from "../kit/environment.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { compare, stableJson } from "../kit/stable.ts";
import { dnsProtocols, policyName } from "./policies.ts";

/** What Cilium knows by identity instead of by address (Cilium, "Entities Based"): the API server, a pod's own node, other nodes. */
type Entity = "kube-apiserver" | "host" | "remote-node";
type Pods = Peer & { readonly kind: "pods" };
type Direction = "ingress" | "egress";
type Port = { readonly port: string; readonly protocol: string };
interface CiliumRule {
  readonly entities: readonly Entity[];
  readonly ports: readonly Port[];
}

/** A CiliumNetworkPolicy (cilium.io/v2) to create. */
interface CiliumPolicy {
  readonly name: string;
  readonly namespace: string;
  readonly spec: object;
}

const nodes = ["host", "remote-node"] as const;

/**
 * The policies that Cilium needs in addition to the standard ones. An address range of a standard policy does not match nodes and the
 * API server, unless the option `policy-cidr-match-mode` contains `nodes` (Cilium, "CIDRs").
 *
 * @param namespaces the namespaces of the stack
 */
export function ciliumPolicies(
  edges: readonly Edge[],
  namespaces: ReadonlySet<string>,
  { dnsCidrs, dnsPorts }: Pick<Cluster, "dnsCidrs" | "dnsPorts">,
): CiliumPolicy[] {
  const groups = new Map<string, { own: Pods; ingress: Map<string, CiliumRule>; egress: Map<string, CiliumRule> }>();
  const add = (own: Peer, direction: Direction, entities: readonly Entity[], edge: Edge) => {
    if (own.kind !== "pods" || !namespaces.has(own.namespace) || entities.length === 0 || edge.ports.length === 0)
      return;
    const id = stableJson([own.namespace, own.labels ?? {}]);
    const group = groups.get(id) ?? {
      own,
      ingress: new Map<string, CiliumRule>(),
      egress: new Map<string, CiliumRule>(),
    };
    groups.set(id, group);
    const { protocol = "TCP" } = edge;
    const rule = { entities, ports: edge.ports.map((port) => ({ port: String(port), protocol })) };
    group[direction].set(stableJson(rule), rule);
  };
  for (const edge of edges) {
    add(edge.to, "ingress", senders(edge.from), edge);
    add(edge.from, "egress", receivers(edge.to), edge);
  }
  const ofEdges = [...groups.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([id, { own, ingress, egress }]) => ({
      name: policyName(own.labels ?? {}, id),
      namespace: own.namespace,
      spec: {
        endpointSelector: selector(own.labels),
        ingress: written(ingress, "fromEntities"),
        egress: written(egress, "toEntities"),
      },
    }));
  // A cache on each node answers at an address of the node itself.
  const cached = dnsPorts.flatMap((port) => dnsProtocols.map((protocol) => ({ port: String(port), protocol })));
  const ofNames = [...(dnsCidrs.length === 0 ? [] : namespaces)].sort(compare).map((namespace) => ({
    name: "name-resolution",
    namespace,
    spec: { endpointSelector: {}, egress: [{ toEntities: ["host"], toPorts: [{ ports: cached }] }] },
  }));
  return [...ofEdges, ...ofNames];
}

/** The API server's connections may arrive through a node, and so may those of clients outside through a node port. */
function senders(peer: Peer): readonly Entity[] {
  if (peer.kind === "apiServer") return ["kube-apiserver", ...nodes];
  return peer.kind === "outside" && (peer.nodes === true || peer.cidrs === undefined) ? nodes : [];
}

function receivers(peer: Peer): readonly Entity[] {
  if (peer.kind === "apiServer") return ["kube-apiserver"];
  return peer.kind === "outside" && peer.nodes === true ? nodes : [];
}

function selector(labels: Pods["labels"] = {}): object {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: labels };
}

function written(rules: ReadonlyMap<string, CiliumRule>, key: "fromEntities" | "toEntities"): object[] | undefined {
  if (rules.size === 0) return undefined;
  return [...rules.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([, { entities, ports }]) => ({ [key]: [...entities], toPorts: [{ ports: [...ports] }] }));
}
