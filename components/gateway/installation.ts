import type { Size } from "../kit/resources.ts";

/** A gateway that this stack runs itself. */
export interface Installation {
  readonly namespace: string;
  /** Pods that are shared out over nodes, or one pod on each node. */
  readonly workload: "deployment" | "daemonSet";
  readonly replicas: number;
  /** Pods up to which the gateway grows under load; undefined for no autoscaling. */
  readonly maxReplicas?: number;
  readonly service: {
    readonly type: "LoadBalancer" | "NodePort";
    /** Ports of the nodes for HTTP and HTTPS; undefined lets the cluster choose. */
    readonly nodePorts: { readonly http?: number; readonly https?: number };
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** Address ranges (CIDR) of proxies in front, whose headers say who the client is. */
  readonly trustedProxies: readonly string[];
  readonly resources: Size;
  readonly serviceMonitor: boolean;
}

/** Pods that there may be at the same time: a DaemonSet's count once. */
export function mostReplicas({ workload, replicas, maxReplicas }: Installation): number {
  return workload === "daemonSet" ? 1 : Math.max(replicas, maxReplicas ?? 0);
}

/** Whether another pod serves while one is away on purpose. */
export function isReplicated({ workload, replicas }: Installation): boolean {
  return workload === "deployment" && replicas > 1;
}

/** Values of a HorizontalPodAutoscaler (autoscaling/v2): grows at 75 % of the CPU that the pods ask for. */
export function autoscaling(installation: Installation): object {
  const { workload, replicas, maxReplicas } = installation;
  if (workload === "daemonSet" || maxReplicas === undefined) return { enabled: false };
  return {
    enabled: true,
    minReplicas: replicas,
    maxReplicas,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 75 } } }],
  };
}

/** Replicas on different nodes as far as possible. */
export function spread(installation: Installation, matchLabels: Readonly<Record<string, string>>): object {
  if (!isReplicated(installation)) return {};
  return {
    topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { ...matchLabels } },
    })),
  };
}
