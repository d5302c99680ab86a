import { BlockList, isIP } from "node:net";
import type { Edge, Peer } from "../../components/kit/ledger.ts";
import { stableJson } from "../../components/kit/stable.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { allContainers } from "../pods.ts";
import { inventoryOf, selects, selectsAll } from "./inventory.ts";
import type { Pod } from "./inventory.ts";
import { at, list, record, records, text, textMap, texts } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";

export type Direction = "Ingress" | "Egress";

export const directions = ["Ingress", "Egress"] as const;

/** A network policy with its rules by direction. */
export interface Policy {
  readonly object: PlannedObject;
  readonly selector: unknown;
  /** The directions in which it denies connections that no rule allows. */
  readonly directions: readonly Direction[];
  readonly rules: Readonly<Record<Direction, readonly PolicyRule[]>>;
}

export interface PolicyRule {
  /** Empty: all peers. */
  readonly peers: readonly Data[];
  /** Empty: all ports. */
  readonly ports: readonly Data[];
  /** The peers as text, for a lookup without a loop over all of them. */
  readonly texts: ReadonlySet<string>;
}

/** The policies of a plan. */
export interface Policies {
  readonly all: readonly Policy[];
  /** Policies of a direction that certainly select every pod with some labels; without labels, every pod of the namespace. */
  readonly of: (direction: Direction, namespace: string, labels?: Readonly<Record<string, string>>) => Policy[];
}

const known = new WeakMap<Plan, Policies>();

/** The policies of a plan, read once. */
export function policiesOf(plan: Plan): Policies {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const all = inventoryOf(plan).ofKind("NetworkPolicy").map(policyOf);
  // By namespace and one selected label, so that an edge is compared with few policies.
  const index = Map.groupBy(all, ({ object, selector }) => {
    const [first] = Object.entries(textMap(at(selector, "matchLabels")));
    return `${object.namespace ?? ""} ${first?.join("=") ?? ""}`;
  });
  const policies: Policies = {
    all,
    of: (direction, namespace, labels) =>
      ["", ...Object.entries(labels ?? {}).map((label) => label.join("="))]
        .flatMap((id) => index.get(`${namespace} ${id}`) ?? [])
        .filter(
          (policy) =>
            policy.directions.includes(direction) &&
            (selectsAll(policy.selector) || (labels !== undefined && selects(policy.selector, labels))),
        ),
  };
  known.set(plan, policies);
  return policies;
}

/**
 * Whether a rule of a policy in a namespace allows a connection with a peer.
 * @param names of the port at the server's pods
 */
export function allows(
  rule: PolicyRule,
  namespace: string,
  peer: Peer,
  port: number,
  { protocol = "TCP" }: Pick<Edge, "protocol">,
  plan: Plan,
  names: ReadonlySet<string>,
): boolean {
  return portFits(rule.ports, port, protocol, names) && peerFits(rule, peer, namespace, plan);
}

/** Whether a rule admits some peer at a port of a pod. */
export function admits(rule: PolicyRule, port: number, protocol: string, pod: Pod): boolean {
  return portFits(rule.ports, port, protocol, portNames([pod], port, protocol));
}

/** The names that pods give a port: a policy can name it instead of its number. */
export function portNames(pods: readonly Pod[], port: number, protocol = "TCP"): ReadonlySet<string> {
  const ports = pods.flatMap((pod) => allContainers(pod).flatMap((container) => container.ports));
  return new Set(
    ports
      .filter((one) => one["containerPort"] === port && (one["protocol"] ?? "TCP") === protocol)
      .flatMap(({ name }) => text(name) ?? []),
  );
}

