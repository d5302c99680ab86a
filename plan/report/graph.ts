import type { Edge, Peer } from "../../components/kit/ledger.ts";
import { formatBytes, parseBytes } from "../../components/kit/quantities.ts";
import { compare, stableJson } from "../../components/kit/stable.ts";
import type { Plan } from "../plan.ts";
import { cloudOf } from "./cloud.ts";
import { folded } from "./folding.ts";
import { partName, portText } from "./peers.ts";
import type { Box, Graph, Link } from "./picture.ts";
import { withoutSpokes } from "./spokes.ts";
import { workloads } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

type Source = Pick<Plan, "ledger" | "objects" | "rendered" | "resources">;

/** Hosts that a box lists by name. */
const shownHosts = 4;

/**
 * The picture of a plan: namespaces as groups, their pods as boxes, what lies outside as boxes of its own, and a line for each
 * pair that talks, with everything it talks about. Namespaces of consumers that look the same become one, and what nearly all
 * pods do is said in their boxes.
 */
export function graphOf(plan: Source): Graph {
  const pods = podBoxes(workloads(plan));
  const selected = new Map<string, Box>();
  const outer = new Map<string, Box>();
  const ends = (peer: Peer): string[] => {
    if (peer.kind !== "pods") {
      const box = outerBox(peer);
      outer.set(box.id, box);
      return [box.id];
    }
    const { namespace, labels } = peer;
    if (labels === undefined || Object.keys(labels).length === 0) return [groupId(namespace)];
    const found = matching(pods, namespace, labels);
    if (found.length > 0) return found.map(({ box }) => box.id);
    const box = selectedBox(namespace, labels);
    selected.set(box.id, box);
    return [box.id];
  };
  const all = joined(
    plan.ledger.edges.flatMap((edge) =>
      ends(edge.from).flatMap((from) => ends(edge.to).map((to) => ({ from, to, edge }))),
    ),
  );
  const readers = new Set(plan.ledger.metricsReaders.map((peer) => stableJson(peer)));
  const scrapes = plan.ledger.edges.filter(({ from }) => readers.has(stableJson(from)));
  const { links, said } = withoutSpokes(all, new Set(scrapes.flatMap(({ from }) => ends(from))));
  const used = new Set(links.flatMap(({ from, to }) => [from, to]));
  const loops = new Map(links.filter(({ from, to }) => from === to).map((link) => [link.from, link]));
  const outside = [...outer.values()].filter(({ id }) => used.has(id));
  const boxes = [...pods.map(({ box }) => box), ...selected.values(), ...outside].map((box) => ({
    ...box,
    lines: [...box.lines, ...loopLine(loops.get(box.id)), ...(said.get(box.id) ?? [])],
  }));
  const groups = namespacesOf(plan).map((name) => {
    const id = groupId(name);
    return { id, title: name, lines: said.get(id) ?? [] };
  });
  const hosts = plan.ledger.hosts.map(({ host, tlsSecret }) => ({
    host,
    group: tlsSecret === undefined ? undefined : groupId(tlsSecret.namespace),
  }));
  const graph = folded({ boxes, groups, links: links.filter(({ from, to }) => from !== to) }, hosts);
  return inOrder(joinedWith(withHosts(graph, graph.hosts), cloudOf(plan.resources)));
}

/** What a line says: what it is for, and the ports. Several purposes that start alike are counted. */
export function linkLabel({ purposes, ports }: Pick<Link, "purposes" | "ports">): string[] {
  const [first = "", ...rest] = purposes;
  const words = first.split(" ");
  const same = words.findIndex((word, index) => rest.some((purpose) => purpose.split(" ")[index] !== word));
  const purpose =
    rest.length === 0
      ? first
      : same > 0
        ? `${words.slice(0, same).join(" ")} … ×${purposes.length}`
        : `${first} +${rest.length}`;
  return [purpose, ports.join(", ")].filter((line) => line !== "");
}

interface Pods {
  readonly box: Box;
  readonly namespace: string;
  readonly members: readonly Workload[];
}

/** A box for each set of like pods, and one for all Jobs of a component in a namespace: there may be hundreds. */
function podBoxes(all: readonly Workload[]): Pods[] {
  const jobs = Map.groupBy(
    all.filter(({ kind }) => kind === "Job"),
    ({ namespace, component }) => `jobs/${namespace}/${component}`,
  );
  const lasting = all.filter(({ kind }) => kind !== "Job");
  return [
    ...lasting.map((workload): Pods => {
      const { namespace, name, kind, replicas } = workload;
      const id = `pods/${namespace}/${kind}/${name}`;
      const lines = [kind === "DaemonSet" ? "DaemonSet, one a node" : `${kind} × ${replicas}`, ...claimLine(workload)];
      return {
        box: { id, kind: "pods", title: name, lines, group: groupId(namespace) },
        namespace,
        members: [workload],
      };
    }),
    ...[...jobs].flatMap(([id, members]): Pods[] => {
      const [first] = members;
      if (first === undefined) return [];
      const { namespace, component, name } = first;
      const title = members.length === 1 ? name : `${members.length} Jobs of ${component}`;
      const lines = members.length === 1 ? ["Job"] : [];
      return [{ box: { id, kind: "jobs", title, lines, group: groupId(namespace) }, namespace, members }];
    }),
  ];
}

