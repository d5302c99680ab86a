import type { ExposureRequest, Login, OidcClientRequest } from "./bindings.ts";
import type { Placement } from "./environment.ts";
import type { Bytes, Duration } from "./quantities.ts";
import type { Size } from "./resources.ts";
import type { StorageRole } from "./storage-class.ts";
import type { Alert } from "./watched.ts";

/** What every container of an application has. */
export interface ApplicationTask {
  /** With its registry and an exact tag. */
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Plaintext variables. `$(NAME)` in a value is replaced with another variable of the container. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the user's secrets by variable. */
  readonly secretEnvironment: Readonly<Record<string, string>>;
  /** Writable paths, each an empty directory that is lost with the pod. */
  readonly writable: readonly string[];
}

/** A probe: an HTTP request, a command, or a connection to the port if neither is given. */
export interface ApplicationProbe {
  readonly http?: string;
  readonly exec?: readonly string[];
  /** Name of the port. Default: the first port of the container. */
  readonly port?: string;
  readonly period: Duration;
  readonly timeout: Duration;
  readonly failures: number;
}

/** A container that serves. */
export interface ApplicationServer extends ApplicationTask {
  readonly image: string;
  /** Port numbers by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly probes: {
    readonly readiness: ApplicationProbe;
    readonly liveness: ApplicationProbe;
    readonly startup?: ApplicationProbe;
  };
  readonly resources: Size;
  readonly files: readonly ApplicationFile[];
}

/** A file: its content, or the name of the user's secret with it. */
export interface ApplicationFile {
  readonly path: string;
  readonly content?: string;
  readonly contentSecret?: string;
}

/** A container that prepares the pod, or that runs on a schedule; both have the application's variables, files and shared volumes. */
export interface ApplicationStep extends ApplicationTask {
  readonly name: string;
  /** Default: those of the application. */
  readonly resources?: Size;
}

/** Variables by what they hold. */
export type Variables<Fact extends string> = Readonly<Record<Fact, string>>;

export interface ApplicationVolume {
  /** Name of the PersistentVolumeClaim. */
  readonly claim: string;
  readonly path: string;
  readonly size: Bytes;
  readonly role: StorageRole;
}

export interface ApplicationDatabase {
  readonly name: string;
  readonly extensions: readonly string[];
  readonly locale: string;
  /** The most connections of one pod. */
  readonly connections: number;
  readonly environment: Variables<"host" | "port" | "database" | "username" | "password">;
}

export interface ApplicationBucket {
  readonly name: string;
  readonly environment: Variables<"endpoint" | "region" | "bucket" | "accessKey" | "secretKey">;
}

export interface ApplicationClient extends Omit<OidcClientRequest, "consumer"> {
  readonly kind: NonNullable<OidcClientRequest["kind"]>;
  readonly everyone: boolean;
  readonly redirectUris: readonly string[];
  readonly roles: readonly string[];
  readonly realmRoles: readonly string[];
  readonly serviceRoles: readonly string[];
  /** Paths of the application's hosts that a login returns to. */
  readonly redirectPaths: readonly string[];
  readonly environment: Variables<"clientId" | "clientSecret" | "issuer" | "discoveryUrl">;
}

/** A login in front of a host, by the name of its client. */
export interface HostLogin extends Omit<Login, "client" | "groups"> {
  /** Default: the first label of the host. */
  readonly client?: string;
  readonly realmRoles: readonly string[];
  readonly groups: readonly string[];
}

export interface ApplicationHost extends Omit<ExposureRequest, "service" | "login" | "access" | "purpose"> {
  /** Default: the application's title. */
  readonly purpose?: string;
  /** Name of the port. Default: the first port of the application. */
  readonly port?: string;
  readonly paths: readonly string[];
  readonly allowFrom: readonly string[];
  readonly apiOnly: boolean;
  readonly login?: HostLogin;
}

/** A connection that the application's pods open, or with `direction: from` receive. */
export type ApplicationConnection = { readonly purpose: string } & (
  | {
      readonly kind: "application";
      readonly application: string;
      /** Name of the other application's port. Default: its first. */
      readonly port?: string;
      /** A variable with the URL `http://HOST:PORT`. */
      readonly variable?: string;
    }
  | { readonly kind: "apiServer" }
  | ({
      readonly ports: readonly number[];
      readonly protocol: "TCP" | "UDP";
      readonly direction: "to" | "from";
    } & (
      | {
          readonly kind: "namespace";
          readonly namespace: string;
          readonly otherLabels?: Readonly<Record<string, string>>;
        }
      | { readonly kind: "outside"; readonly cidrs?: readonly string[] }
    ))
);

export interface ApplicationSchedule extends ApplicationStep {
  /** Minute, hour, day of month, month, day of week (cron), in UTC. */
  readonly schedule: string;
  /** The longest run. */
  readonly timeout: Duration;
  readonly retries: number;
}

/** An application of the user's own: one workload with everything that it needs. Secrets are named, never contained. */
export interface ApplicationSpec extends ApplicationServer {
  /** Unique in the stack; the name of its Deployment and Service. */
  readonly name: string;
  /** Default: its name. */
  readonly namespace?: string;
  /** Default: its name. */
  readonly title?: string;
  /** Default: two in production; one outside it, or where a volume can be mounted by pods of one node only. */
  readonly replicas?: number;
  /** The most pods, and the share of the requested CPU in percent at which pods are added. Default: not scaled. */
  readonly scaling?: { readonly maxReplicas: number; readonly cpu: number };
  /** Ports of the Service by name, where they differ from those of the pods. */
  readonly servicePorts: Readonly<Record<string, number>>;
  readonly runAs: { readonly user: number; readonly group: number };
  /** Default: that of the platform. */
  readonly placement?: Placement;
  readonly strategy: "RollingUpdate" | "Recreate";
  readonly gracePeriod: Duration;
  readonly sidecars: readonly (ApplicationServer & { readonly name: string })[];
  readonly init: readonly ApplicationStep[];
  readonly schedules: readonly ApplicationSchedule[];
  readonly volumes: readonly ApplicationVolume[];
  /** Secrets that the stack generates. */
  readonly generated: readonly { readonly name: string; readonly variable: string; readonly length: number }[];
  readonly databases: readonly ApplicationDatabase[];
  readonly buckets: readonly ApplicationBucket[];
  readonly clients: readonly ApplicationClient[];
  readonly hosts: readonly ApplicationHost[];
  readonly connections: readonly ApplicationConnection[];
  /** Sends its own logs to an input of Graylog; without, only its output is collected. */
  readonly logs?: { readonly input: string; readonly environment: Variables<"host" | "port"> };
  /** Where Prometheus reads its metrics. */
  readonly metrics?: { readonly port?: string; readonly path: string };
  readonly alerts: readonly (Omit<Alert, "runbook"> & { readonly runbookUrl?: string })[];
}

type Written<T> = T extends readonly (infer One)[]
  ? readonly Written<One>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Written<T[Key]> | undefined }
    : T;

/** An application as settings write it: what is left out has the default of the settings. */
export type WrittenApplication = Written<ApplicationSpec>;

/** The namespace of an application. */
export function namespaceOf({ name, namespace }: Pick<ApplicationSpec, "name" | "namespace">): string {
  return namespace ?? name;
}

/** The labels of all pods of an application, for policies of what it uses. */
export function applicationLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name };
}

/** All ports of an application's pods by name, those of its main container first. */
export function portsOf({ ports, sidecars }: Pick<ApplicationSpec, "ports" | "sidecars">): Record<string, number> {
  return Object.assign({}, ports, ...sidecars.map((one) => one.ports)) as Record<string, number>;
}

/** The name of a port: the one that is given, or the first. */
export function portName(application: Pick<ApplicationSpec, "ports" | "sidecars">, given?: string): string {
  return given ?? Object.keys(portsOf(application))[0] ?? "";
}

/** The name of a generated secret in the stack, for its rotation number. */
export function generatedName(application: string, name: string): string {
  return `${application}-${name}`;
}
