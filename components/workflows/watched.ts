import { rate } from "../kit/watched.ts";
import type { Panel, Watched } from "../kit/watched.ts";

/**
 * What Prometheus and Grafana show of Argo Workflows; a controller that is down is an alert of the platform.
 * @param processing the namespace of workflows
 */
export function workflowsWatched(namespace: string, processing: string): Watched {
  return { component: "workflows", title: "Argo Workflows", namespace, alerts: [], panels: panels(processing) };
}

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
