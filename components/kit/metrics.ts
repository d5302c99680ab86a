import type { Resource } from "@pulumi/pulumi";
import type { Edge, Peer } from "./ledger.ts";

/** What reads metrics: its pods, and the release with the kinds ServiceMonitor and PodMonitor, which tell it where to look. */
export interface MetricsReader {
  readonly peer: Peer;
  readonly ready: Resource;
}

/**
 * The edge by which metrics are read at ports of pods.
 * @param reader undefined: nothing reads metrics, and there is no edge
 */
export function metricsEdges(reader: MetricsReader | undefined, to: Peer, ports: readonly number[]): Edge[] {
  return reader === undefined ? [] : [{ from: reader.peer, to, ports, purpose: "metrics" }];
}

/** What a ServiceMonitor and a chart with one wait for. */
export function monitorKinds(reader: MetricsReader | undefined): Resource[] {
  return reader === undefined ? [] : [reader.ready];
}
