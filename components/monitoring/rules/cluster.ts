import { watchdog } from "../alertmanager.ts";
import type { AlertGroup } from "./rule.ts";

/**
 * Alerts about the workloads and claims of all components.
 * @param namespaces the namespaces of the stack
 */
export function clusterAlerts(namespaces: readonly string[]): AlertGroup {
  const own = `namespace=~"${[...namespaces].sort().join("|")}"`;
  const share = `kubelet_volume_stats_available_bytes{${own}} / kubelet_volume_stats_capacity_bytes{${own}}`;
  return {
    component: "platform",
    alerts: [
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
    ],
  };
}
