import { childName } from "./names.ts";

/**
 * Whose pods start first, and stay when a node lacks memory: those that every node needs, such as the collector of its logs, before
 * those of the platform, before applications. Pods of others have the priority 0.
 */
export type Priority = "nodes" | "platform" | "applications";

/**
 * The value and purpose of each class. Values of users go up to 1,000,000,000 (Kubernetes, "Pod Priority and Preemption"). The built-in
 * `system-node-critical` is not used: its pods would evict those of the cluster, and some providers allow it in kube-system only.
 */
export const priorities: Readonly<Record<Priority, { readonly value: number; readonly purpose: string }>> = {
  nodes: { value: 1_000_000, purpose: "pods that run on every node" },
  platform: { value: 100_000, purpose: "databases, gateways, logins, logs and metrics, which applications need" },
  applications: { value: 10_000, purpose: "applications" },
};

/** The name of the stack's PriorityClass. It contains the stack, because two stacks in one cluster have one each. */
export function priorityClass({ stack }: { readonly stack: string }, priority: Priority): string {
  // Kubernetes reserves names that begin with `system-`.
  return childName(`groundplan-${stack}`, priority);
}
