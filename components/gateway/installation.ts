import type { Input } from "@pulumi/pulumi";
import type { Size } from "../kit/resources.ts";
import { spreadOver } from "../kit/spread.ts";

/** A gateway that this stack installs. */
export interface Installation {
  readonly namespace: string;
  /** A number of replicas on different nodes, or one pod on each node. */
  readonly workload: "deployment" | "daemonSet";
  readonly replicas: number;
  /** The maximum number of pods for autoscaling. Default: no autoscaling. */
  readonly maxReplicas?: number;
  readonly service: {
    readonly type: "LoadBalancer" | "NodePort";
    /** Ports of the nodes for HTTP and HTTPS; default: the cluster chooses. */
    readonly nodePorts: { readonly http?: number; readonly https?: number };
    readonly annotations: Readonly<Record<string, Input<string | undefined>>>;
    /** Whether the load balancer in front of it speaks PROXY protocol. */
    readonly proxyProtocol: boolean;
  };
  /** Address ranges (CIDR) of proxies in front of the gateway, whose headers with the client's address are trusted. */
  readonly trustedProxies: readonly string[];
  /** Whether sessions of logins are in large headers. */
  readonly largeHeaders: boolean;
  readonly resources: Size;
  readonly serviceMonitor: boolean;
}

/** The maximum number of pods; a DaemonSet counts once. */
export function mostReplicas({ workload, replicas, maxReplicas }: Installation): number {
  return workload === "daemonSet" ? 1 : Math.max(replicas, maxReplicas ?? 0);
}

/** Whether another pod serves during the eviction of one. */
export function isReplicated({ workload, replicas }: Installation): boolean {
  return workload === "deployment" && replicas > 1;
}

/** Values of a HorizontalPodAutoscaler (autoscaling/v2): scales up at 75 % of the requested CPU. */
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

/** Replicas on different nodes, and in different zones, as far as possible. */
export function spread(installation: Installation, labels: Readonly<Record<string, string>>): object {
  return isReplicated(installation) ? spreadOver(labels, installation) : {};
}
