import type { Priority } from "./priority.ts";
import type { Duration } from "./quantities.ts";

/**
 * The source of charts: their upstream repositories, one OCI registry with copies, or a folder of `NAME-VERSION.tgz` files with the
 * SHA-256 of each (hexadecimal), so that changed content of the same version is deployed.
 */
export type ChartSource = (
  | { readonly kind: "upstream" }
  | { readonly kind: "oci"; readonly registry: string }
  | { readonly kind: "folder"; readonly path: string; readonly checksums: Readonly<Record<string, string>> }
) & {
  /** Versions in place of those of the catalogue, by chart. */
  readonly versions?: Readonly<Record<string, string>>;
};

/** A chart that the platform installs, with the value paths of settings that all charts need. */
export interface Chart {
  readonly version: string;
  /** URL of an HTTP repository, or an `oci://` URL without the chart's name. */
  readonly repository: string;
  /** How long Helm waits until all objects are ready, before it rolls back. */
  readonly timeout: Duration;
  /** Value paths of node selectors and of lists of tolerations. */
  readonly nodeSelector: readonly string[];
  readonly tolerations: readonly string[];
  /** Value paths of the names of priority classes. */
  readonly priorities: Readonly<Partial<Record<Priority, readonly string[]>>>;
  /** Value path of the pull secrets, as plain names or as `{name}` objects. */
  readonly pullSecrets?: { readonly path: string; readonly shape: "names" | "objects" };
  /**
   * Value path of the registry of all images; the value paths of the registries, if each image has its own; or, if a chart has none,
   * each image's repository by its value path.
   */
  readonly images:
    | { readonly registry: string }
    | { readonly registries: readonly string[] }
    | { readonly repositories: Readonly<Record<string, string>> };
  /** Where the chart takes another tag and a digest of an image, by upstream repository with its registry. Default: nowhere. */
  readonly pins?: Readonly<Record<string, Pin>>;
}

/** The values of one image in a chart. */
export interface Pin {
  /** Value path of the object with the member `tag`. */
  readonly at: string;
  /**
   * Where the digest belongs: the member `digest`; the member `sha`, with `sha256:` (`sha`) or without (`hex`); or the tag, because
   * the chart has no value for it (`tag`).
   */
  readonly digest: "digest" | "sha" | "hex" | "tag";
}

