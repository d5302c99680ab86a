import { Pods } from "../kit/pods.ts";
import { names } from "./shape.ts";

/** The label that the operator gives the pods of Prometheus. */
export const prometheusLabels = { "app.kubernetes.io/name": "prometheus" };

/** The label that the operator gives the pods of Alertmanager. */
export const alertmanagerLabels = { "app.kubernetes.io/name": "alertmanager" };

/** The labels of Grafana's pods (chart grafana, `grafana.selectorLabels`). */
export const grafanaLabels = { "app.kubernetes.io/instance": names.release, "app.kubernetes.io/name": "grafana" };

/** The release of Thanos, and the first part of the names of what is in it. */
export const thanosName = "thanos";

/** The port of the side-car that reloads configurations, for its metrics (Prometheus operator, "config-reloader"). */
const reloader = 8080;

/** The port at which replicas tell each other of alerts. */
const gossip = 9094;

/** Ports of Thanos' programs: HTTP for metrics and health, gRPC for series. Its side-car has them too. */
const thanosPorts = { http: 10902, grpc: 10901 } as const;

/** The pods of the release of Prometheus, Alertmanager and Grafana. */
export function monitoringPods(namespace: string) {
  const component = (name: string) => ({
    "app.kubernetes.io/component": name,
    "app.kubernetes.io/instance": names.release,
  });
  return {
    servers: new Pods(namespace, prometheusLabels, {
      http: 9090,
      reloader,
      thanosHttp: thanosPorts.http,
      thanosGrpc: thanosPorts.grpc,
    }),
    alertmanagers: new Pods(namespace, alertmanagerLabels, { http: 9093, reloader, gossip }),
    // The port of its webhook is that of its metrics.
    operator: new Pods(namespace, component("prometheus-operator"), { webhook: 10250 }),
    webhookJobs: new Pods(namespace, component("prometheus-operator-webhook"), {}),
    stateMetrics: new Pods(
      namespace,
      { "app.kubernetes.io/instance": names.release, "app.kubernetes.io/name": "kube-state-metrics" },
      { metrics: 8080 },
    ),
    grafana: new Pods(namespace, grafanaLabels, { http: 3000, gossip }),
  };
}

const thanosLabels = (program: string) => ({
  "app.kubernetes.io/component": program,
  "app.kubernetes.io/instance": thanosName,
});

/** The labels of the pods that read and write the bucket. */
export const bucketPods: readonly Readonly<Record<string, string>>[] = [
  prometheusLabels,
  thanosLabels("storegateway"),
  thanosLabels("compactor"),
];

/** The pods of Thanos. The querier answers queries at a port of its own. */
export function thanosPods(namespace: string) {
  return {
    query: new Pods(namespace, thanosLabels("query"), { ...thanosPorts, query: 9090 }),
    store: new Pods(namespace, thanosLabels("storegateway"), thanosPorts),
    compactor: new Pods(namespace, thanosLabels("compactor"), thanosPorts),
  };
}
