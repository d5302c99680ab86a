import { rate } from "../kit/watched.ts";
import type { Alert, Panel, Watched } from "../kit/watched.ts";

/**
 * What Prometheus and Grafana show of Argo Workflows; a controller or server that is down is an alert of the platform.
 * @param processing the namespace of workflows
 */
export function workflowsWatched(namespace: string, processing: string): Watched {
  return { component: "workflows", title: "Argo Workflows", namespace, alerts, panels: panels(processing) };
}

/** Workflows that ended in the last hour, by one number for all namespaces. */
const ended = (phases: string) => `sum(increase(argo_workflows_total_count{phase=~"${phases}"}[1h]))`;
const failed = ended("Failed|Error");

/** Argo Workflows 4.0, docs/metrics.md. */
const alerts: readonly Alert[] = [
  {
    alert: "WorkflowControllerErrors",
    expr: "sum by (cause) (increase(argo_workflows_error_count[30m])) > 0",
    severity: "warning",
    summary: "The controller of Argo Workflows reports errors of the kind {{ $labels.cause }}.",
    runbook: "workflows",
  },
  {
    alert: "WorkflowsFail",
    // One failed workflow is for its author; most of several is for the operator.
    expr: `${failed} / ${ended("Succeeded|Failed|Error")} > 0.5 and ${failed} >= 5`,
    for: "10m",
    severity: "warning",
    summary: "{{ $value | humanizePercentage }} of the workflows that ended in the last hour failed.",
    runbook: "workflows",
  },
];

const panels = (processing: string): Panel[] => [
  {
    title: "Workflows",
    unit: "short",
    queries: { "{{phase}}": "sum by (phase) (argo_workflows_gauge)" },
  },
  {
    title: "Pods of workflows",
    unit: "short",
    queries: { "{{phase}}": "sum by (phase) (argo_workflows_pods_gauge)" },
  },
  {
    title: "Workflows that wait for the controller",
    unit: "short",
    queries: { "{{queue_name}}": "sum by (queue_name) (argo_workflows_queue_depth_gauge)" },
  },
  {
    title: "Errors of the controller",
    unit: "ops",
    queries: { "{{cause}}": `sum by (cause) (${rate("argo_workflows_error_count")})` },
  },
  {
    title: "Share of the quota that is used",
    unit: "percentunit",
    queries: {
      "{{resource}}": `sum by (resource) (kube_resourcequota{namespace="${processing}", type="used"}) / sum by (resource) (kube_resourcequota{namespace="${processing}", type="hard"})`,
    },
  },
];
