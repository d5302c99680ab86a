import { interpolate } from "@pulumi/pulumi";
import type { DatabaseBinding } from "../kit/bindings.ts";
import { jdbcParameters } from "../kit/database-tls.ts";
import type { Mount, Pod, Server, Task, Volume } from "../kit/pod.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Resources } from "../kit/resources.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { nodeVariables, ninjaVariables, paths, port } from "./environment.ts";
import type { KeystoreSource } from "./environment.ts";

/** Where files of one kind are stored: in the node's claim, in the shared folder, or only during the pod's lifetime. */
export type Place = "claim" | "shared" | "none";

/** Inputs of a node's pod. */
export interface PodArgs {
  readonly name: string;
  readonly database: DatabaseBinding;
  readonly connections: number;
  readonly keystore: KeystoreSource & { readonly secret?: Keyed };
  /** Certificates for a keystore that the first node creates. */
  readonly authorities?: SecretKey;
  /** The client's secret at the identity provider. */
  readonly login?: SecretKey;
  readonly administrator: Keyed;
  readonly objects: readonly Keyed[];
  readonly scripts: Keyed;
  readonly files: Readonly<Record<"logs" | "exports" | "connectors", Place>>;
  /** The claim of the shared folder. */
  readonly sharedClaim?: string;
  readonly heap: { readonly initial: Bytes; readonly maximum: Bytes };
  readonly resources: Resources;
  readonly clustered: boolean;
  readonly nodeIdSource?: "hostname";
  /** Further variables of the nodes. Default: none. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The idle timeout of a browser session in seconds. */
  readonly session: number;
  /** The nodes' domain. */
  readonly domain: string;
}

/**
 * The line 4.10 is supported until 2027-11-26 (midPoint's documentation, `_data/midpoint-versions.yml`). Its tags move
 * with the base image ("Container image naming"), but all nodes of a cluster must be equal, so the image is pulled at each start.
 */
const image = "docker.io/evolveum/midpoint:4.10.4-alpine";

/**
 * The user of the processes. Images up to 4.10 set none and would run as root. Images from 4.11 on use this one, so files on volumes
 * already have the correct owner.
 */
export const account = 1000;

/** The grace period of a node in seconds, to end its tasks and sessions. */
const gracePeriod = 120;

/** The folder of each kind of file in midPoint's home, and in the shared folder. */
const folders = {
  logs: { home: "log", shared: { subPathExpr: "logs/$(POD_NAME)" } },
  exports: { home: "export", shared: { subPath: "exports" } },
  connectors: { home: "connid-connectors", shared: { subPath: "connectors" } },
} as const;

/** A node's pod: three containers prepare its home, its configuration and the database; then midPoint starts. */
export function midPointPod(args: PodArgs): Pod<Server> {
  const objects: Mount = { volume: "mp-poi", readOnly: true };
  const hasObjects = args.objects.length > 0;
  const prepared: Record<string, Mount> = hasObjects ? { [paths.objects]: objects } : {};
  const program = programMounts(args);
  return {
    priority: "applications",
    runAs: { user: account, group: account },
    terminationGracePeriodSeconds: gracePeriod,
    volumes: volumes(args),
    init: [preparation(args, prepared), configuration(args), schema(args, program)],
    containers: [node(args, { ...program, ...prepared }, hasObjects)],
  };
}

