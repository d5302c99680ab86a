import type { Edge, Peer } from "../../components/kit/ledger.ts";
import type { ParsedSettings } from "../settings/schema.ts";

/** The connections of applications that the settings declare, as edges of the network. */
export function applicationEdges({ cluster, namespaces }: Pick<ParsedSettings, "cluster" | "namespaces">): Edge[] {
  return Object.entries(namespaces).flatMap(([namespace, { connections }]) =>
    connections.map((connection): Edge => {
      const { labels, purpose } = connection;
      const own: Peer = { kind: "pods", namespace, labels };
      if (connection.kind === "apiServer")
        return { from: own, to: { kind: "apiServer" }, ports: cluster.apiServerPorts, purpose };
      const { ports, protocol } = connection;
      if (connection.kind === "within") return { from: { kind: "pods", namespace }, to: own, ports, protocol, purpose };
      const other: Peer =
        connection.kind === "namespace"
          ? { kind: "pods", namespace: connection.namespace, labels: connection.otherLabels }
          : { kind: "outside", cidrs: connection.cidrs };
      const [from, to] = connection.direction === "to" ? [own, other] : [other, own];
      return { from, to, ports, protocol, purpose };
    }),
  );
}
