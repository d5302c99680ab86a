import type { ExposureRequest, Login, OidcClient, OidcClientRequest } from "../../components/kit/bindings.ts";
import type { Watched } from "../../components/kit/watched.ts";
import type { CertificateRequest } from "../../components/certificates/certificates.ts";
import type { NamespaceSpec } from "../../components/namespaces/namespaces.ts";
import type { DatabaseRequest } from "../../components/postgres/database.ts";

// What a program asks the platform for. Formats and limits are those of the same keys of the settings.

/** Pods that use something: those of a namespace with all of the labels. Default labels: every pod of the namespace. */
export interface Consumer {
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A namespace of the program's own. */
export interface NamespaceArgs extends Pick<NamespaceSpec, "name" | "labels" | "annotations" | "quota" | "limitRange"> {
  /** The Pod Security Standard that it enforces. Default: `restricted`. */
  readonly podSecurity?: NamespaceSpec["podSecurity"];
  /** Whether its claims contain data, so that it is protected in production. Default: false. */
  readonly keepsData?: boolean;
}

/** A database on the platform's PostgreSQL, with a role of its name. */
export interface DatabaseArgs extends DatabaseRequest {
  /**
   * Its backup: `false` for none, or the tables that must have rows when a restore is tested. Default: the database is backed up if
   * the stack has backups, and no table is required.
   */
  readonly backup?: false | { readonly tables: readonly string[] };
  /** The most connections of one pod and the most pods, for the check that PostgreSQL accepts them all. Default: not counted. */
  readonly pool?: { readonly connections: number; readonly replicas: number };
}

/** A client of the realm. */
export interface ClientArgs extends Omit<OidcClientRequest, "clientSecretSecret" | "flow"> {
  /** Hosts at the gateway with a login in front that uses this client: `NAME`, or a full host name. Default: none. */
  readonly loginAt?: readonly string[];
}

/** A host at the gateway. */
export interface HostArgs extends Omit<ExposureRequest, "login"> {
  /** A login in front of the application. Default: the application has its own, or none. */
  readonly login?: HostLoginArgs;
}

/** A login in front of a host. */
export interface HostLoginArgs extends Omit<Login, "client"> {
  /** The result of `platform.client`. Default: a client is created, named after the first label of the host. */
  readonly client?: OidcClient;
  /** Realm roles whose users also get the role of a client that is created. Default: none. */
  readonly realmRoles?: readonly string[];
}

/** A certificate for a host that the gateway does not serve. */
export type CertificateArgs = Pick<CertificateRequest, "host" | "issuer" | "namespace">;

/** Alerts and a dashboard of a component. */
export interface WatchArgs extends Omit<Watched, "alerts" | "panels"> {
  /** Default: none. */
  readonly alerts?: readonly Omit<Watched["alerts"][number], "runbook">[];
  /** Default: the dashboard shows what the pods use. */
  readonly panels?: Watched["panels"];
}
