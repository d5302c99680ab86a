import type { Bytes, Cpu } from "./quantities.ts";

/** Requests and limits of a container. CPU has no limit by default, because throttling makes a database unresponsive. */
export interface Resources {
  readonly requests: { readonly cpu: Cpu; readonly memory: Bytes };
  readonly limits: { readonly cpu?: Cpu; readonly memory: Bytes };
}

/** The same for the containers of a chart: the memory that they ask for, and the most that they may use. */
export interface Size {
  readonly cpu: Cpu;
  readonly memory: Bytes;
  readonly memoryLimit: Bytes;
}

/**
 * The ephemeral-storage limit of a container, for logs and emptyDir volumes: more than both need, but too little to fill the disk, after
 * which the kubelet would evict other pods.
 */
export const nodeDisk = {
  requests: { "ephemeral-storage": "50Mi" },
  limits: { "ephemeral-storage": "2Gi" },
} as const;

/** Requests and limits of a container as manifests and charts write them, with the disk of its node. */
export function resources({ cpu, memory, memoryLimit }: Size) {
  return {
    requests: { cpu, memory, ...nodeDisk.requests },
    limits: { memory: memoryLimit, ...nodeDisk.limits },
  };
}
