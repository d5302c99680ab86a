import { apiServerPorts, prometheus } from "../kit/ledger.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { receiverPorts } from "./alertmanager.ts";
import { gossipPort, grafanaLabels, grafanaPort } from "./grafana.ts";
import { controlPlanePorts, names } from "./shape.ts";
import type { MonitoringShape } from "./shape.ts";

export const prometheusPort = 9090;
export const alertmanagerPort = 9093;

/** The port of the operator's webhook and of its metrics. */
const operatorPort = 10250;

/** The port of the side-car that reloads configurations, for its metrics (Prometheus operator, "config-reloader"). */
const reloaderPort = 8080;

/** The ports of the metrics of node-exporter and of kubelets, at the addresses of their nodes. */
const nodePorts = [9100, 10250];

/** The labels that the operator gives to pods of an Alertmanager. */
export const alertmanagerLabels = { "app.kubernetes.io/name": "alertmanager" };

/** The labels of the chart's other pods. */
export const operatorLabels = {
  "app.kubernetes.io/component": "prometheus-operator",
  "app.kubernetes.io/instance": names.release,
};
export const webhookJobLabels = {
  "app.kubernetes.io/component": "prometheus-operator-webhook",
  "app.kubernetes.io/instance": names.release,
};
export const stateMetricsLabels = {
  "app.kubernetes.io/instance": names.release,
  "app.kubernetes.io/name": "kube-state-metrics",
};

/** Every connection that monitoring makes but those to the targets of components, which they declare themselves. */
export function monitoringEdges(shape: MonitoringShape, namespace: string): Edge[] {
  const pods = (labels: Readonly<Record<string, string>>): Peer => ({ kind: "pods", namespace, labels });
  const apiServer = { to: { kind: "apiServer" }, ports: apiServerPorts } as const;
  const alertmanagers = pods(alertmanagerLabels);
  const operator = pods(operatorLabels);
  const stateMetrics = pods(stateMetricsLabels);
  const grafana = pods(grafanaLabels);
  const scrapes = (to: Peer, ports: readonly number[], purpose = "metrics"): Edge => ({
    from: prometheus,
    to,
    ports,
    purpose,
  });
  const mesh = (peer: Peer): Edge[] =>
    (["TCP", "UDP"] as const).map((protocol) => ({
      from: peer,
      to: peer,
      ports: [gossipPort],
      protocol,
      purpose: "replicas tell each other of alerts",
    }));
  const toReceivers = receiverPorts(shape.alertmanager);
  const controlPlane = shape.controlPlane.map((part) => controlPlanePorts[part]);
  return [
    { from: prometheus, ...apiServer, purpose: "Prometheus finds its targets" },
    scrapes(
      { kind: "outside", cidrs: shape.nodeCidrs },
      [...nodePorts, ...controlPlane],
      "metrics of nodes, at their own addresses",
    ),
    scrapes(
      { kind: "pods", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
      [9153],
      "metrics of the cluster's DNS",
    ),
    scrapes(prometheus, [prometheusPort, reloaderPort]),
    scrapes(alertmanagers, [alertmanagerPort, reloaderPort], "alerts, and metrics"),
    scrapes(operator, [operatorPort]),
    scrapes(stateMetrics, [8080]),
    scrapes(grafana, [grafanaPort]),
    ...(shape.alertmanager.replicas > 1 ? mesh(alertmanagers) : []),
    ...(toReceivers.length > 0
      ? [{ from: alertmanagers, to: { kind: "outside" } as const, ports: toReceivers, purpose: "alerts to receivers" }]
      : []),
    { from: operator, ...apiServer, purpose: "the operator watches its resources" },
    { from: pods(webhookJobLabels), ...apiServer, purpose: "the webhook's certificate" },
    { from: { kind: "apiServer" }, to: operator, ports: [operatorPort], purpose: "the operator's webhook" },
    { from: stateMetrics, ...apiServer, purpose: "kube-state-metrics watches objects" },
    { from: grafana, ...apiServer, purpose: "Grafana's side-car reads dashboards" },
    { from: grafana, to: prometheus, ports: [prometheusPort], purpose: "queries" },
    { from: grafana, to: alertmanagers, ports: [alertmanagerPort], purpose: "alerts and silences" },
    ...(shape.grafana.replicas > 1 ? mesh(grafana) : []),
  ];
}
