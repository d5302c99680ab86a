import type { ChartPods } from "../kit/ledger.ts";
import { parseBytes } from "../kit/quantities.ts";
import type { Bytes } from "../kit/quantities.ts";
import { resources } from "../kit/resources.ts";
import { spreadOverZones } from "../kit/spread.ts";
import { combinedChecksum } from "../kit/secret.ts";
import { goTrust, trustedMount, trustedVolume } from "../kit/trust.ts";
import type { Trusted } from "../kit/trust.ts";
import type { Values } from "../kit/merge.ts";
import { receiversSecret, receiverSecrets } from "./alertmanager.ts";
import { alertmanagerLabels, prometheusLabels } from "./pods.ts";
import { sidecarSize } from "./thanos.ts";
import type { sidecarValues } from "./thanos.ts";
import { names, sizes, stackName } from "./shape.ts";
import type { ControlPlanePart, MonitoringShape } from "./shape.ts";

/** What the chart is told beside its shape. */
export interface StackBindings {
  readonly stack: string;
  /** The cluster's domain. Default: `cluster.local`. */
  readonly clusterDomain?: string;
  /** The namespace of the pods that look at their nodes. */
  readonly nodesNamespace: string;
  /** The Secret with Alertmanager's configuration. */
  readonly alertmanagerConfig: string;
  readonly storageClass?: string;
  /** The side-car that uploads blocks, where there is a bucket. */
  readonly sidecar?: ReturnType<typeof sidecarValues>;
  /** CA certificates of receivers and mail servers. Default: public CAs only. */
  readonly trusted?: Trusted;
  /** Where browsers reach Prometheus and Alertmanager: alerts link there. */
  readonly prometheusUrl?: string;
  readonly alertmanagerUrl?: string;
}

/** Values of the chart `kube-prometheus-stack` but for Grafana's part. */
export function stackValues(shape: MonitoringShape, bindings: StackBindings): Values {
  const part = (name: ControlPlanePart) => ({ enabled: shape.controlPlane.includes(name) });
  return {
    fullnameOverride: stackName,
    // The definitions are a release of their own, before everything that carries a ServiceMonitor.
    crds: { enabled: false },
    // Groups that the platform's own rules replace, and those of parts that cannot be reached.
    defaultRules: {
      rules: {
        general: false,
        alertmanager: false,
        kubernetesStorage: false,
        windows: false,
        etcd: part("etcd").enabled,
        kubeControllerManager: part("controller-manager").enabled,
        kubeProxy: part("proxy").enabled,
        kubeSchedulerAlerting: part("scheduler").enabled,
        kubeSchedulerRecording: part("scheduler").enabled,
      },
    },
    kubeEtcd: part("etcd"),
    kubeScheduler: part("scheduler"),
    kubeControllerManager: part("controller-manager"),
    kubeProxy: part("proxy"),
    alertmanager: alertmanager(shape, bindings),
    prometheus: prometheus(shape, bindings),
    prometheusOperator: { clusterDomain: bindings.clusterDomain, ...operator },
    "kube-state-metrics": {
      fullnameOverride: names.stateMetrics,
      // It reads no Secrets: nothing of them is needed, and listing them is reading them.
      collectorsExclude: ["secrets"],
      resources: resources(sizes.stateMetrics),
    },
    "prometheus-node-exporter": {
      fullnameOverride: names.nodeExporter,
      // It looks at its node, which Pod Security allows in a namespace of its own only.
      namespaceOverride: bindings.nodesNamespace,
      resources: resources(sizes.nodeExporter),
      // Every node, whatever keeps others away.
      tolerations: [{ operator: "Exists" }],
      containerSecurityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
      },
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    },
  };
}

function prometheus({ prometheus: shape, externalLabels }: MonitoringShape, bindings: StackBindings): Values {
  const everything = Object.fromEntries(
    ["serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"].map((kind) => [
      `${kind}SelectorNilUsesHelmValues`,
      false,
    ]),
  );
  const { sidecar } = bindings;
  return {
    ...budget(shape.replicas),
    ...sidecar?.prometheus,
    prometheusSpec: {
      ...everything,
      ...sidecar?.prometheusSpec,
      replicas: shape.replicas,
      podAntiAffinity: shape.replicas > 1 ? "hard" : "soft",
      ...spreadOverZones(prometheusLabels, shape.replicas),
      retention: shape.retention,
      retentionSize: retentionSize(shape.storage),
      scrapeInterval: shape.scrapeInterval,
      evaluationInterval: shape.scrapeInterval,
      // They tell series and alerts of several clusters apart; the replica's own label is the operator's.
      externalLabels: { cluster: bindings.stack, ...externalLabels },
      externalUrl: bindings.prometheusUrl && `${bindings.prometheusUrl}/`,
      resources: resources(shape.resources),
      containers: [
        { name: "config-reloader", resources: resources(sizes.reloader) },
        ...(sidecar === undefined ? [] : [sidecar.container]),
      ],
      storageSpec: { volumeClaimTemplate: claim(shape.storage, bindings.storageClass) },
      walCompression: true,
    },
  };
}