function policyOf(object: PlannedObject): Policy {
  const spec = record(object.manifest["spec"]);
  const rules = (key: string, peersKey: string) =>
    records(spec[key]).map((rule) => {
      const peers = records(rule[peersKey]);
      return { peers, ports: records(rule["ports"]), texts: new Set(peers.map((peer) => JSON.stringify(peer))) };
    });
  const types = texts(spec["policyTypes"]);
  return {
    object,
    selector: spec["podSelector"],
    // Kubernetes API, "NetworkPolicySpec": without policyTypes it applies to ingress, and to egress if it has egress rules.
    directions: directions.filter((direction) =>
      types.length > 0 ? types.includes(direction) : direction === "Ingress" || list(spec["egress"]).length > 0,
    ),
    rules: { Ingress: rules("ingress", "from"), Egress: rules("egress", "to") },
  };
}

function portFits(ports: readonly Data[], wanted: number, wantedProtocol: string, names: ReadonlySet<string>): boolean {
  return (
    ports.length === 0 ||
    ports.some(({ port, endPort, protocol = "TCP" }) => {
      if (protocol !== wantedProtocol) return false;
      if (typeof port === "string") return names.has(port);
      if (typeof port !== "number") return port === undefined;
      return typeof endPort === "number" ? port <= wanted && wanted <= endPort : port === wanted;
    })
  );
}

function peerFits(rule: PolicyRule, peer: Peer, namespace: string, plan: Plan): boolean {
  if (rule.peers.length === 0) return true;
  switch (peer.kind) {
    case "pods":
      // Most rules are equal as text, which saves a loop over all peers for each edge.
      return rule.texts.has(written(peer)) || rule.peers.some((one) => selectsPods(one, peer, namespace, plan));
    case "cluster":
      return rule.peers.some(
        ({ namespaceSelector, podSelector }) =>
          namespaceSelector !== undefined && selectsAll(namespaceSelector) && selectsAll(podSelector),
      );
    case "apiServer":
      return addressesFit(rule.peers, plan.settings.cluster.apiServerCidrs);
    case "outside":
      return addressesFit(rule.peers, peer.cidrs ?? ["0.0.0.0/0", "::/0"]);
  }
}

/** A pod selector in the format that the Network component writes. */
function written({ namespace, labels }: Peer & { kind: "pods" }): string {
  const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  return stableJson(
    labels === undefined ? { namespaceSelector } : { namespaceSelector, podSelector: { matchLabels: labels } },
  );
}

function selectsPods(
  { ipBlock, namespaceSelector, podSelector }: Data,
  { namespace, labels }: Peer & { kind: "pods" },
  own: string,
  plan: Plan,
): boolean {
  if (ipBlock !== undefined) return false;
  const ofNamespace = inventoryOf(plan).namespaces.get(namespace) ?? { "kubernetes.io/metadata.name": namespace };
  const there = namespaceSelector === undefined ? own === namespace : selects(namespaceSelector, ofNamespace);
  return there && (selectsAll(podSelector) || (labels !== undefined && selects(podSelector, labels)));
}

function addressesFit(peers: readonly Data[], cidrs: readonly string[]): boolean {
  const blocks = peers.flatMap(({ ipBlock }) =>
    list(at(ipBlock, "except")).length === 0 ? (text(at(ipBlock, "cidr")) ?? []) : [],
  );
  return cidrs.every((cidr) => blocks.some((block) => block === cidr || contains(block, cidr)));
}

/** Whether one range of addresses (CIDR) is part of another. */
function contains(outer: string, inner: string): boolean {
  const [whole, part] = [rangeOf(outer), rangeOf(inner)];
  if (whole?.family !== part?.family || whole === undefined || part === undefined) return false;
  const block = new BlockList();
  block.addSubnet(whole.address, whole.prefix, whole.family);
  return whole.prefix <= part.prefix && block.check(part.address, part.family);
}

function rangeOf(cidr: string) {
  const [address = "", prefix = ""] = cidr.split("/");
  const version = isIP(address);
  const valid = version !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32);
  return valid ? ({ address, prefix: Number(prefix), family: `ipv${version as 4 | 6}` } as const) : undefined;
}
