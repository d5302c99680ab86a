import {
  grafanaCredentials,
  grafanaDatabase,
  monitoringClients,
  thanosBucket,
} from "../../components/monitoring/credentials.ts";
import { bucketPods, grafanaLabels } from "../../components/monitoring/pods.ts";
import type { MonitoringArgs } from "../../components/monitoring/monitoring.ts";
import { thanosWatched } from "../../components/monitoring/thanos-watched.ts";
import { monitoringWatched } from "../../components/monitoring/watched.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** The namespace of the metrics' custom resource definitions, of Prometheus, Alertmanager and Grafana. */
export const monitoringNamespace = "monitoring";

/** The namespace of node-exporter alone, so that no other pod shares its Pod Security level. */
const nodesNamespace = "monitoring-nodes";

/** The custom resource definitions of metrics, which other charts need as well. */
export const definitionsPart: Part = {
  section: "monitoring",
  on: ({ monitoring }) => monitoring.serviceMonitors,
  needs: () => ({ namespaces: [{ name: monitoringNamespace }], charts: ["prometheus-operator-crds"] }),
};

export const monitoringPart: Part = {
  section: "monitoring",
  on: ({ monitoring }) => monitoring.enabled,
  needs: ({ gateway, keycloak, monitoring }) => {
    const { alertmanager, grafana, prometheus, thanos } = monitoring;
    const logins = gateway.enabled && keycloak.enabled;
    const { alertmanager: alertmanagerClient, ...clients } = monitoringClients;
    const exposed = alertmanager.exposed ? [alertmanager] : [];
    return {
      namespaces: [
        { name: monitoringNamespace, keepsData: true },
        { name: nodesNamespace, podSecurity: "privileged" },
      ],
      charts: ["kube-prometheus-stack", ...(thanos.enabled ? (["thanos"] as const) : [])],
      databases: [grafanaDatabase],
      buckets: thanos.enabled ? [thanosBucket] : [],
      clients: logins ? [...Object.values(clients), ...exposed.map(() => alertmanagerClient)] : [],
      hosts: [
        ...(gateway.enabled ? [{ host: grafana.host }] : []),
        ...(logins ? [prometheus, ...exposed].map(({ host }) => ({ host, login: true })) : []),
      ],
      credentials: Object.values(grafanaCredentials),
      watched: [
        monitoringWatched(monitoringNamespace),
        ...(thanos.enabled ? [thanosWatched(monitoringNamespace)] : []),
      ],
    };
  },
};

/** What the settings say of monitoring, as the component takes it. */
export function monitoringArgs(settings: Settings, offered: Offered): MonitoringArgs {
  const { cluster, monitoring, secrets } = settings;
  const { alertmanager, controlPlane, externalLabels, grafana, prometheus, runbooks, thanos } = monitoring;
  const { buckets, gateway, identity, logs, serviceMonitors, trust } = offered;
  if (serviceMonitors === undefined) throw new RangeError("no kinds of objects for Prometheus");
  const namespace = monitoringNamespace;
  const database = offered.database({ name: grafanaDatabase, consumer: { namespace, labels: grafanaLabels } });
  const bucket = () => buckets?.bucket({ name: thanosBucket, consumer: { namespace, pods: bucketPods } });
  return {
    namespace,
    nodesNamespace,
    nodeCidrs: cluster.nodeCidrs,
    controlPlane,
    externalLabels,
    prometheus,
    alertmanager,
    grafana,
    thanos: thanos.enabled ? thanos : undefined,
    bucket: thanos.enabled ? bucket() : undefined,
    database,
    hosts: {
      prometheus: prometheus.host,
      alertmanager: alertmanager.exposed ? alertmanager.host : undefined,
      grafana: grafana.host,
    },
    gateway,
    identityProvider: identity,
    runbooks,
    secrets,
    trusted: trust?.in(namespace),
    definitions: serviceMonitors.ready,
    logs,
  };
}