/** Every chart with its exact version. */
export const catalogue = {
  "argo-workflows": {
    version: "1.0.18",
    repository: "https://argoproj.github.io/argo-helm",
    // The controller creates its tables at the first start.
    timeout: "10m",
    nodeSelector: ["controller.nodeSelector", "server.nodeSelector"],
    tolerations: ["controller.tolerations", "server.tolerations"],
    priorities: { platform: ["controller.priorityClassName", "server.priorityClassName"] },
    pullSecrets: { path: "images.pullSecrets", shape: "objects" },
    images: { registries: ["controller.image.registry", "executor.image.registry", "server.image.registry"] },
    pins: {
      "quay.io/argoproj/argocli": { at: "server.image", digest: "tag" },
      "quay.io/argoproj/argoexec": { at: "executor.image", digest: "tag" },
      "quay.io/argoproj/workflow-controller": { at: "controller.image", digest: "tag" },
    },
  },
  "aws-load-balancer-controller": {
    version: "3.5.0",
    repository: "https://aws.github.io/eks-charts",
    timeout: "10m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    // The chart's own default, system-cluster-critical, is right for what the gateway's address depends on.
    priorities: {},
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { repositories: { "image.repository": "public.ecr.aws/eks/aws-load-balancer-controller" } },
  },
  "cert-manager": {
    version: "v1.21.1",
    repository: "https://charts.jetstack.io",
    timeout: "10m",
    nodeSelector: ["global.nodeSelector"],
    tolerations: ["tolerations", "webhook.tolerations", "cainjector.tolerations", "startupapicheck.tolerations"],
    priorities: { platform: ["global.priorityClassName"] },
    pullSecrets: { path: "global.imagePullSecrets", shape: "objects" },
    images: { registry: "imageRegistry" },
    pins: {
      "quay.io/jetstack/cert-manager-acmesolver": { at: "acmesolver.image", digest: "digest" },
      "quay.io/jetstack/cert-manager-cainjector": { at: "cainjector.image", digest: "digest" },
      "quay.io/jetstack/cert-manager-controller": { at: "image", digest: "digest" },
      "quay.io/jetstack/cert-manager-startupapicheck": { at: "startupapicheck.image", digest: "digest" },
      "quay.io/jetstack/cert-manager-webhook": { at: "webhook.image", digest: "digest" },
    },
  },
  "cloudnative-pg": {
    version: "0.29.0",
    repository: "https://cloudnative-pg.github.io/charts",
    timeout: "10m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { platform: ["priorityClassName"] },
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { repositories: { "image.repository": "ghcr.io/cloudnative-pg/cloudnative-pg" } },
    pins: {
      "ghcr.io/cloudnative-pg/cloudnative-pg": { at: "image", digest: "tag" },
    },
  },
  "cluster-autoscaler": {
    version: "9.59.0",
    repository: "https://kubernetes.github.io/autoscaler",
    timeout: "10m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    // The chart's own default, system-cluster-critical, is right for what adds the nodes of others.
    priorities: {},
    pullSecrets: { path: "image.pullSecrets", shape: "names" },
    images: { repositories: { "image.repository": "registry.k8s.io/autoscaling/cluster-autoscaler" } },
  },
  "external-dns": {
    version: "1.21.1",
    repository: "https://kubernetes-sigs.github.io/external-dns/",
    timeout: "10m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { platform: ["priorityClassName"] },
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { repositories: { "image.repository": "registry.k8s.io/external-dns/external-dns" } },
    pins: {
      "registry.k8s.io/external-dns/external-dns": { at: "image", digest: "tag" },
    },
  },
  kong: {
    version: "3.4.1",
    repository: "https://charts.konghq.com",
    // The first start waits for the migrations of the database.
    timeout: "15m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { platform: ["priorityClassName"] },
    pullSecrets: { path: "image.pullSecrets", shape: "names" },
    images: {
      repositories: {
        "image.repository": "docker.io/library/kong",
        "ingressController.image.repository": "docker.io/kong/kubernetes-ingress-controller",
      },
    },
  },
  "kube-prometheus-stack": {
    version: "88.5.3",
    repository: "https://prometheus-community.github.io/helm-charts",
    timeout: "15m",
    // node-exporter runs on every node.
    nodeSelector: [
      "alertmanager.alertmanagerSpec.nodeSelector",
      "grafana.nodeSelector",
      "kube-state-metrics.nodeSelector",
      "prometheus.prometheusSpec.nodeSelector",
      "prometheusOperator.admissionWebhooks.patch.nodeSelector",
      "prometheusOperator.nodeSelector",
    ],
    tolerations: [
      "alertmanager.alertmanagerSpec.tolerations",
      "grafana.tolerations",
      "kube-state-metrics.tolerations",
      "prometheus.prometheusSpec.tolerations",
      "prometheusOperator.admissionWebhooks.patch.tolerations",
      "prometheusOperator.tolerations",
    ],
    priorities: {
      nodes: ["prometheus-node-exporter.priorityClassName"],
      platform: [
        "alertmanager.alertmanagerSpec.priorityClassName",
        "grafana.priorityClassName",
        "kube-state-metrics.priorityClassName",
        "prometheus.prometheusSpec.priorityClassName",
        "prometheusOperator.admissionWebhooks.patch.priorityClassName",
        "prometheusOperator.priorityClassName",
      ],
    },
    pullSecrets: { path: "global.imagePullSecrets", shape: "objects" },
    images: { registry: "global.imageRegistry" },
    pins: {
      "docker.io/grafana/grafana": { at: "grafana.image", digest: "hex" },
      "ghcr.io/jkroepke/kube-webhook-certgen": {
        at: "prometheusOperator.admissionWebhooks.patch.image",
        digest: "hex",
      },
      "quay.io/kiwigrid/k8s-sidecar": { at: "grafana.sidecar.image", digest: "hex" },
      "quay.io/prometheus-operator/prometheus-config-reloader": {
        at: "prometheusOperator.prometheusConfigReloader.image",
        digest: "hex",
      },
      "quay.io/prometheus-operator/prometheus-operator": { at: "prometheusOperator.image", digest: "hex" },
      "quay.io/prometheus/alertmanager": { at: "alertmanager.alertmanagerSpec.image", digest: "hex" },
      "quay.io/prometheus/node-exporter": { at: "prometheus-node-exporter.image", digest: "digest" },
      "quay.io/prometheus/prometheus": { at: "prometheus.prometheusSpec.image", digest: "hex" },
      "quay.io/thanos/thanos": { at: "prometheusOperator.thanosImage", digest: "hex" },
      "registry.k8s.io/kube-state-metrics/kube-state-metrics": { at: "kube-state-metrics.image", digest: "sha" },
    },
  },
  keycloakx: {
    version: "7.1.11",
    repository: "https://codecentric.github.io/helm-charts",
    // Three servers start one after another; each takes minutes if it migrates a database.
    timeout: "20m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { platform: ["priorityClassName"] },
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { repositories: { "image.repository": "quay.io/keycloak/keycloak" } },
    pins: {
      "quay.io/keycloak/keycloak": { at: "image", digest: "digest" },
    },
  },
  "csi-driver-nfs": {
    version: "4.13.4",
    repository: "https://raw.githubusercontent.com/kubernetes-csi/csi-driver-nfs/master/charts",
    timeout: "10m",
    // Every node mounts volumes: its DaemonSet has no node selector, and tolerates every taint.
    nodeSelector: ["controller.nodeSelector"],
    tolerations: ["controller.tolerations"],
    // The chart's own default, system-cluster-critical, is right for a driver that volumes depend on.
    priorities: {},
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: {
      repositories: {
        "image.csiProvisioner.repository": "registry.k8s.io/sig-storage/csi-provisioner",
        "image.csiResizer.repository": "registry.k8s.io/sig-storage/csi-resizer",
        "image.livenessProbe.repository": "registry.k8s.io/sig-storage/livenessprobe",
        "image.nfs.repository": "registry.k8s.io/sig-storage/nfsplugin",
        "image.nodeDriverRegistrar.repository": "registry.k8s.io/sig-storage/csi-node-driver-registrar",
      },
    },
    pins: {
      "registry.k8s.io/sig-storage/csi-node-driver-registrar": { at: "image.nodeDriverRegistrar", digest: "tag" },
      "registry.k8s.io/sig-storage/csi-provisioner": { at: "image.csiProvisioner", digest: "tag" },
      "registry.k8s.io/sig-storage/csi-resizer": { at: "image.csiResizer", digest: "tag" },
      "registry.k8s.io/sig-storage/livenessprobe": { at: "image.livenessProbe", digest: "tag" },
      "registry.k8s.io/sig-storage/nfsplugin": { at: "image.nfs", digest: "tag" },
    },
  },
  "fluent-bit": {
    version: "0.58.1",
    repository: "https://fluent.github.io/helm-charts",
    timeout: "10m",
    // Every node has logs: the pods have no node selector, and tolerate every taint.
    nodeSelector: [],
    tolerations: [],
    priorities: { nodes: ["priorityClassName"] },
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { repositories: { "image.repository": "cr.fluentbit.io/fluent/fluent-bit" } },
    pins: {
      "cr.fluentbit.io/fluent/fluent-bit": { at: "image", digest: "digest" },
    },
  },
  graylog: {
    version: "3.0.29",
    repository: "https://charts.kong-z.com",
    // The first node initialises the database before the others start.
    timeout: "20m",
    nodeSelector: ["graylog.nodeSelector"],
    tolerations: ["graylog.tolerations"],
    priorities: { platform: ["graylog.priorityClassName"] },
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { repositories: { "graylog.image.repository": "docker.io/graylog/graylog" } },
  },
  "mongodb-kubernetes": {
    version: "1.9.1",
    repository: "https://mongodb.github.io/helm-charts",
    timeout: "10m",
    nodeSelector: ["operator.nodeSelector"],
    tolerations: ["operator.tolerations"],
    // The operator's chart has no value for it.
    priorities: {},
    // It takes only one pull secret: see components/logging/mongodb.ts.
    images: {
      repositories: Object.fromEntries(
        [
          "registry.operator",
          "registry.database",
          "registry.initDatabase",
          "registry.initOpsManager",
          "registry.opsManager",
          "registry.agent",
          "registry.versionUpgradeHook",
          "registry.readinessProbe",
          "mongodb.repo",
          "community.mongodb.repo",
          "community.registry.agent",
          "search.repo",
        ].map((path) => [path, "quay.io/mongodb"]),
      ),
    },
  },
  opensearch: {
    version: "3.6.0",
    repository: "https://opensearch-project.github.io/helm-charts",
    timeout: "20m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { platform: ["priorityClassName"] },
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { registry: "global.dockerRegistry" },
  },
  "plugin-barman-cloud": {
    version: "0.7.0",
    repository: "https://cloudnative-pg.github.io/charts",
    timeout: "10m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { platform: ["priorityClassName"] },
    pullSecrets: { path: "imagePullSecrets", shape: "objects" },
    images: { registries: ["image.registry", "sidecarImage.registry"] },
    pins: {
      "ghcr.io/cloudnative-pg/plugin-barman-cloud": { at: "image", digest: "tag" },
      "ghcr.io/cloudnative-pg/plugin-barman-cloud-sidecar": { at: "sidecarImage", digest: "tag" },
    },
  },
  "postgresql-ha": {
    // The last published version: see docs/decisions/postgresql-engines.md.
    version: "16.3.2",
    repository: "oci://registry-1.docker.io/bitnamicharts",
    // Three members clone one after another.
    timeout: "20m",
    nodeSelector: ["postgresql.nodeSelector", "pgpool.nodeSelector"],
    tolerations: ["postgresql.tolerations", "pgpool.tolerations"],
    priorities: { platform: ["postgresql.priorityClassName", "pgpool.priorityClassName"] },
    pullSecrets: { path: "global.imagePullSecrets", shape: "names" },
    images: { registry: "global.imageRegistry" },
    pins: {
      "docker.io/bitnamilegacy/pgpool": { at: "pgpool.image", digest: "digest" },
      "docker.io/bitnamilegacy/postgres-exporter": { at: "metrics.image", digest: "digest" },
      "docker.io/bitnamilegacy/postgresql-repmgr": { at: "postgresql.image", digest: "digest" },
    },
  },
  "prometheus-operator-crds": {
    version: "31.0.1",
    repository: "https://prometheus-community.github.io/helm-charts",
    timeout: "5m",
    nodeSelector: [],
    tolerations: [],
    priorities: {},
    images: { repositories: {} },
  },
  traefik: {
    version: "41.3.0",
    repository: "https://traefik.github.io/charts",
    timeout: "10m",
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { platform: ["priorityClassName"] },
    pullSecrets: { path: "deployment.imagePullSecrets", shape: "objects" },
    images: { registry: "image.registry" },
    pins: {
      "docker.io/library/traefik": { at: "image", digest: "digest" },
    },
  },
  thanos: {
    version: "0.38.0",
    repository: "https://thanos-community.github.io/helm-charts",
    timeout: "10m",
    nodeSelector: ["global.nodeSelector"],
    tolerations: ["global.tolerations"],
    priorities: { platform: ["global.priorityClassName"] },
    pullSecrets: { path: "global.imagePullSecrets", shape: "objects" },
    images: { registry: "global.image.registry" },
    pins: {
      "quay.io/thanos/thanos": { at: "global.image", digest: "tag" },
    },
  },
  velero: {
    version: "12.1.0",
    repository: "https://vmware-tanzu.github.io/helm-charts",
    timeout: "10m",
    // The agents run on every node that has volumes.
    nodeSelector: ["nodeSelector"],
    tolerations: ["tolerations"],
    priorities: { nodes: ["nodeAgent.priorityClassName"], platform: ["priorityClassName"] },
    pullSecrets: { path: "image.imagePullSecrets", shape: "names" },
    images: { repositories: { "image.repository": "docker.io/velero/velero" } },
    pins: {
      "docker.io/velero/velero": { at: "image", digest: "digest" },
    },
  },
} as const satisfies Record<string, Chart>;

/** A chart of the catalogue. */
export type ChartName = keyof typeof catalogue;

/** The chart's file in a folder of charts: `NAME-VERSION.tgz`, like the output of `helm pull` and `helm package`. */
export function chartFile(name: ChartName, source: Pick<ChartSource, "versions"> = {}): string {
  return `${name}-${chartVersion(name, source)}.tgz`;
}

/** The version of a chart that a stack installs: its own choice, or the catalogue's. */
export function chartVersion(name: ChartName, { versions }: Pick<ChartSource, "versions">): string {
  return versions?.[name] ?? catalogue[name].version;
}

/**
 * The name and version of a chart, from the arguments of a release: a file's name contains both.
 * @param chart a name, a reference such as `oci://registry/charts/kong`, or the path of a `.tgz` file
 */
export function chartOf(chart: string, version = ""): { readonly chart: string; readonly version: string } {
  const file = /([^/]+)\.tgz$/.exec(chart)?.[1];
  if (file === undefined) return { chart: chart.split("/").at(-1) ?? "", version };
  return { chart: file.replace(/-v?[0-9][^/]*$/, ""), version: /-(v?[0-9][^/]*)$/.exec(file)?.[1] ?? version };
}
