import type { ValueOverride } from "./overrides.ts";
import type { Bytes, Cpu } from "./quantities.ts";
import { compare } from "./stable.ts";
import type { StorageRole } from "./storage-class.ts";

/** One side of a network edge. */
export type Peer =
  /** Pods of a namespace, those with all of the labels; without labels every pod of it. */
  | { readonly kind: "pods"; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> }
  /** Every pod of the cluster, including those of the stack: for public services. */
  | { readonly kind: "cluster" }
  /** The Kubernetes API server, as a client of webhooks or as the server of controllers. */
  | { readonly kind: "apiServer" }
  /** Outside the pods of the cluster: the given address ranges (CIDR), or any address. `nodes`: they are those of the nodes. */
  | { readonly kind: "outside"; readonly cidrs?: readonly string[]; readonly nodes?: true };

/** A connection of the platform: client, server, ports of the server's pods, and purpose. */
export interface Edge {
  readonly from: Peer;
  readonly to: Peer;
  readonly ports: readonly number[];
  /** Default TCP. */
  readonly protocol?: "TCP" | "UDP";
  readonly purpose: string;
}

/** Who has access to a host, and where the credential is stored. */
export interface Access {
  /** Such as `anyone` or `users with the role grafana_role of the realm platform`. */
  readonly who: string;
  /** The command that shows the first administrator's credential: never the value. Default: users have their own. */
  readonly credential?: string;
}

/** A host name for users or API clients outside the cluster. */
export interface Host {
  readonly host: string;
  readonly purpose: string;
  readonly access?: Access;
  readonly tlsSecret?: { readonly namespace: string; readonly name: string };
  /** The gateway's Service, to which its name resolves. Default: the gateway does not serve it. */
  readonly service?: { readonly namespace: string; readonly name: string };
}

/** A generated secret: its kind, consumers, Secrets, and the effect of raising its rotation number. */
export interface CredentialEntry {
  readonly name: string;
  readonly kind: "password" | "key";
  /** Whether the user's configuration contains the first key. Default: all are generated. */
  readonly imported?: true;
  /** Characters of a password, bits of a key. */
  readonly length: number;
  readonly rotation: number;
  /** Logical name of the generated password, whose keeper is the rotation number: so that it is found in a stack's state. */
  readonly resource?: string;
  readonly recipe: string;
  readonly consumers: readonly string[];
  readonly secrets: { readonly namespace: string; readonly name: string; readonly key: string }[];
}

/** The requests of a set of identical pods. Storage is one claim per pod. */
export interface PodGroup {
  readonly component: string;
  readonly name: string;
  readonly namespace: string;
  /** Pods that run at the same time; a Job counts while it runs. */
  readonly replicas: number;
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet" | "Job";
  /** The requests of each container of a pod. */
  readonly containers: readonly { readonly cpu: Cpu; readonly memory: Bytes }[];
  readonly claims?: readonly { readonly name: string; readonly size: Bytes; readonly storageClass?: string }[];
}

/** What pods of a chart ask for; without a namespace, they are in the release's own. */
export type ChartPods = Omit<PodGroup, "component" | "namespace"> & { readonly namespace?: string };

/** An address of a service inside the cluster. */
export interface ServiceAddress {
  readonly name: string;
  readonly address: string;
  readonly purpose: string;
}

/** The name of the {@link ServiceAddress} of a PostgreSQL server with the data of an earlier time. */
export const recoveredService = "postgresql-recovered";

/** The maximum number of database connections of a consumer, for the connection budget. */
export interface ConnectionPool {
  readonly consumer: string;
  readonly database: string;
  /** The host of its binding: a pooler's Service, or the server's own. */
  readonly host: string;
  /** The maximum number of connections of one pod. */
  readonly connections: number;
  /** The maximum number of pods. */
  readonly replicas: number;
}

/** A database that a consumer requested, and the host of its binding. */
export interface DatabaseEntry {
  readonly name: string;
  readonly host: string;
}

/** A shared folder, by the claim that its consumer mounts. */
export interface FolderEntry {
  readonly what: string;
  readonly namespace: string;
  readonly claim: string;
  /** The account of its files. */
  readonly account: { readonly user: number; readonly group: number };
}

