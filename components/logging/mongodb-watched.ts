import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/** What Prometheus and Grafana show of MongoDB. */
export function mongodbWatched(namespace: string): Watched {
  return { component: "mongodb", title: "MongoDB", namespace, alerts, panels };
}

/** MongoDB: metrics of the operator's agent next to each server. */
const alerts: readonly Alert[] = [
  {
    alert: "MongodbNoPrimary",
    // State 1 of a member is PRIMARY.
    expr: "max(mongodb_members_state == bool 1) == 0",
    for: "3m",
    severity: "critical",
    summary: "The MongoDB replica set has no primary: Graylog cannot write to it.",
    runbook: "mongodb",
  },
  {
    alert: "MongodbMemberDown",
    expr: "count(mongodb_members_health == 0) > 0",
    for: "10m",
    severity: "warning",
    summary: "At least one member of the MongoDB replica set is unreachable.",
    runbook: "mongodb",
  },
  {
    alert: "MongodbConnectionsNearlyUsed",
    expr: "mongodb_connections_current / (mongodb_connections_current + mongodb_connections_available) > 0.8",
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the connections of {{ $labels.pod }} are in use.",
    runbook: "mongodb",
  },
];

const panels: readonly Panel[] = [
  {
    title: "Primaries",
    kind: "now",
    unit: "short",
    queries: { primaries: "max(count by (pod) (mongodb_members_state == 1)) or vector(0)" },
  },
  {
    title: "Unreachable members",
    kind: "now",
    unit: "short",
    queries: { members: "count(mongodb_members_health == 0) or vector(0)" },
  },
  {
    title: "Connections in use",
    unit: "percentunit",
    queries: {
      "{{pod}}": "mongodb_connections_current / (mongodb_connections_current + mongodb_connections_available)",
    },
  },
  {
    title: "Operations",
    unit: "ops",
    queries: Object.fromEntries(
      ["delete", "insert", "query", "update"].map((kind) => [
        `{{pod}} ${kind}`,
        `sum by (pod) (${rate(`mongodb_opcounters_${kind}`)})`,
      ]),
    ),
  },
  {
    // The servers report units of 2^20 bytes (MongoDB, "serverStatus", mem.resident).
    title: "Server memory",
    unit: "bytes",
    queries: { "{{pod}}": "mongodb_mem_resident * 1048576" },
  },
  {
    title: "Network",
    unit: "Bps",
    queries: {
      "{{pod}} in": `sum by (pod) (${rate("mongodb_network_bytesIn")})`,
      "{{pod}} out": `-sum by (pod) (${rate("mongodb_network_bytesOut")})`,
    },
  },
];
