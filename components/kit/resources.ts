import type { Bytes, Cpu } from "./quantities.ts";

/** What a container asks for and may use at most. CPU has no limit unless given: a throttled database serves nobody. */
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
 * What a container may keep on its node's disk, logs and empty directories together: more than both need, and too little to
 * fill the disk and have the kubelet evict its neighbours.
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
