import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";
import { watchdog } from "./alertmanager.ts";

/**
 * What Prometheus and Grafana show of the cluster, its nodes, and the workloads and claims of all components.
 * @param namespaces the namespaces of the stack
 */
export function platformWatched(namespaces: readonly string[]): Omit<Watched, "namespace"> {
  const own = `namespace=~"${[...namespaces].sort().join("|")}"`;
  return { component: "platform", title: "Platform", alerts: alerts(own), panels: panels(own) };
}

/** @param own the matcher of the stack's namespaces */
function alerts(own: string): Alert[] {
  const share = `kubelet_volume_stats_available_bytes{${own}} / kubelet_volume_stats_capacity_bytes{${own}}`;
  return [
    {
      alert: watchdog,
      expr: "vector(1)",
      severity: "info",
      summary: "Alerts work. This alert always fires; if it is not delivered, no alert is.",
    },
    {
      alert: "TargetDown",
      expr: `count by (namespace, job) (up{${own}} == 0) > 0`,
      for: "10m",
      severity: "warning",
      summary: "Prometheus cannot scrape {{ $labels.job }} in {{ $labels.namespace }}.",
    },
    {
      alert: "WorkloadDown",
      expr: [
        `(kube_deployment_status_replicas_available{${own}} == 0 and kube_deployment_spec_replicas{${own}} > 0)`,
        `(kube_statefulset_status_replicas_ready{${own}} == 0 and kube_statefulset_replicas{${own}} > 0)`,
      ].join(" or "),
      for: "5m",
      severity: "critical",
      summary: "No replica of {{ $labels.deployment }}{{ $labels.statefulset }} in {{ $labels.namespace }} is ready.",
    },
    {
      alert: "WorkloadNotReady",
      expr: [
        `(kube_deployment_status_replicas_available{${own}} < kube_deployment_spec_replicas{${own}})`,
        `(kube_statefulset_status_replicas_ready{${own}} < kube_statefulset_replicas{${own}})`,
        `(kube_daemonset_status_number_ready{${own}} < kube_daemonset_status_desired_number_scheduled{${own}})`,
      ].join(" or "),
      for: "15m",
      severity: "warning",
      summary:
        "Pods of {{ $labels.deployment }}{{ $labels.statefulset }}{{ $labels.daemonset }} in {{ $labels.namespace }} are not ready.",
      runbook: "workload-down",
    },
    {
      alert: "ClaimFull",
      expr: `${share} < 0.03`,
      for: "1m",
      severity: "critical",
      summary:
        "Only {{ $value | humanizePercentage }} of the claim {{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} is free.",
      runbook: "claim-filling-up",
    },
    {
      alert: "ClaimFillingUp",
      // A nearly empty claim can grow for hours and still be far from full after four days.
      expr: `${share} < 0.2 and predict_linear(kubelet_volume_stats_available_bytes{${own}}[6h], 4 * 24 * 3600) < 0`,
      for: "1h",
      severity: "warning",
      summary:
        "The claim {{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} will be full within four days at the current rate.",
    },
    {
      alert: "ClaimPending",
      expr: `kube_persistentvolumeclaim_status_phase{${own},phase="Pending"} == 1`,
      for: "15m",
      severity: "warning",
      summary: "The claim {{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} has no volume.",
    },
  ];
}

/** @param own the matcher of the stack's namespaces */
function panels(own: string): Panel[] {
  return [
    {
      title: "Nodes ready",
      kind: "now",
      unit: "short",
      queries: { nodes: `sum(kube_node_status_condition{condition="Ready",status="true"})` },
    },
    {
      title: "Pods running",
      kind: "now",
      unit: "short",
      queries: { pods: `sum(kube_pod_status_phase{${own},phase="Running"})` },
    },
    {
      title: "Pods pending",
      kind: "now",
      unit: "short",
      queries: { pods: `sum(kube_pod_status_phase{${own},phase="Pending"})` },
    },
    {
      title: "Targets down",
      kind: "now",
      unit: "short",
      queries: { targets: `count(up{${own}} == 0) or vector(0)` },
    },
    {
      title: "Alerts firing",
      kind: "now",
      unit: "short",
      queries: { alerts: `count(ALERTS{alertstate="firing",severity!="info"}) or vector(0)` },
    },
    {
      title: "Node CPU usage",
      unit: "percentunit",
      queries: { "{{instance}}": `1 - avg by (instance) (${rate(`node_cpu_seconds_total{mode="idle"}`)})` },
    },
    {
      title: "Node memory usage",
      unit: "percentunit",
      queries: { "{{instance}}": "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes" },
    },
    {
      title: "Node disk usage",
      unit: "percentunit",
      queries: {
        "{{instance}} {{mountpoint}}": `1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"} / node_filesystem_size_bytes{fstype!~"tmpfs|ramfs"}`,
      },
    },
    {
      title: "Node network traffic",
      unit: "Bps",
      queries: {
        "{{instance}} in": `sum by (instance) (${rate(`node_network_receive_bytes_total{device!~"lo|veth.*"}`)})`,
        "{{instance}} out": `-sum by (instance) (${rate(`node_network_transmit_bytes_total{device!~"lo|veth.*"}`)})`,
      },
    },
    {
      title: "CPU by namespace",
      unit: "cores",
      queries: {
        "{{namespace}}": `sum by (namespace) (${rate(`container_cpu_usage_seconds_total{${own},container!=""}`)})`,
      },
    },
    {
      title: "Memory by namespace",
      unit: "bytes",
      queries: { "{{namespace}}": `sum by (namespace) (container_memory_working_set_bytes{${own},container!=""})` },
    },
    {
      title: "PersistentVolumeClaim usage",
      unit: "percentunit",
      queries: {
        "{{namespace}} {{persistentvolumeclaim}}": `1 - kubelet_volume_stats_available_bytes{${own}} / kubelet_volume_stats_capacity_bytes{${own}}`,
      },
    },
    {
      title: "Missing replicas",
      unit: "short",
      queries: {
        "{{namespace}} {{deployment}}": `kube_deployment_spec_replicas{${own}} - kube_deployment_status_replicas_available{${own}} > 0`,
        "{{namespace}} {{statefulset}}": `kube_statefulset_replicas{${own}} - kube_statefulset_status_replicas_ready{${own}} > 0`,
      },
    },
  ];
}
