// Kubernetes NetworkPolicy as its API reference describes it (networking.k8s.io/v1), apart from what makes the policies, so
// that the two cannot share a mistake.
import { BlockList, isIPv6 } from "node:net";

export type Protocol = "TCP" | "UDP" | "SCTP";

/** A pod as policies see it. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip: string;
  /** The ports of its containers that have a name. */
  readonly namedPorts?: Readonly<Record<string, { readonly port: number; readonly protocol?: Protocol }>>;
}

/** One side of a connection: a pod, or an address that is no pod's. */
export type Endpoint = Pod | { readonly ip: string };

export interface Connection {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly protocol?: Protocol;
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

interface PeerSpec {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface PortSpec {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

/** A NetworkPolicy object. */
export interface NetworkPolicy {
  readonly metadata: { readonly namespace: string; readonly name?: string };
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly { readonly from?: readonly PeerSpec[]; readonly ports?: readonly PortSpec[] }[];
    readonly egress?: readonly { readonly to?: readonly PeerSpec[]; readonly ports?: readonly PortSpec[] }[];
  };
}

/** What policies hold in: the labels of each namespace, and the policies. */
export interface Cluster {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly policies: readonly NetworkPolicy[];
}

export type Direction = "Ingress" | "Egress";

interface Side {
  readonly cluster: Cluster;
  readonly own: Pod;
  readonly direction: Direction;
}

/**
 * Whether a connection is allowed: by the egress of a pod that opens it and the ingress of a pod that receives it. Addresses
 * outside are bound by no policy, and no pod can block itself.
 */
export function allows(cluster: Cluster, { from, to, port, protocol = "TCP" }: Connection): boolean {
  return between(cluster, from, to)(port, protocol);
}

/** Which ports are allowed between two sides: worked out once for the many ports that a test asks for. */
export function between(cluster: Cluster, from: Endpoint, to: Endpoint): (port: number, protocol: Protocol) => boolean {
  if (isPod(from) && isPod(to) && from.namespace === to.namespace && from.name === to.name) return () => true;
  const out = isPod(from) ? permitted({ cluster, own: from, direction: "Egress" }, to) : undefined;
  const into = isPod(to) ? permitted({ cluster, own: to, direction: "Ingress" }, from) : undefined;
  const opens = (rules: readonly Ports[] | undefined, port: number, protocol: Protocol) =>
    rules === undefined ||
    // An empty or missing list restricts nothing.
    rules.some((ports) => ports.length === 0 || ports.some((entry) => isPort(entry, to, port, protocol)));
  return (port, protocol) => opens(out, port, protocol) && opens(into, port, protocol);
}

type Ports = readonly PortSpec[];

/** The policies that isolate a pod in a direction: with none of them everything is allowed. */
export function isolating({ cluster, own, direction }: Side): NetworkPolicy[] {
  const known = isolation.get(cluster) ?? new Map<string, NetworkPolicy[]>();
  isolation.set(cluster, known);
  const id = JSON.stringify([own.namespace, own.labels, direction]);
  const policies =
    known.get(id) ??
    cluster.policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === own.namespace &&
        selects(spec.podSelector ?? {}, own.labels) &&
        policyTypes(spec).includes(direction),
    );
  known.set(id, policies);
  return policies;
}

/** What was found already: a test asks for many connections of few pods. */
const isolation = new WeakMap<Cluster, Map<string, NetworkPolicy[]>>();

/** What a policy restricts where it does not say: ingress always, egress only with egress rules. */
function policyTypes({ policyTypes = [], egress = [] }: NetworkPolicy["spec"]): readonly string[] {
  if (policyTypes.length > 0) return policyTypes;
  return egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

/** The ports of each rule that takes the other side; undefined where no policy restricts this one. */
function permitted(side: Side, other: Endpoint): Ports[] | undefined {
  const policies = isolating(side);
  if (policies.length === 0) return undefined;
  const rules = (spec: NetworkPolicy["spec"]) =>
    side.direction === "Ingress"
      ? (spec.ingress ?? []).map(({ from: peers, ports }) => ({ peers, ports }))
      : (spec.egress ?? []).map(({ to: peers, ports }) => ({ peers, ports }));
  return policies.flatMap(({ metadata, spec }) =>
    rules(spec).flatMap(({ peers = [], ports = [] }) =>
      // An empty or missing list restricts nothing.
      peers.length === 0 || peers.some((peer) => isPeer(side.cluster, metadata.namespace, peer, other)) ? [ports] : [],
    ),
  );
}

function isPeer({ namespaces }: Cluster, ownNamespace: string, peer: PeerSpec, other: Endpoint): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock !== undefined) {
    if (namespaceSelector !== undefined || podSelector !== undefined)
      throw new TypeError("a peer with ipBlock may have no selector");
    return inRange(other.ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((except) => inRange(other.ip, except));
  }
  if (namespaceSelector === undefined && podSelector === undefined) throw new TypeError("a peer may not be empty");
  if (!isPod(other)) return false;
  const inNamespace =
    namespaceSelector === undefined
      ? other.namespace === ownNamespace
      : selects(namespaceSelector, namespaces[other.namespace] ?? {});
  return inNamespace && (podSelector === undefined || selects(podSelector, other.labels));
}

/** Whether a rule's port is that of the connection. A name is that of a port of the receiving pod. */
function isPort(entry: PortSpec, to: Endpoint, port: number, protocol: Protocol): boolean {
  if ((entry.protocol ?? "TCP") !== protocol) return false;
  if (entry.port === undefined) return true;
  if (typeof entry.port === "string") {
    const named = isPod(to) ? to.namedPorts?.[entry.port] : undefined;
    return named !== undefined && named.port === port && (named.protocol ?? "TCP") === protocol;
  }
  return port >= entry.port && port <= (entry.endPort ?? entry.port);
}

/** An empty selector selects everything; all its requirements must hold. */
function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>>) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          throw new TypeError(`no label selector operator ${operator}`);
      }
    })
  );
}

/** Whether an address is in a range (CIDR) of its own family. */
export function inRange(ip: string, cidr: string): boolean {
  const [network = "", prefix = ""] = cidr.split("/");
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  if (isIPv6(ip) !== isIPv6(network)) return false;
  const list = ranges.get(cidr) ?? new BlockList();
  if (!ranges.has(cidr)) list.addSubnet(network, Number(prefix), family);
  ranges.set(cidr, list);
  return list.check(ip, family);
}

const ranges = new Map<string, BlockList>();

export function isPod(endpoint: Endpoint): endpoint is Pod {
  return "namespace" in endpoint;
}