function node(args: PodArgs, mounts: Record<string, Mount>, hasObjects: boolean): Server {
  return {
    name: args.name,
    image,
    pull: "Always",
    command: ["/bin/bash", `${paths.program}/bin/midpoint.sh`, "container"],
    env: nodeVariables({ ...args, database: connection(args), hasObjects }),
    ports: { gui: port },
    probes: {
      // The first start imports hundreds of objects, which can take ten minutes.
      startup: { check: { tcp: "gui" }, periodSeconds: 10, failureThreshold: 120 },
      // It also checks the database: a node without a database gets no requests until the database is back.
      readiness: {
        check: { http: "/midpoint/actuator/health", port: "gui" },
        periodSeconds: 10,
        timeoutSeconds: 5,
        failureThreshold: 3,
      },
      // Not the health endpoint: while the database is down, it would kill every node again and again.
      liveness: { check: { tcp: "gui" }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    },
    preStop: ["/bin/bash", `${paths.scripts}/stop.sh`],
    mounts: {
      ...mounts,
      [paths.administrator]: { volume: "administrator", readOnly: true },
      [paths.scripts]: { volume: "scripts", readOnly: true },
      ...keptFiles(args),
    },
    writable: ["/tmp", ...lostFiles(args)],
    resources: args.resources,
  };
}

/** What the configuration and the post-initial objects need to stand where they do. */
function preparation(args: PodArgs, prepared: Record<string, Mount>): Task {
  return {
    name: "mp-home-init",
    image,
    pull: "Always",
    command: ["/bin/bash", `${paths.scripts}/prepare.sh`],
    env: { POD_NAME: { field: "metadata.name" } },
    mounts: {
      [paths.initHome]: home,
      [paths.scripts]: { volume: "scripts", readOnly: true },
      ...prepared,
      ...(args.sharedClaim === undefined ? {} : { "/shared": { volume: "nfs" } }),
    },
    resources: small,
  };
}

/** Writes `config.xml` if it is missing, and adds certificates to a keystore that the first node creates. */
function configuration(args: PodArgs): Task {
  const folder = args.keystore.kind === "shared" ? paths.sharedKeystore : paths.initHome;
  const keystore: Task["env"] =
    args.authorities === undefined
      ? {}
      : {
          MP_CERT: args.authorities,
          MP_KEYSTORE: `${folder}/keystore.jceks`,
          MP_PW_DEF: `${folder}/keystore-password`,
        };
  return {
    name: "mp-config-init",
    image,
    pull: "Always",
    command: ["/bin/bash", `${paths.program}/bin/midpoint.sh`, "init-native"],
    env: { HOME: "/tmp", MP_INIT_CFG: paths.initHome, ...keystore },
    mounts: { [paths.initHome]: home, ...(args.keystore.kind === "shared" ? sharedKeystore : {}) },
    writable: ["/tmp"],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  };
}

function schema(args: PodArgs, mounts: Record<string, Mount>): Task {
  return {
    name: "mp-schema-init",
    image,
    pull: "Always",
    command: ["/bin/bash", `${paths.scripts}/schema.sh`],
    env: ninjaVariables({ ...args, database: connection(args) }),
    mounts: { ...mounts, [paths.scripts]: { volume: "scripts", readOnly: true } },
    writable: ["/tmp"],
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
  };
}

const home: Mount = { volume: "mp-home", subPath: "mp-home" };

const small = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } } as const;

const sharedKeystore: Record<string, Mount> = { [paths.sharedKeystore]: { volume: "nfs", subPath: "keystore" } };

/** The public CAs of the image (Alpine, package `ca-certificates-bundle`): midPoint's own trust store has none. */
const publicAuthorities = "/etc/ssl/cert.pem";

function connection({ database }: PodArgs) {
  const { tls } = database;
  const parameters = tls ? jdbcParameters(tls, paths.databaseSecret, `sslrootcert=${publicAuthorities}`) : "";
  return {
    url: interpolate`jdbc:postgresql://${database.host}:${database.port}/${database.database}${parameters}`,
    username: database.username,
  };
}

/** Volumes that ninja and midPoint share. */
function programMounts({ keystore, login, sharedClaim }: PodArgs): Record<string, Mount> {
  return {
    [paths.home]: home,
    [paths.databaseSecret]: { volume: "db-pass", readOnly: true },
    ...(keystore.kind === "state" ? { [paths.keystore]: { volume: "keystore", readOnly: true } } : {}),
    ...(keystore.kind === "shared" ? sharedKeystore : {}),
    ...(login === undefined ? {} : { [paths.login]: { volume: "login", readOnly: true } }),
    // The marks of imported files are shared by all nodes.
    ...(sharedClaim === undefined ? {} : { [`${paths.home}/post-initial-objects`]: { volume: "nfs", subPath: "poi" } }),
  };
}

function kinds(files: PodArgs["files"], place: Place): (keyof typeof folders)[] {
  return (Object.keys(folders) as (keyof typeof folders)[]).filter((kind) => files[kind] === place);
}

function keptFiles({ files }: PodArgs): Record<string, Mount> {
  const mounts = kinds(files, "shared").map((kind) => {
    const { home: folder, shared } = folders[kind];
    return [`${paths.home}/${folder}`, { volume: "nfs", ...shared }] as const;
  });
  return Object.fromEntries(mounts);
}

function lostFiles({ files }: PodArgs): string[] {
  return kinds(files, "none").map((kind) => `${paths.home}/${folders[kind].home}`);
}

function volumes({
  administrator,
  database,
  keystore,
  login,
  objects,
  scripts,
  sharedClaim,
}: PodArgs): Record<string, Volume> {
  return {
    administrator: { from: administrator, mode: 0o440 },
    "db-pass": { from: database.password.secret, mode: 0o440 },
    scripts: { from: scripts, mode: 0o555 },
    // The mode in midPoint's guide to clusters, which is also Kubernetes' default.
    ...(keystore.kind === "state" && keystore.secret !== undefined
      ? { keystore: { from: keystore.secret, mode: 0o644 } }
      : {}),
    ...(login === undefined ? {} : { login: { from: login.secret, mode: 0o440 } }),
    ...objectVolume(objects),
    ...(sharedClaim === undefined ? {} : { nfs: { claim: sharedClaim } }),
  };
}

/** One ConfigMap is mounted like in the guide; several are mounted in one folder. */
function objectVolume(objects: readonly Keyed[]): Record<string, Volume> {
  const [only, ...others] = objects;
  if (only === undefined) return {};
  return { "mp-poi": others.length === 0 ? { from: only, mode: 0o644 } : { projected: objects, mode: 0o644 } };
}
