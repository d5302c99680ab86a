import type { types } from "@pulumi/kubernetes";
import type { Edge, Ledger, Peer } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import { compare, shortHash, stableJson } from "../kit/stable.ts";

type PolicySpec = types.input.networking.v1.NetworkPolicySpec;
type PolicyPeer = types.input.networking.v1.NetworkPolicyPeer;
type Rule = { peers: PolicyPeer[]; ports: readonly number[] };

/** Denies every pod of a namespace all traffic in both directions that no other policy allows. */
export const defaultDeny: PolicySpec = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

/** Lets every pod of a namespace ask the cluster's DNS, and the cache that some clusters run on each node (NodeLocal DNSCache). */
export const nameResolution: PolicySpec = {
  podSelector: {},
  policyTypes: ["Egress"],
  egress: [
    {
      to: [
        { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
        { ipBlock: { cidr: "169.254.20.10/32" } },
      ],
      ports: [
        { port: 53, protocol: "UDP" },
        { port: 53, protocol: "TCP" },
      ],
    },
  ],
};

/** The ports at which API servers answer, behind their Service (443) and on their own (6443). Policies see either. */
export const apiServerPorts: readonly number[] = [443, 6443];

/** A policy to be made. */
export interface Policy {
  readonly name: string;
  readonly namespace: string;
  readonly spec: PolicySpec;
}

/**
 * The policies that allow exactly the edges of a ledger: one for each set of pods that opens or receives any of them.
 *
 * @param namespaces the namespaces of the stack; pods elsewhere are not this stack's to restrict
 * @param apiServerCidrs address ranges of the API server
 */
export function policies(
  edges: Ledger["edges"],
  namespaces: ReadonlySet<string>,
  apiServerCidrs: readonly string[],
): Policy[] {
  const groups = new Map<
    string,
    { namespace: string; labels: Readonly<Record<string, string>>; ingress: Rule[]; egress: Rule[] }
  >();
  const add = (own: Peer, other: Peer, edge: Edge, direction: "ingress" | "egress") => {
    if (own.kind !== "pods" || !namespaces.has(own.namespace)) return;
    const id = stableJson([own.namespace, own.labels ?? {}]);
    const group = groups.get(id) ?? { namespace: own.namespace, labels: own.labels ?? {}, ingress: [], egress: [] };
    group[direction].push({ peers: policyPeers(other, apiServerCidrs), ports: edge.ports });
    groups.set(id, group);
  };
  for (const edge of edges) {
    add(edge.to, edge.from, edge, "ingress");
    add(edge.from, edge.to, edge, "egress");
  }
  return [...groups.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([id, { namespace, labels, ingress, egress }]) => ({
      name: policyName(labels, id),
      namespace,
      spec: {
        podSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: labels },
        policyTypes: [...(ingress.length > 0 ? ["Ingress"] : []), ...(egress.length > 0 ? ["Egress"] : [])],
        ...(ingress.length > 0
          ? { ingress: joined(ingress).map(({ peers, ports }) => ({ from: peers, ports: tcp(ports) })) }
          : {}),
        ...(egress.length > 0
          ? { egress: joined(egress).map(({ peers, ports }) => ({ to: peers, ports: tcp(ports) })) }
          : {}),
      },
    }));
}

/** One rule for all peers that may use the same ports, so that a policy grows by a line, not by a rule, for each consumer. */
function joined(rules: readonly Rule[]): Rule[] {
  const byPorts = new Map<string, { ports: readonly number[]; peers: Map<string, PolicyPeer> }>();
  for (const { ports, peers } of rules) {
    const entry = byPorts.get(ports.join()) ?? { ports, peers: new Map<string, PolicyPeer>() };
    for (const peer of peers) entry.peers.set(stableJson(peer), peer);
    byPorts.set(ports.join(), entry);
  }
  const inOrder = <T>(map: Map<string, T>) =>
    [...map.entries()].sort(([a], [b]) => compare(a, b)).map(([, value]) => value);
  return inOrder(byPorts).map(({ ports, peers }) => ({ ports, peers: inOrder(peers) }));
}

function policyPeers(peer: Peer, apiServerCidrs: readonly string[]): PolicyPeer[] {
  switch (peer.kind) {
    case "cluster":
      return [{ namespaceSelector: {} }];
    case "apiServer":
      return apiServerCidrs.map((cidr) => ({ ipBlock: { cidr } }));
    case "outside":
      return (peer.cidrs ?? ["0.0.0.0/0"]).map((cidr) => ({ ipBlock: { cidr } }));
    case "pods": {
      const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": peer.namespace } };
      return [
        peer.labels === undefined
          ? { namespaceSelector }
          : { namespaceSelector, podSelector: { matchLabels: { ...peer.labels } } },
      ];
    }
  }
}

function tcp(ports: readonly number[]) {
  return ports.map((port) => ({ port, protocol: "TCP" }));
}

function policyName(labels: Readonly<Record<string, string>>, id: string): string {
  const values = Object.values(labels);
  if (values.length === 0) return "allow-every-pod";
  return childName(`allow-${labels["app.kubernetes.io/component"] ?? values[0]}`, shortHash(id));
}
