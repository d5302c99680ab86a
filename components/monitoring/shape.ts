import type { Bytes, Cpu, Duration } from "../kit/quantities.ts";
import type { Receiver, Route } from "./alertmanager.ts";

import type { ThanosShape } from "./thanos.ts";

/** What pods of one kind ask for and may use at most. */
export interface Size {
  readonly cpu: Cpu;
  readonly memory: Bytes;
  readonly memoryLimit: Bytes;
}

/** A part of the control plane whose metrics a cluster may offer at its nodes' addresses. */
export type ControlPlanePart = "etcd" | "scheduler" | "controller-manager" | "proxy";

/** The ports of these parts on their nodes (kubernetes.io, "Ports and Protocols"; chart kube-prometheus-stack, defaults). */
export const controlPlanePorts: Readonly<Record<ControlPlanePart, number>> = {
  etcd: 2381,
  scheduler: 10259,
  "controller-manager": 10257,
  proxy: 10249,
};

/** The shape of the monitoring of one stack. */
export interface MonitoringShape {
  readonly controlPlane: readonly ControlPlanePart[];
  /** Address ranges (CIDR) of the nodes. */
  readonly nodeCidrs: readonly string[];
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly prometheus: {
    readonly replicas: number;
    readonly retention: Duration;
    readonly scrapeInterval: Duration;
    readonly storage: Bytes;
    readonly resources: Size;
  };
  readonly alertmanager: {
    readonly replicas: number;
    readonly storage: Bytes;
    readonly receiver?: string | undefined;
    readonly receivers: readonly Receiver[];
    readonly routes: readonly Route[];
    readonly deadMansSwitch?: { readonly urlSecret: string; readonly interval: Duration } | undefined;
  };
  /** Long-term metrics on a bucket; left out: Prometheus' own time is all. */
  readonly thanos?: ThanosShape | undefined;
  readonly grafana: {
    readonly replicas: number;
    readonly resources: Size;
    readonly adminGroups: readonly string[];
    readonly editorGroups: readonly string[];
    readonly loginForm: boolean;
    /** The plugin that reads logs, where it is used and where it is fetched from. */
    readonly logs: {
      readonly pluginVersion: string;
      /** Left out: grafana.com. */
      readonly pluginUrl?: string | undefined;
      /** Address ranges (CIDR) of that host. */
      readonly cidrs: readonly string[];
    };
  };
}

/** The first part of the names of what the chart makes. */
export const stackName = "kps";

/** Names of what the release makes, fixed so that everything can be named before it runs. */
export const names = {
  release: "kube-prometheus-stack",
  prometheus: `${stackName}-prometheus`,
  alertmanager: `${stackName}-alertmanager`,
  operator: `${stackName}-operator`,
  grafana: "grafana",
  stateMetrics: "kube-state-metrics",
  nodeExporter: "node-exporter",
} as const;

/** What the smaller pods ask for: they do the same in every stack. */
export const sizes = {
  operator: { cpu: "20m", memory: "96Mi", memoryLimit: "256Mi" },
  webhookJob: { cpu: "10m", memory: "32Mi", memoryLimit: "128Mi" },
  reloader: { cpu: "5m", memory: "24Mi", memoryLimit: "64Mi" },
  alertmanager: { cpu: "10m", memory: "48Mi", memoryLimit: "192Mi" },
  stateMetrics: { cpu: "10m", memory: "64Mi", memoryLimit: "384Mi" },
  nodeExporter: { cpu: "10m", memory: "32Mi", memoryLimit: "128Mi" },
  sidecar: { cpu: "10m", memory: "96Mi", memoryLimit: "256Mi" },
} as const satisfies Record<string, Size>;
