import type { Bytes, Duration } from "../kit/quantities.ts";
import type { Size } from "../kit/resources.ts";
import type { Receiver, Route } from "./alertmanager.ts";

/** A part of the control plane whose metrics a cluster may offer at its nodes' addresses. */
export type ControlPlanePart = "etcd" | "scheduler" | "controller-manager" | "proxy";

/** The ports of these parts on their nodes (kubernetes.io, "Ports and Protocols"; chart kube-prometheus-stack, defaults). */
export const controlPlanePorts: Readonly<Record<ControlPlanePart, number>> = {
  etcd: 2381,
  scheduler: 10259,
  "controller-manager": 10257,
  proxy: 10249,
};

/** How long-term metrics are kept. */
export interface ThanosShape {
  readonly replicas: number;
  /** How long samples are kept as they came, in steps of five minutes, and in steps of an hour. */
  readonly retention: { readonly raw: Duration; readonly fiveMinutes: Duration; readonly oneHour: Duration };
  /** Claim of the compactor: at least the largest block, twice. */
  readonly compactorStorage: Bytes;
  /** Claim of each store gateway, for indexes. */
  readonly storeStorage: Bytes;
}

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
    readonly receiver?: string;
    readonly receivers: readonly Receiver[];
    readonly routes: readonly Route[];
    readonly deadMansSwitch?: { readonly urlSecret: string; readonly interval: Duration };
  };
  /** Long-term metrics on a bucket; left out: Prometheus' own time is all. */
  readonly thanos?: ThanosShape;
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
      readonly pluginUrl?: string;
      /** Address ranges (CIDR) of that host. */
      readonly cidrs: readonly string[];
    };
  };
}

/** A data source, as Grafana provisions it (grafana.com/docs, "Provision Grafana", "Data sources"). */
export interface DataSource {
  readonly name: string;
  readonly type: string;
  readonly uid: string;
  readonly url: string;
  readonly isDefault?: boolean;
  readonly basicAuth?: boolean;
  readonly basicAuthUser?: string;
  readonly jsonData?: Readonly<Record<string, unknown>>;
  /** No secret: names of variables (`$__env{NAME}`) and files (`$__file{PATH}`) that hold one. */
  readonly secureJsonData?: Readonly<Record<string, string>>;
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
