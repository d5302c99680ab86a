import type { types } from "@pulumi/kubernetes";
import { anyAddress } from "../kit/environment.ts";
import type { Cluster } from "../kit/environment.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { childName } from "../kit/names.ts";
import { compare, shortHash, stableJson } from "../kit/stable.ts";

type PolicySpec = types.input.networking.v1.NetworkPolicySpec;
type PolicyPeer = types.input.networking.v1.NetworkPolicyPeer;
type PolicyPort = types.input.networking.v1.NetworkPolicyPort;
type Pods = Peer & { readonly kind: "pods" };
type Direction = "ingress" | "egress";
type PeerRule = { peers: PolicyPeer[]; ports: PolicyPort[] };

/** Denies all traffic of every pod of a namespace, in both directions, unless another policy allows it. */
export const defaultDeny: PolicySpec = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

/** The protocols of DNS (RFC 7766, section 4). */
export const dnsProtocols = ["UDP", "TCP"] as const;

/** Allows every pod of a namespace to query the cluster's DNS, and the cache that some clusters run on each node (NodeLocal DNSCache). */
export function nameResolution({ dnsCidrs, dnsLabels, dnsNamespace, dnsPorts }: Cluster): PolicySpec {
  const labels = Object.keys(dnsLabels).length === 0 ? undefined : dnsLabels;
  return {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [
      {
        to: [podPeer([dnsNamespace], labels), ...dnsCidrs.map((cidr) => ({ ipBlock: { cidr } }))],
        ports: dnsPorts.flatMap((port) => dnsProtocols.map((protocol) => ({ port, protocol }))),
      },
    ],
  };
}

/** A policy to create. */
export interface Policy {
  readonly name: string;
  readonly namespace: string;
  readonly spec: PolicySpec;
}

/**
 * The policies that allow exactly the edges of a ledger: one for each set of pods that opens or receives any of them.
 *
 * @param namespaces the namespaces of the stack; pods in other namespaces are not restricted
 * @param apiServerCidrs address ranges of the API server
 */
export function policies(
  edges: readonly Edge[],
  namespaces: ReadonlySet<string>,
  apiServerCidrs: readonly string[],
): Policy[] {
  const groups = new Map<
    string,
    { namespace: string; labels: Readonly<Record<string, string>>; ingress: PeerRule[]; egress: PeerRule[] }
  >();
  const add = ({ namespace, labels = {} }: Pods, direction: Direction, rules: readonly PeerRule[]) => {
    // In Kubernetes, a rule without peers or ports means all of them.
    const meant = rules.filter(({ peers, ports }) => peers.length > 0 && ports.length > 0);
    if (meant.length === 0 || !namespaces.has(namespace)) return;
    const id = stableJson([namespace, labels]);
    const group = groups.get(id) ?? { namespace, labels, ingress: [], egress: [] };
    group[direction].push(...meant);
    groups.set(id, group);
  };
  const everyone: Record<Direction, { other: Peer; edge: Edge }[]> = { ingress: [], egress: [] };
  const side = (own: Peer, other: Peer, edge: Edge, direction: Direction) => {
    if (own.kind === "cluster") everyone[direction].push({ other, edge });
    if (own.kind === "pods")
      add(own, direction, [{ peers: policyPeers(other, apiServerCidrs), ports: policyPorts(edge) }]);
  };
  for (const edge of edges) {
    side(edge.to, edge.from, edge, "ingress");
    side(edge.from, edge.to, edge, "egress");
  }
  // The stack's own pods are part of the cluster, and also need a policy on their side.
  for (const direction of ["ingress", "egress"] as const) {
    const rules = rulesForEveryone(everyone[direction], apiServerCidrs);
    for (const namespace of namespaces) add({ kind: "pods", namespace }, direction, rules);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([id, { namespace, labels, ingress, egress }]) => ({
      name: policyName(labels, id),
      namespace,
      spec: {
        podSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: labels },
        policyTypes: [...(ingress.length > 0 ? ["Ingress"] : []), ...(egress.length > 0 ? ["Egress"] : [])],
        ...(ingress.length > 0 ? { ingress: joined(ingress).map(({ peers, ports }) => ({ from: peers, ports })) } : {}),
        ...(egress.length > 0 ? { egress: joined(egress).map(({ peers, ports }) => ({ to: peers, ports })) } : {}),
      },
    }));
}

/** Every namespace gets these rules: one peer for all namespaces with equal pod labels keeps them short. */
function rulesForEveryone(
  sides: readonly { other: Peer; edge: Edge }[],
  apiServerCidrs: readonly string[],
): PeerRule[] {
  const rules: PeerRule[] = [];
  const like = new Map<string, { namespaces: string[]; labels: Pods["labels"]; ports: PolicyPort[] }>();
  for (const { other, edge } of sides) {
    const ports = policyPorts(edge);
    if (other.kind !== "pods") {
      rules.push({ peers: policyPeers(other, apiServerCidrs), ports });
      continue;
    }
    const id = stableJson([ports, { labels: other.labels }]);
    const entry = like.get(id) ?? { namespaces: [], labels: other.labels, ports };
    entry.namespaces.push(other.namespace);
    like.set(id, entry);
  }
  const forPods = [...like.values()].map(({ namespaces, labels, ports }) => ({
    peers: [podPeer(namespaces, labels)],
    ports,
  }));
  return [...rules, ...forPods];
}

/** One rule for all peers with the same ports, so that a consumer adds one line to a policy, not a rule. */
function joined(rules: readonly PeerRule[]): PeerRule[] {
  const byPorts = new Map<string, { ports: PolicyPort[]; peers: Map<string, PolicyPeer> }>();
  for (const { ports, peers } of rules) {
    const id = stableJson(ports);
    const entry = byPorts.get(id) ?? { ports, peers: new Map<string, PolicyPeer>() };
    for (const peer of peers) entry.peers.set(stableJson(peer), peer);
    byPorts.set(id, entry);
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
      return (peer.cidrs ?? anyAddress).map((cidr) => ({ ipBlock: { cidr } }));
    case "pods":
      return [podPeer([peer.namespace], peer.labels)];
  }
}

/** Pods of some namespaces. */
function podPeer(namespaces: readonly string[], labels: Pods["labels"]): PolicyPeer {
  const [first = "", ...others] = [...new Set(namespaces)].sort(compare);
  const key = "kubernetes.io/metadata.name";
  const namespaceSelector =
    others.length === 0
      ? { matchLabels: { [key]: first } }
      : { matchExpressions: [{ key, operator: "In", values: [first, ...others] }] };
  return labels === undefined
    ? { namespaceSelector }
    : { namespaceSelector, podSelector: { matchLabels: { ...labels } } };
}

function policyPorts({ ports, protocol = "TCP" }: Edge): PolicyPort[] {
  return ports.map((port) => ({ port, protocol }));
}

/** The name of the policy of pods with some labels. @param id what distinguishes it in its namespace */
export function policyName(labels: Readonly<Record<string, string>>, id: string): string {
  const values = Object.values(labels);
  if (values.length === 0) return "allow-every-pod";
  return childName(`allow-${labels["app.kubernetes.io/component"] ?? values[0]}`, shortHash(id));
}
