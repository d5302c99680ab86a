import { grafanaDatabase, thanosBucket } from "../../components/monitoring/credentials.ts";
import { grafanaLabels } from "../../components/monitoring/grafana.ts";
import type { MonitoringArgs } from "../../components/monitoring/monitoring.ts";
import { bucketPods } from "../../components/monitoring/thanos.ts";
import type { Postgres } from "../../components/postgres/postgres.ts";
import type { Buckets } from "../../components/storage/bucket.ts";
import { monitoredParts, monitoringNamespace, nodesNamespace } from "../settings/derive.ts";
import type { Settings } from "../settings/load.ts";

/** What the settings say of monitoring, as the component takes it. @param offered by other components */
export function monitoringArgs(
  settings: Settings,
  postgres: Postgres,
  buckets: Buckets | undefined,
  offered: Pick<MonitoringArgs, "definitions" | "logs" | "gateway" | "identityProvider">,
): MonitoringArgs {
  const { cluster, monitoring, secrets } = settings;
  const { alertmanager, grafana, prometheus, thanos } = monitoring;
  const namespace = monitoringNamespace;
  const database = postgres.database({ name: grafanaDatabase, consumer: { namespace, labels: grafanaLabels } });
  const bucket = () => buckets?.bucket({ name: thanosBucket, consumer: { namespace, pods: bucketPods } });
  return {
    ...monitoring,
    thanos: thanos.enabled ? thanos : undefined,
    bucket: thanos.enabled ? bucket() : undefined,
    nodeCidrs: cluster.nodeCidrs,
    namespace,
    nodesNamespace,
    hosts: { prometheus: prometheus.host, alertmanager: alertmanager.host, grafana: grafana.host },
    parts: monitoredParts(settings),
    secrets,
    database,
    ...offered,
  };
}
