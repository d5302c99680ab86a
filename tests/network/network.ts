// A stack's network: the policies of its plan beside the edges of its ledger.
import type { Edge, Peer } from "../../components/kit/ledger.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { cachedChart, hasHelm } from "../charts/charts.ts";
import { chartsAreRendered, planStack } from "../plans.ts";
import { once, recordStack } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { inRange, isPod } from "./evaluator.ts";
import type { Cluster, Connection, Endpoint, NetworkPolicy } from "./evaluator.ts";
import { sides } from "./pods.ts";
import type { Sides } from "./pods.ts";

export interface Network {
  readonly cluster: Cluster;
  readonly edges: readonly Edge[];
  readonly sides: Sides;
  readonly namespaces: ReadonlySet<string>;
  readonly apiServerCidrs: readonly string[];
  /** Whether the pods of charts are those of the charts themselves. */
  readonly rendered: boolean;
}

/** The network of a stack, with the pods of rendered charts where they are rendered. */
export async function networkOf(stack: TestStack): Promise<Network> {
  const recording = await recordStack(stack);
  const { ledger, settings } = recording.result;
  const releases = plannedReleases(recording.resources);
  // A plan would look for a chart that is missing on the network.
  const rendered = chartsAreRendered() && hasHelm() && releases.every(({ chart }) => cachedChart(chart) !== undefined);
  const charts = rendered ? (await planStack(stack)).rendered : [];
  const objects = [...plannedObjects(recording.resources), ...charts];
  const namespaces = objects.filter(({ kind }) => kind === "Namespace");
  const labelsOf = ({ manifest }: (typeof objects)[number]) =>
    (manifest["metadata"] as { labels?: Record<string, string> }).labels ?? {};
  return {
    cluster: {
      // The API server gives every namespace the label with its name.
      namespaces: Object.fromEntries([
        ...namespaces.map((object) => [
          object.name,
          { ...labelsOf(object), "kubernetes.io/metadata.name": object.name },
        ]),
        ...["alien", "kube-system"].map((name) => [name, { "kubernetes.io/metadata.name": name }]),
      ]) as Cluster["namespaces"],
      policies: objects
        .filter(({ kind }) => kind === "NetworkPolicy")
        .map(({ manifest }) => manifest as unknown as NetworkPolicy),
    },
    edges: ledger.edges,
    sides: sides({ objects, notRendered: rendered ? [] : releases }),
    namespaces: new Set(namespaces.map(({ name }) => name)),
    apiServerCidrs: settings.cluster.apiServerCidrs,
    rendered,
  };
}

type Declaring = Pick<Network, "edges" | "namespaces" | "apiServerCidrs">;

/**
 * The edges of a ledger that declare connections between two sides: a function of both. What lies outside is no pod of the
 * stack, whatever the range; nor is the API server.
 */
export function declaring({ edges, ...stack }: Declaring): (from: Endpoint, to: Endpoint) => readonly Edge[] {
  const sides = new Map<Endpoint, { readonly from: readonly Edge[]; readonly to: ReadonlySet<Edge> }>();
  const edgesOf = (endpoint: Endpoint) =>
    once(sides, endpoint, () => ({
      from: edges.filter((edge) => isSide(stack, edge.from, endpoint)),
      to: new Set(edges.filter((edge) => isSide(stack, edge.to, endpoint))),
    }));
  return (from, to) => edgesOf(from).from.filter((edge) => edgesOf(to).to.has(edge));
}

function isSide({ namespaces, apiServerCidrs }: Omit<Declaring, "edges">, peer: Peer, endpoint: Endpoint): boolean {
  const foreign = !isPod(endpoint) || !namespaces.has(endpoint.namespace);
  switch (peer.kind) {
    case "pods":
      return isOneOf(peer, endpoint);
    case "cluster":
      return isPod(endpoint);
    case "apiServer":
      return foreign && apiServerCidrs.some((cidr) => inRange(endpoint.ip, cidr));
    case "outside":
      return foreign && (peer.cidrs?.some((cidr) => inRange(endpoint.ip, cidr)) ?? true);
  }
}

/** Whether an endpoint is one of the pods of a peer. */
export function isOneOf({ namespace, labels = {} }: Peer & { readonly kind: "pods" }, endpoint: Endpoint): boolean {
  return (
    isPod(endpoint) &&
    endpoint.namespace === namespace &&
    Object.entries(labels).every(([key, value]) => endpoint.labels[key] === value)
  );
}

/** A connection in words, for what a test shows. */
export function inWords({ from, to, port, protocol = "TCP" }: Connection): string {
  const side = (endpoint: Endpoint) => (isPod(endpoint) ? `${endpoint.namespace}/${endpoint.name}` : endpoint.ip);
  return `${side(from)} to ${side(to)} ${protocol} ${port}`;
}
