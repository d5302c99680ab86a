import type { Environment } from "../kit/environment.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import type { Pods } from "../kit/pods.ts";
import { receiverPorts } from "./alertmanager.ts";
import { monitoringPods } from "./pods.ts";
import { controlPlanePorts } from "./shape.ts";
import type { MonitoringShape } from "./shape.ts";

/** The ports of the metrics of node-exporter and of kubelets, at the addresses of their nodes. */
const nodePorts = [9100, 10250];

/** Every connection that monitoring makes but those to the targets of components, which they declare themselves. */
export function monitoringEdges(
  shape: MonitoringShape,
  namespace: string,
  { cluster }: Pick<Environment, "cluster">,
): Edge[] {
  const { alertmanagers, grafana, operator, servers, stateMetrics, webhookJobs } = monitoringPods(namespace);
  const apiServer = { to: { kind: "apiServer" }, ports: cluster.apiServerPorts } as const;
  const scrapes = (to: Peer, ports: readonly number[], purpose = "metrics"): Edge => ({
    from: servers.peer,
    to,
    ports,
    purpose,
  });
  const mesh = (pods: Pods<"gossip">): Edge[] =>
    (["TCP", "UDP"] as const).map((protocol) => ({
      from: pods.peer,
      to: pods.peer,
      ports: [pods.port("gossip")],
      protocol,
      purpose: "replicas tell each other of alerts",
    }));
  const toReceivers = receiverPorts(shape.alertmanager);
  const controlPlane = shape.controlPlane.map((part) => controlPlanePorts[part]);
  return [
    { from: servers.peer, ...apiServer, purpose: "Prometheus finds its targets" },
    scrapes(
      { kind: "outside", cidrs: shape.nodeCidrs, nodes: true },
      [...nodePorts, ...controlPlane],
      "metrics of nodes, at their own addresses",
    ),
    scrapes(
      { kind: "pods", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
      [9153],
      "metrics of the cluster's DNS",
    ),
    scrapes(servers.peer, [servers.port("http"), servers.port("reloader")]),
    scrapes(alertmanagers.peer, [alertmanagers.port("http"), alertmanagers.port("reloader")], "alerts, and metrics"),
    scrapes(operator.peer, [operator.port("webhook")]),
    scrapes(stateMetrics.peer, [stateMetrics.port("metrics")]),
    scrapes(grafana.peer, [grafana.port("http")]),
    ...(shape.alertmanager.replicas > 1 ? mesh(alertmanagers) : []),
    ...(toReceivers.length > 0
      ? [
          {
            from: alertmanagers.peer,
            to: { kind: "outside" } as const,
            ports: toReceivers,
            purpose: "alerts to receivers",
          },
        ]
      : []),
    { from: operator.peer, ...apiServer, purpose: "the operator watches its resources" },
    { from: webhookJobs.peer, ...apiServer, purpose: "the webhook's certificate" },
    {
      from: { kind: "apiServer" },
      to: operator.peer,
      ports: [operator.port("webhook")],
      purpose: "the operator's webhook",
    },
    { from: stateMetrics.peer, ...apiServer, purpose: "kube-state-metrics watches objects" },
    { from: grafana.peer, ...apiServer, purpose: "Grafana's side-car reads dashboards" },
    { from: grafana.peer, to: servers.peer, ports: [servers.port("http")], purpose: "queries" },
    {
      from: grafana.peer,
      to: alertmanagers.peer,
      ports: [alertmanagers.port("http")],
      purpose: "alerts and silences",
    },
    ...(shape.grafana.replicas > 1 ? mesh(grafana) : []),
  ];
}
