import type { ChartPods } from "../../kit/ledger.ts";
import { Pods } from "../../kit/pods.ts";
import { resources } from "../../kit/resources.ts";
import type { Size } from "../../kit/resources.ts";
import type { Values } from "../../kit/merge.ts";
import { addressVariable, collectorConfiguration, nodeVariable, statusPort } from "./configuration.ts";
import type { CollectorShape } from "./configuration.ts";

/** The release and its DaemonSet. */
export const collectorName = "fluent-bit";

/** Its pods. */
export function collectorsOf(namespace: string): Pods<"status"> {
  const labels = { "app.kubernetes.io/instance": collectorName, "app.kubernetes.io/name": "fluent-bit" };
  return new Pods(namespace, labels, { status: statusPort });
}

/** Where logs stand on a node, and where the collector keeps what it knows of them. */
export const nodePaths = { containers: "/var/log/containers", state: "/var/lib/fluent-bit" } as const;

/** Values of the chart `fluent-bit`. */
export function collectorValues(shape: CollectorShape, size: Size, serviceMonitor: boolean): Values {
  const { customParsers, filters, inputs, outputs, service } = collectorConfiguration(shape);
  const health = { path: "/api/v2/health", port: "http" };
  return {
    fullnameOverride: collectorName,
    testFramework: { enabled: false },
    // Every node has logs, whatever its taints are for.
    tolerations: [{ operator: "Exists" }],
    podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
    // The kubelet's files belong to root only.
    securityContext: {
      runAsUser: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: resources(size),
    livenessProbe: {
      httpGet: { path: "/", port: "http" },
      initialDelaySeconds: 20,
      periodSeconds: 20,
      failureThreshold: 6,
    },
    readinessProbe: { httpGet: health, periodSeconds: 20 },
    serviceMonitor: { enabled: serviceMonitor },
    metricsPort: statusPort,
    env: [
      { name: nodeVariable, valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      { name: addressVariable, valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    ],
    config: { service, inputs, filters, outputs, customParsers },
    daemonSetVolumes: [
      { name: "logs", hostPath: { path: "/var/log" } },
      { name: "docker", hostPath: { path: "/var/lib/docker/containers" } },
      { name: "state", hostPath: { path: shape.state, type: "DirectoryOrCreate" } },
      ...(shape.journal === undefined || shape.journal.startsWith("/var/log/")
        ? []
        : [{ name: "journal", hostPath: { path: shape.journal } }]),
      { name: "machine-id", hostPath: { path: "/etc/machine-id", type: "File" } },
    ],
    daemonSetVolumeMounts: [
      { name: "logs", mountPath: "/var/log", readOnly: true },
      // Where a link in /var/log leads, with Docker.
      { name: "docker", mountPath: "/var/lib/docker/containers", readOnly: true },
      { name: "state", mountPath: shape.state },
      ...(shape.journal === undefined || shape.journal.startsWith("/var/log/")
        ? []
        : [{ name: "journal", mountPath: shape.journal, readOnly: true }]),
      { name: "machine-id", mountPath: "/etc/machine-id", readOnly: true },
    ],
    // Time for what is in hand to reach the disk.
    terminationGracePeriodSeconds: 30,
  };
}

/** What a pod on each node asks for. */
export function collectorPods(size: Size): ChartPods[] {
  return [{ name: collectorName, kind: "DaemonSet", replicas: 1, containers: [size] }];
}
