import type { Edge, Peer } from "./ledger.ts";

/** What gives pods the role of their service account in a cloud. */
export interface RoleAgent {
  /** Its address (CIDR) and port on every node. */
  readonly cidr: string;
  readonly port: number;
}

/** Where the agent gives out credentials (EKS, "Understand how EKS Pod Identity works"). */
export function credentialsUrl({ cidr, port }: RoleAgent): string {
  const host = cidr.split("/")[0] ?? "";
  return `http://${host.includes(":") ? `[${host}]` : host}${port === 80 ? "" : `:${port}`}/v1/credentials`;
}

/** How pods get the role of their service account. */
export function agentEdge(from: Peer, { cidr, port }: RoleAgent): Edge {
  return { from, to: { kind: "outside", cidrs: [cidr] }, ports: [port], purpose: "the role of its service account" };
}