function claimLine({ claims = [], replicas }: Workload): string[] {
  const bytes = claims.reduce((total, { size }) => total + parseBytes(size), 0);
  return bytes === 0 ? [] : [replicas === 1 ? formatBytes(bytes) : `${replicas} × ${formatBytes(bytes)}`];
}

/**
 * The pods that labels select. The labels of the pods of a chart that was not rendered are unknown: charts name them after the release
 * and the part, and some the main part after the release alone.
 */
function matching(all: readonly Pods[], namespace: string, labels: Readonly<Record<string, string>>): Pods[] {
  const here = all.filter((pods) => pods.namespace === namespace);
  const known = here.filter(({ members }) =>
    members.some(({ template }) => Object.entries(labels).every(([key, value]) => template?.labels[key] === value)),
  );
  if (known.length > 0) return known;
  const unknown = here.filter(({ members }) => members.every(({ template }) => template === undefined));
  const named = (name: string) => unknown.filter(({ members }) => members.some((member) => member.name === name));
  const part = named(`${labels["app.kubernetes.io/instance"]}-${labels["app.kubernetes.io/component"]}`);
  return part.length > 0 ? part : Object.values(labels).flatMap(named).slice(0, 1);
}

function selectedBox(namespace: string, labels: Readonly<Record<string, string>>): Box {
  const id = `selected/${namespace}/${stableJson(labels)}`;
  return { id, kind: "selected", title: partName(labels), lines: ["pods of that label"], group: groupId(namespace) };
}

function outerBox(peer: Exclude<Peer, { kind: "pods" }>): Box {
  switch (peer.kind) {
    case "apiServer":
      return { id: "apiServer", kind: "apiServer", title: "API server", lines: ["Kubernetes"] };
    case "cluster":
      return { id: "cluster", kind: "cluster", title: "Every pod", lines: ["of the cluster"] };
    case "outside": {
      const cidrs = [...(peer.cidrs ?? [])].sort(compare);
      const more = cidrs.length > 3 ? [`and ${cidrs.length - 3} more`] : [];
      const lines = cidrs.length === 0 ? ["any address"] : [...cidrs.slice(0, 3), ...more];
      return { id: `outside/${cidrs.join()}`, kind: "outside", title: "Outside", lines };
    }
  }
}

/** One line for each pair, whatever number of edges they have. */
function joined(all: readonly { from: string; to: string; edge: Edge }[]): Link[] {
  const pairs = Map.groupBy(all, ({ from, to }) => stableJson([from, to]));
  return [...pairs].flatMap(([id, edges]): Link[] => {
    const [first] = edges;
    if (first === undefined) return [];
    const purposes = unique(edges.map(({ edge }) => edge.purpose)).sort(compare);
    const ports = unique(
      edges
        .flatMap(({ edge }) => edge.ports.map((port) => ({ port, text: portText({ ...edge, ports: [port] }) })))
        .sort((a, b) => a.port - b.port || compare(a.text, b.text))
        .map(({ text }) => text),
    );
    return [{ id, from: first.from, to: first.to, kind: "connection", purposes, ports }];
  });
}

function loopLine(loop: Link | undefined): string[] {
  return loop === undefined ? [] : [`↔ ${linkLabel(loop).join(" ")}`];
}

/** Every namespace that the stack makes, that has pods of it, or that an edge leads to. */
function namespacesOf({ ledger, objects }: Source): string[] {
  const peers = ledger.edges.flatMap(({ from, to }) => [from, to]);
  return unique([
    ...objects.filter(({ kind }) => kind === "Namespace").map(({ name }) => name),
    ...ledger.podGroups.map(({ namespace }) => namespace),
    ...peers.flatMap((peer) => (peer.kind === "pods" ? [peer.namespace] : [])),
    ...ledger.hosts.flatMap(({ tlsSecret }) => (tlsSecret === undefined ? [] : [tlsSecret.namespace])),
  ]);
}

/** A box for the hosts of each group, and one for those that lead nowhere. */
function withHosts(graph: Graph, hosts: readonly { host: string; group?: string }[]): Graph {
  const byGroup = [...Map.groupBy(hosts, ({ group }) => group)];
  const boxes = byGroup.map(([group, members]): Box => {
    const names = members.map(({ host }) => host).sort(compare);
    const rest = names.length - shownHosts;
    const lines = names.length === 1 ? [] : [...names.slice(0, shownHosts), ...(rest > 0 ? [`and ${rest} more`] : [])];
    const title = names.length === 1 ? (names[0] ?? "") : `${names.length} hosts`;
    return { id: `hosts/${group ?? ""}`, kind: "hosts", title, lines };
  });
  const links = byGroup.flatMap(([group]): Link[] =>
    group === undefined
      ? []
      : [{ id: `serves/${group}`, from: `hosts/${group}`, to: group, kind: "serves", purposes: [], ports: [] }],
  );
  return { boxes: [...graph.boxes, ...boxes], groups: graph.groups, links: [...graph.links, ...links] };
}

function joinedWith(one: Graph, other: Graph): Graph {
  return {
    boxes: [...one.boxes, ...other.boxes],
    groups: [...one.groups, ...other.groups],
    links: [...one.links, ...other.links],
  };
}

function inOrder({ boxes, groups, links }: Graph): Graph {
  const byId = <T extends { readonly id: string }>(all: readonly T[]) => [...all].sort((a, b) => compare(a.id, b.id));
  return { boxes: byId(boxes), groups: byId(groups), links: byId(links) };
}

function groupId(namespace: string): string {
  return `namespace/${namespace}`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
