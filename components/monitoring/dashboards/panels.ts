import type { Panel } from "./dashboard.ts";

/** A rate over an interval that fits the step of the graph (grafana.com/docs, "Prometheus template variables"). */
export const rate = (selector: string) => `rate(${selector}[$__rate_interval])`;

/** The quantile of a classic histogram's buckets, by additional labels. */
export function quantile(share: number, buckets: string, by: readonly string[] = []): string {
  return `histogram_quantile(${share}, sum by (${[...by, "le"].join(", ")}) (${rate(buckets)}))`;
}

/** The resource usage of a namespace's pods: the last panels of every component's dashboard. */
export function podPanels(namespace: string): Panel[] {
  const own = `namespace="${namespace}"`;
  const container = `${own},container!="",container!="POD"`;
  return [
    {
      title: "CPU",
      unit: "cores",
      queries: { "{{pod}}": `sum by (pod) (${rate(`container_cpu_usage_seconds_total{${container}}`)})` },
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: { "{{pod}}": `sum by (pod) (container_memory_working_set_bytes{${container}})` },
    },
    {
      title: "Restarts per hour",
      unit: "short",
      queries: {
        "{{pod}} {{container}}": `sum by (pod, container) (increase(kube_pod_container_status_restarts_total{${own}}[1h]))`,
      },
    },
    {
      title: "PersistentVolumeClaim usage",
      unit: "percentunit",
      queries: {
        "{{persistentvolumeclaim}}": `1 - kubelet_volume_stats_available_bytes{${own}} / kubelet_volume_stats_capacity_bytes{${own}}`,
      },
    },
  ];
}