/** A claim with files, as a backup reads them. */
export interface ClaimFiles {
  readonly namespace: string;
  readonly claim: string;
  /** The storage that it is on. Default: a shared folder, which has no size and no class. */
  readonly storage?: { readonly size: Bytes; readonly role: StorageRole };
  /** Whether pods of several nodes can mount it at the same time. Default: those of one node. */
  readonly shared?: boolean;
  /** The account of its files: a backup reads them as the pods do that write them. */
  readonly account: { readonly user: number; readonly group: number };
  /** The labels of the pods that mount it. */
  readonly consumer: Readonly<Record<string, string>>;
  /** The workload that a backup stops, because a copy of files that are being written would be useless. Default: none. */
  readonly stops?: { readonly kind: "Deployment" | "StatefulSet"; readonly name: string };
}

/** Data that cannot be made again, by the name that backups and checks use, such as `Database keycloak`. */
export interface DataEntry {
  readonly data: string;
  /** Whether it is files of a claim or of a shared folder. Default: a database. */
  readonly files?: true;
  /** The claim with the files. Default: backups cannot read them. */
  readonly claim?: ClaimFiles;
}

/** A claim that needs no backup of its own. */
export interface SpareClaim {
  readonly namespace: string;
  readonly claim: string;
  /** Such as `dumps of its databases are backed up`. */
  readonly reason: string;
}

/** Data that a backup covers. */
export interface BackupEntry {
  /** The name of {@link DataEntry}. */
  readonly data: string;
  /** Its path in the backups. */
  readonly path: string;
  /** How it is read, such as `pg_dump`. */
  readonly method: string;
  /** A cron schedule, in UTC. */
  readonly schedule: string;
  /** What is kept, as options of `restic forget`, or in the words of what makes the backup. */
  readonly keep: string;
  /** The CronJob that makes it. */
  readonly cronJob?: string;
  /** The CronJob that checks its repository of restic: its pod also lists the snapshots. Default: it is in no such repository. */
  readonly checkJob?: string;
  /** The claim with the files, and the CronJob in its namespace whose pod mounts it. Default: it is no claim. */
  readonly claim?: ClaimFiles & { readonly pod: string };
  /** Tables that must have rows after a restore. */
  readonly tables?: readonly string[];
}

/** The name of a claim's files in plans and backups. */
export function claimData({ claim, namespace }: { readonly claim: string; readonly namespace: string }): string {
  return `Claim ${namespace}/${claim}`;
}

/** Files of a claim as data that needs a backup. */
export function fileData(claim: ClaimFiles): DataEntry {
  return { data: claimData(claim), files: true, claim };
}

/** A role or access in an application that users get through a group of the identity provider. */
export interface GroupRole {
  /** Such as `Grafana` or a host. */
  readonly application: string;
  readonly role: string;
  /** The group as tokens list it: without a path. */
  readonly group: string;
}

/** A finding of the plan's checks that a component accepts. */
export interface AcceptedFinding {
  /** The check's id. */
  readonly check: string;
  /** The object as in findings; `*` at the end matches any suffix. */
  readonly object: string;
  readonly reason: string;
}

/** A pod that violates Pod Security `restricted`, with the reason. */
export interface Exemption {
  readonly namespace: string;
  readonly level: "baseline" | "privileged";
  readonly reason: string;
}

/**
 * Facts that components record while they are created. It contains no resources. What depends on all components (network policies, the
 * users of the connection pooler, the outputs) is created from it last.
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
  readonly databases: DatabaseEntry[] = [];
  readonly pools: ConnectionPool[] = [];
  readonly folders: FolderEntry[] = [];
  readonly data: DataEntry[] = [];
  readonly spareClaims: SpareClaim[] = [];
  readonly backups: BackupEntry[] = [];
  readonly accepted: AcceptedFinding[] = [];
  readonly groupRoles: GroupRole[] = [];
  /** What became of the setting `charts.values`, one entry for each value. */
  readonly overrides: ValueOverride[] = [];

  /** The generated secrets, by name. */
  credentialsByName(): CredentialEntry[] {
    return [...this.credentials].sort((a, b) => compare(a.name, b.name));
  }
}
