import type { Bucket } from "../../components/kit/bindings.ts";
import { parseBytes, parseDuration } from "../../components/kit/quantities.ts";
import { userSecret } from "../../components/kit/secret.ts";
import { credentialsOfLogging, graylogClient, searchBucket } from "../../components/logging/credentials.ts";
import { collectorWatched } from "../../components/logging/collector/watched.ts";
import { titleOf } from "../../components/logging/graylog/configuration.ts";
import { graylogWatched } from "../../components/logging/graylog/watched.ts";
import { mongodbWatched } from "../../components/logging/mongodb-watched.ts";
import { opensearchWatched } from "../../components/logging/opensearch-watched.ts";
import type { LoggingArgs } from "../../components/logging/logging.ts";
import { searchLabels } from "../../components/logging/opensearch.ts";
import { grafanaLabels } from "../../components/monitoring/pods.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import { monitoringNamespace } from "./monitoring.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** The namespace of Graylog, its database and its search cluster. */
export const loggingNamespace = "logging";

/** The namespace of the collector alone, whose pods read the nodes' files. */
const collectorNamespace = "log-collector";

export const loggingPart: Part = {
  section: "logging",
  on: ({ logging }) => logging.enabled,
  needs: (settings) => {
    const { gateway, keycloak, logging, monitoring } = settings;
    const { collector, graylog, search } = logging;
    const own = search.kind === "opensearch";
    const entrance = gateway.enabled && keycloak.enabled;
    return {
      namespaces: [
        // Graylog's chart prepares its volume as root; raising vm.max_map_count takes a privileged container.
        {
          name: loggingNamespace,
          keepsData: true,
          podSecurity: own && search.mapCount === "init" ? "privileged" : "baseline",
        },
        ...(collector.enabled ? [{ name: collectorNamespace, podSecurity: "privileged" } as const] : []),
      ],
      charts: [
        "graylog",
        "mongodb-kubernetes",
        ...(own ? (["opensearch"] as const) : []),
        ...(collector.enabled ? (["fluent-bit"] as const) : []),
      ],
      buckets: takesSnapshots(settings) ? [searchBucket] : [],
      clients: entrance ? [graylogClient] : [],
      hosts: entrance ? [{ host: graylog.host, login: true }] : [],
      credentials: credentialsOfLogging(search, { metrics: monitoring.serviceMonitors, reader: showsLogs(settings) }),
      watched: [
        graylogWatched(loggingNamespace),
        mongodbWatched(loggingNamespace),
        ...(own ? [opensearchWatched(loggingNamespace, takesSnapshots(settings))] : []),
        ...(collector.enabled ? [collectorWatched(collectorNamespace)] : []),
      ],
    };
  },
};

/** Whether the stack's own search cluster keeps snapshots in a bucket. */
function takesSnapshots({ logging: { search } }: ParsedSettings): boolean {
  return search.kind === "opensearch" && search.snapshots.enabled;
}

/** Whether Grafana reads the logs of the stack's own search cluster. */
function showsLogs({ logging: { search }, monitoring }: ParsedSettings): boolean {
  return monitoring.enabled && monitoring.grafana.logs.enabled && search.kind === "opensearch";
}

const priorities = { low: 1, normal: 2, high: 3, critical: 4 } as const;

/** What the settings say of logging, as the component takes it. */
export function loggingArgs(
  settings: Settings,
  offered: Pick<Offered, "buckets" | "gateway" | "identity" | "serviceMonitors" | "trust">,
): LoggingArgs {
  const { logging, secrets } = settings;
  const { collector, mongodb, search } = logging;
  const { buckets, gateway, identity, serviceMonitors, trust } = offered;
  const bucket = takesSnapshots(settings)
    ? buckets?.bucket({ name: searchBucket, consumer: { namespace: loggingNamespace, pods: [searchLabels] } })
    : undefined;
  return {
    namespace: loggingNamespace,
    collectorNamespace,
    mongodb,
    search: searchArgs(search, secrets, bucket),
    graylog: graylogArgs(logging.graylog),
    collector: {
      enabled: collector.enabled,
      transport: collector.transport,
      journal: collector.journal === "/none" ? undefined : collector.journal,
      bufferMegabytes: Math.floor(parseBytes(collector.buffer) / 2 ** 20),
      resources: collector.resources,
    },
    trusted: trust?.in(loggingNamespace),
    serviceMonitors,
    reader: showsLogs(settings) ? { namespace: monitoringNamespace, labels: grafanaLabels } : undefined,
    // The gateway alone does not tell Graylog who a user is.
    entrance: gateway && identity && { gateway, identity },
  };
}

function graylogArgs(graylog: Settings["logging"]["graylog"]): LoggingArgs["graylog"] {
  const { defaultIndexSet, groups, heap, host, inputs, journal, otherwise } = graylog;
  const { processors, replicas, resources, storage, streams, users } = graylog;
  return {
    host,
    replicas,
    heap,
    resources,
    storage,
    journal,
    processors,
    groups,
    otherwise: otherwise === "none" ? null : otherwise,
    inputs,
    indexSets: graylog.indexSets.map((set) => ({ ...set, maxSize: parseBytes(set.maxSize) })),
    defaultIndexSet,
    streams,
    rules: graylog.rules.map(({ source }) => ({ source, title: titleOf(source) ?? "" })),
    pipelines: graylog.pipelines.map(({ source, streams: of }) => ({
      source,
      streams: of,
      title: titleOf(source) ?? "",
    })),
    alerts: graylog.alerts.map(({ title, stream, query, above, within, priority }) => ({
      title,
      stream,
      query,
      above,
      withinMs: parseDuration(within) * 1000,
      priority: priorities[priority],
    })),
    users,
  };
}

function searchArgs(
  { kind, external, heap, mapCount, replicas, resources, snapshots, storage }: Settings["logging"]["search"],
  secrets: Settings["secrets"],
  bucket: Bucket | undefined,
): LoggingArgs["search"] {
  if (kind === "opensearch")
    return {
      kind,
      replicas,
      heap,
      resources,
      storage,
      mapCount,
      snapshots: snapshots.enabled && bucket ? { shape: snapshots, bucket } : undefined,
    };
  if (external === undefined) throw new RangeError("the external search cluster has no address");
  const { cidrs, hostsSecret, port } = external;
  return { kind, hosts: userSecret(secrets, hostsSecret), port, cidrs };
}
