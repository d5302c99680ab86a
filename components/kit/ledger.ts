import type { Bytes, Cpu } from "./quantities.ts";
import { compare } from "./stable.ts";

/** One side of a network edge. */
export type Peer =
  /** Pods of a namespace, those with all of the labels; without labels every pod of it. */
  | { readonly kind: "pods"; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> }
  /** Every pod of the cluster, those of the stack included: for what anyone may reach. */
  | { readonly kind: "cluster" }
  /** The Kubernetes API server, as a client of webhooks or as the server of controllers. */
  | { readonly kind: "apiServer" }
  /** What lies outside the cluster: the given address ranges (CIDR), or any address. */
  | { readonly kind: "outside"; readonly cidrs?: readonly string[] };

/** A connection that the platform makes: who opens it, to whom, on which ports of the pod, and what for. */
export interface Edge {
  readonly from: Peer;
  readonly to: Peer;
  readonly ports: readonly number[];
  /** Default TCP. */
  readonly protocol?: "TCP" | "UDP";
  readonly purpose: string;
}

/** The ports at which API servers answer, behind their Service (443) and on their own (6443). Policies see either. */
export const apiServerPorts: readonly number[] = [443, 6443];

/** Who may enter at a host, and where the credential for it lives. */
export interface Access {
  /** Such as `anyone` or `users with the role grafana_role of the realm platform`. */
  readonly who: string;
  /** The command that shows the first administrator's credential: never the value. Default: users have their own. */
  readonly credential?: string;
}

/** A host name that people or programs outside the cluster use. */
export interface Host {
  readonly host: string;
  readonly purpose: string;
  readonly access?: Access;
  readonly tlsSecret?: { readonly namespace: string; readonly name: string };
}

/** A generated secret: what it is, who uses it, where it stands, and what raising its rotation number does. */
export interface CredentialEntry {
  readonly name: string;
  readonly kind: "password" | "key";
  /** Characters of a password, bits of a key. */
  readonly length: number;
  readonly rotation: number;
  readonly recipe: string;
  readonly consumers: readonly string[];
  readonly secrets: { readonly namespace: string; readonly name: string; readonly key: string }[];
}

/** What a set of like pods asks of the cluster. Storage is a claim per pod. */
export interface PodGroup {
  readonly component: string;
  readonly name: string;
  readonly namespace: string;
  /** Pods that run at the same time; a Job counts while it runs. */
  readonly replicas: number;
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet" | "Job";
  /** What each container of a pod asks for. */
  readonly containers: readonly { readonly cpu: Cpu; readonly memory: Bytes }[];
  readonly claims?: readonly { readonly name: string; readonly size: Bytes; readonly storageClass?: string }[];
}

/** What pods of a chart ask for; without a namespace, they are in the release's own. */
export type ChartPods = Omit<PodGroup, "component" | "namespace"> & { readonly namespace?: string };

/** An address inside the cluster at which a service answers. */
export interface ServiceAddress {
  readonly name: string;
  readonly address: string;
  readonly purpose: string;
}

/** How many connections a consumer keeps to a database at most: what the connection budget adds up. */
export interface ConnectionPool {
  readonly consumer: string;
  /** The host of its binding: a pooler's Service, or the server's own. */
  readonly host: string;
  /** Connections of one pod at most. */
  readonly connections: number;
  /** Pods at most. */
  readonly replicas: number;
}

/** A finding of the plan's checks that a component knows of and has to live with. */
export interface AcceptedFinding {
  /** The check's id. */
  readonly check: string;
  /** The object as findings name it; `*` at the end stands for any rest. */
  readonly object: string;
  readonly reason: string;
}

/** A pod that Pod Security `restricted` would refuse, with the reason why it has to be so. */
export interface Exemption {
  readonly namespace: string;
  readonly level: "baseline" | "privileged";
  readonly reason: string;
}

/**
 * Facts that components record while they are built: it holds no resources. What needs the whole picture (network policies,
 * the users of the connection pooler, the outputs) is made from it when all components exist.
 */
export class Ledger {
  readonly edges: Edge[] = [];
  /** What reads the metrics of other pods. */
  readonly metricsReaders: Peer[] = [];
  readonly hosts: Host[] = [];
  readonly credentials: CredentialEntry[] = [];
  readonly podGroups: PodGroup[] = [];
  readonly services: ServiceAddress[] = [];
  readonly exemptions: Exemption[] = [];
  readonly pools: ConnectionPool[] = [];
  readonly accepted: AcceptedFinding[] = [];

  /** The generated secrets, by name. */
  credentialsByName(): CredentialEntry[] {
    return [...this.credentials].sort((a, b) => compare(a.name, b.name));
  }
}
