import type * as pulumi from "@pulumi/pulumi";
import type { Bucket, Gateway, IdentityProvider } from "../../components/kit/bindings.ts";
import { parseBytes, parseDuration } from "../../components/kit/quantities.ts";
import { searchBucket } from "../../components/logging/credentials.ts";
import { titleOf } from "../../components/logging/graylog/configuration.ts";
import type { LoggingArgs } from "../../components/logging/logging.ts";
import { searchLabels } from "../../components/logging/opensearch.ts";
import { grafanaLabels } from "../../components/monitoring/grafana.ts";
import type { Buckets } from "../../components/storage/bucket.ts";
import {
  collectorNamespace,
  loggingNamespace,
  monitoringNamespace,
  showsLogs,
  takesSnapshots,
} from "../settings/derive.ts";
import type { Settings } from "../settings/load.ts";

const priorities = { low: 1, normal: 2, high: 3, critical: 4 } as const;

/** What other components offer to logging; undefined: the stack has none. */
interface Offered {
  readonly gateway?: Gateway | undefined;
  readonly identity?: IdentityProvider | undefined;
  readonly buckets?: Buckets | undefined;
}

/** What the settings say of logging, as the component takes it. */
export function loggingArgs(
  settings: Settings,
  serviceMonitors: pulumi.Resource | undefined,
  { gateway, identity, buckets }: Offered = {},
): LoggingArgs {
  const { logging, secrets } = settings;
  const { collector, graylog, mongodb, search } = logging;
  const bucket = takesSnapshots(settings)
    ? buckets?.bucket({ name: searchBucket, consumer: { namespace: loggingNamespace, pods: [searchLabels] } })
    : undefined;
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