function alertmanager({ alertmanager: shape }: MonitoringShape, bindings: StackBindings): Values {
  const { trusted } = bindings;
  const hasSecrets = Object.keys(receiverSecrets(shape)).length > 0;
  return {
    ...budget(shape.replicas),
    // It asks the API server for nothing.
    serviceAccount: { automountServiceAccountToken: false },
    alertmanagerSpec: {
      replicas: shape.replicas,
      podAntiAffinity: shape.replicas > 1 ? "hard" : "soft",
      ...spreadOverZones(alertmanagerLabels, shape.replicas),
      automountServiceAccountToken: false,
      useExistingSecret: true,
      configSecret: bindings.alertmanagerConfig,
      secrets: hasSecrets ? [receiversSecret] : undefined,
      externalUrl: bindings.alertmanagerUrl && `${bindings.alertmanagerUrl}/`,
      resources: resources(sizes.alertmanager),
      clusterDomain: bindings.clusterDomain,
      // The operator merges this with its own containers of the same names.
      containers: [
        { name: "config-reloader", resources: resources(sizes.reloader) },
        ...(trusted === undefined ? [] : [{ name: "alertmanager", env: [goTrust] }]),
      ],
      volumes: trusted && [trustedVolume(trusted)],
      volumeMounts: trusted && [trustedMount],
      podMetadata: trusted && { annotations: { "groundplan/checksum": combinedChecksum([trusted]) } },
      storage: { volumeClaimTemplate: claim(shape.storage, bindings.storageClass) },
    },
  };
}

const operator: Values = {
  resources: resources(sizes.operator),
  prometheusConfigReloader: { resources: resources(sizes.reloader) },
  admissionWebhooks: { patch: { resources: resources(sizes.webhookJob) } },
  // A slow node would otherwise have it killed while it still starts.
  livenessProbe: { failureThreshold: 6 },
};

/** At most one replica may be away on purpose. */
function budget(replicas: number): Values {
  // The chart's own default would be rendered beside another key.
  return replicas > 1 ? { podDisruptionBudget: { enabled: true, minAvailable: replicas - 1 } } : {};
}

/**
 * What of a claim samples may fill before the oldest go, whatever the retention says: four fifths, since the write-ahead log
 * and a compaction need the rest (prometheus.io, "Storage", "Operational aspects"; its units are powers of two).
 */
export function retentionSize(storage: Bytes): string {
  return `${Math.floor((parseBytes(storage) * 0.8) / 2 ** 20)}MB`;
}

function claim(size: Bytes, storageClassName: string | undefined) {
  return {
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName,
      resources: { requests: { storage: size } },
    },
  };
}

/** What the pods of the release ask for. */
export function stackPods(
  { alertmanager: alerts, grafana, prometheus: server, thanos }: MonitoringShape,
  nodesNamespace: string,
  storageClass: string | undefined,
): ChartPods[] {
  const claims = (size: Bytes) => [{ name: "data", size, storageClass }];
  return [
    { name: names.operator, kind: "Deployment", replicas: 1, containers: [sizes.operator] },
    { name: names.stateMetrics, kind: "Deployment", replicas: 1, containers: [sizes.stateMetrics] },
    {
      name: names.grafana,
      kind: "Deployment",
      replicas: grafana.replicas,
      containers: [grafana.resources, sizes.sidecar],
    },
    {
      name: names.prometheus,
      kind: "StatefulSet",
      replicas: server.replicas,
      containers: [server.resources, sizes.reloader, ...(thanos === undefined ? [] : [sidecarSize])],
      claims: claims(server.storage),
    },
    {
      name: names.alertmanager,
      kind: "StatefulSet",
      replicas: alerts.replicas,
      containers: [sizes.alertmanager, sizes.reloader],
      claims: claims(alerts.storage),
    },
    {
      name: names.nodeExporter,
      namespace: nodesNamespace,
      kind: "DaemonSet",
      replicas: 1,
      containers: [sizes.nodeExporter],
    },
  ];
}
