import type { ChartName } from "./catalogue.ts";
import type { Environment, PodExtras } from "./environment.ts";
import { priorityClass } from "./priority.ts";
import type { Priority } from "./priority.ts";

const none: PodExtras = { labels: {}, annotations: {} };

/** What the user adds to the pods of a namespace. */
export function podExtras({ pods }: Pick<Environment, "pods">, namespace: string): PodExtras {
  return pods?.[namespace] ?? none;
}

/**
 * The priority class of pods in a namespace. Pods of every node keep theirs: with a lower one, a full node would be without its logs
 * and metrics.
 */
export function podPriority(
  environment: Pick<Environment, "pods" | "stack">,
  namespace: string,
  priority: Priority,
): string {
  const own = priority === "nodes" ? undefined : podExtras(environment, namespace).priorityClassName;
  return own ?? priorityClass(environment, priority);
}

/** Labels and annotations for the metadata of pods that an operator makes; a field without content is absent. */
export function podMetadata(
  environment: Pick<Environment, "pods">,
  namespace: string,
): { labels?: Record<string, string>; annotations?: Record<string, string> } {
  const { annotations, labels } = podExtras(environment, namespace);
  return {
    ...(Object.keys(labels).length > 0 && { labels: { ...labels } }),
    ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations } }),
  };
}

interface PodValues {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
}

const both = (...parts: readonly string[]): PodValues => ({
  labels: parts.map((part) => `${part}podLabels`),
  annotations: parts.map((part) => `${part}podAnnotations`),
});

/**
 * Value paths of the labels and annotations of a chart's pods, and of nothing that a selector or a claim's template contains: a change
 * there would make Kubernetes refuse the upgrade. A chart without an entry has no such values.
 */
export const podValues: Readonly<Partial<Record<ChartName, PodValues>>> = {
  "argo-workflows": both("controller.", "server."),
  "aws-load-balancer-controller": both(""),
  "cert-manager": both("", "webhook.", "cainjector.", "startupapicheck."),
  "cloudnative-pg": both(""),
  "cluster-autoscaler": both(""),
  "external-dns": both(""),
  "fluent-bit": both(""),
  // graylog 3.0.29, templates/statefulset.yaml: these labels are those of the StatefulSet and of its pods.
  graylog: { labels: ["graylog.customLabels"], annotations: ["graylog.podAnnotations"] },
  keycloakx: both(""),
  // kong 3.4.1, templates/migrations.yaml: pods of migrations have neither a priority nor labels but "extraLabels", by which a
  // Service selects too.
  kong: { labels: ["podLabels"], annotations: ["podAnnotations", "migrations.annotations"] },
  "kube-prometheus-stack": {
    labels: [
      "alertmanager.alertmanagerSpec.podMetadata.labels",
      "grafana.podLabels",
      "kube-state-metrics.podLabels",
      "prometheus-node-exporter.podLabels",
      "prometheus.prometheusSpec.podMetadata.labels",
      "prometheusOperator.podLabels",
    ],
    annotations: [
      "alertmanager.alertmanagerSpec.podMetadata.annotations",
      "grafana.podAnnotations",
      "kube-state-metrics.podAnnotations",
      "prometheus-node-exporter.podAnnotations",
      "prometheus.prometheusSpec.podMetadata.annotations",
      "prometheusOperator.admissionWebhooks.patch.podAnnotations",
      "prometheusOperator.podAnnotations",
    ],
  },
  // opensearch 3.6.0, templates/_helpers.tpl: "opensearch.labels" has these labels, "opensearch.selectorLabels" has not.
  opensearch: { labels: ["labels"], annotations: ["podAnnotations"] },
  "plugin-barman-cloud": { labels: ["podLabels"], annotations: [] },
  "postgresql-ha": both("postgresql.", "pgpool."),
  traefik: both("deployment."),
  thanos: {
    labels: ["compactor.podLabels", "query.podLabels", "storegateway.podLabels"],
    annotations: ["global.podAnnotations"],
  },
  velero: { labels: ["podLabels", "nodeAgent.podLabels"], annotations: ["podAnnotations"] },
};
