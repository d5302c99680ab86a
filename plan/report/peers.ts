import type { Edge, Peer } from "../../components/kit/ledger.ts";
import { compare } from "../../components/kit/stable.ts";

type Labels = Readonly<Record<string, string>>;

/** One side of a connection in words. */
export function peerText(peer: Peer): string {
  switch (peer.kind) {
    case "pods": {
      const labels = shortLabels(peer.labels ?? {});
      return labels.length === 0
        ? `every pod of ${peer.namespace}`
        : `pods of ${peer.namespace} with ${labels.join(", ")}`;
    }
    case "cluster":
      return "every pod of the cluster";
    case "apiServer":
      return "the API server";
    case "outside":
      return peer.cidrs === undefined ? "any address outside" : `outside: ${[...peer.cidrs].sort(compare).join(", ")}`;
  }
}

/** One side of a connection in few words: `sysdb: pgpool`. */
export function peerName(peer: Peer): string {
  if (peer.kind !== "pods" || Object.keys(peer.labels ?? {}).length === 0)
    return peer.kind === "pods" ? peer.namespace : peerText(peer);
  return `${peer.namespace}: ${partName(peer.labels ?? {})}`;
}

/** Ports with their protocol where it is not TCP: `514/UDP`. */
export function portText({ ports, protocol = "TCP" }: Pick<Edge, "ports" | "protocol">): string {
  return ports.map((port) => (protocol === "TCP" ? String(port) : `${port}/${protocol}`)).join(", ");
}

/** Labels by the last part of their keys: `component=pgpool`. */
export function shortLabels(labels: Labels): string[] {
  return sorted(labels).map(([key, value]) => `${lastPart(key)}=${value}`);
}

/** What pods are called that have nothing but labels: their component, their name, or what the first label says. */
export function partName(labels: Labels): string {
  const [key = "", value = ""] = sorted(labels)[0] ?? [];
  return (
    labels["app.kubernetes.io/component"] ??
    labels["app.kubernetes.io/name"] ??
    (value === "true" ? lastPart(key) : value)
  );
}

function sorted(labels: Labels): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => compare(a, b));
}

function lastPart(key: string): string {
  return key.split("/").at(-1) ?? key;
}
