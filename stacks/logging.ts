import type * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../components/kit/bindings.ts";
import { parseBytes, parseDuration } from "../components/kit/quantities.ts";
import { titleOf } from "../components/logging/graylog/configuration.ts";
import type { LoggingArgs } from "../components/logging/logging.ts";
import { grafanaLabels } from "../components/monitoring/grafana.ts";
import { collectorNamespace, loggingNamespace, monitoringNamespace, showsLogs } from "./settings/derive.ts";
import type { Settings } from "./settings/load.ts";

const priorities = { low: 1, normal: 2, high: 3, critical: 4 } as const;

/** What the settings say of logging, as the component takes it. */
export function loggingArgs(
  settings: Settings,
  serviceMonitors: pulumi.Resource | undefined,
  { gateway, identity, bucket }: Partial<NonNullable<LoggingArgs["entrance"]>> & { readonly bucket?: Bucket } = {},
): LoggingArgs {
  const { logging, secrets } = settings;
  const { collector, graylog, mongodb, search } = logging;
  return {
    namespace: loggingNamespace,
    collectorNamespace,
    mongodb,
    search: searchArgs(search, secrets, bucket),
    graylog: {
      ...graylog,
      otherwise: graylog.otherwise === "none" ? null : graylog.otherwise,
      indexSets: graylog.indexSets.map((set) => ({ ...set, maxSize: parseBytes(set.maxSize) })),
      rules: graylog.rules.map(({ source }) => ({ source, title: titleOf(source) ?? "" })),
      pipelines: graylog.pipelines.map(({ source, streams }) => ({ source, streams, title: titleOf(source) ?? "" })),
      alerts: graylog.alerts.map(({ title, stream, query, above, within, priority }) => ({
        title,
        stream,
        query,
        above,
        withinMs: parseDuration(within) * 1000,
        priority: priorities[priority],
      })),
    },
    collector: {
      ...collector,
      journal: collector.journal === "/none" ? undefined : collector.journal,
      bufferMegabytes: Math.floor(parseBytes(collector.buffer) / 2 ** 20),
    },
    serviceMonitors,
    reader: showsLogs(settings) ? { namespace: monitoringNamespace, labels: grafanaLabels } : undefined,
    // Nobody comes in by the gateway unless somebody says who it is.
    ...(gateway === undefined || identity === undefined ? {} : { entrance: { gateway, identity } }),
  };
}

function searchArgs(
  { kind, external, snapshots, ...own }: Settings["logging"]["search"],
  secrets: Settings["secrets"],
  bucket: Bucket | undefined,
): LoggingArgs["search"] {
  if (kind === "opensearch")
    return { kind, ...own, snapshots: snapshots.enabled && bucket ? { shape: snapshots, bucket } : undefined };
  const hosts = external === undefined ? undefined : secrets[external.hostsSecret];
  if (external === undefined || hosts === undefined)
    throw new RangeError("the search cluster that exists has no address");
  return { kind, hosts, port: external.port, cidrs: external.cidrs };
}
