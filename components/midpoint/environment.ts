import type { Input } from "@pulumi/pulumi";
import type { PodField } from "../kit/pod.ts";
import { parseBytes } from "../kit/quantities.ts";
import type { Bytes } from "../kit/quantities.ts";

/** Paths in midPoint's containers (the image's Dockerfile; the guide to clusters, for the mounts). */
export const paths = {
  program: "/opt/midpoint",
  /** midPoint's home in the main container and for ninja. */
  home: "/opt/midpoint/var",
  /** The same volume, in the container that writes the configuration. */
  initHome: "/opt/mp-home",
  databaseSecret: "/opt/midpoint/config-secrets",
  keystore: "/opt/midpoint/mount-keystore",
  sharedKeystore: "/opt/midpoint/shared-keystore",
  administrator: "/opt/midpoint/administrator",
  login: "/opt/midpoint/login",
  /** Its folders are copied to the home at the start. */
  entryPoint: "/opt/midpoint-dirs-docker-entrypoint",
  objects: "/opt/midpoint-dirs-docker-entrypoint/post-initial-objects",
  scripts: "/opt/midpoint-scripts",
  trusted: "/opt/midpoint-trusted",
  /** Written by the start script, read by the preStop hook. */
  process: "/tmp/midpoint.pid",
} as const;

/** The port of the user interface, the REST services and the health endpoint. */
export const port = 8080;

/** The source of the keystore. */
export type KeystoreSource =
  /** A Secret generated from the stack's state, with the alias of the key that encrypts. */
  | { readonly kind: "state"; readonly alias: string }
  /** A file in the shared folder, created by the first node. */
  | { readonly kind: "shared" }
  /** A file in the node's home, created by the node itself: only for a single node. */
  | { readonly kind: "own" };

/** Inputs of the environment of midPoint's programs. */
export interface EnvironmentArgs {
  readonly database: { readonly url: Input<string>; readonly username: string };
  readonly keystore: KeystoreSource;
  /** The maximum number of connections of one node. */
  readonly connections: number;
}

/**
 * The environment that ninja and midPoint share. `MP_SET_a_b=v` becomes the property `a.b`, and a property with the suffix `_FILE` is
 * read from that file as it is, a line break at its end included (`bin/midpoint.sh`, `StartupConfiguration` of 4.10).
 *
 * The start script runs its options through the shell's `eval`: a value must hold no `$`, backtick, backslash or quote.
 */
function commonVariables({
  database,
  keystore,
  connections,
}: EnvironmentArgs): Record<string, Input<string> | PodField> {
  const file = keystoreFile(keystore.kind);
  return {
    // The user has no entry in the image's /etc/passwd, so Java gets its home directory from here.
    HOME: "/tmp",
    MIDPOINT_HOME: paths.home,
    MP_NO_ENV_COMPAT: "1",
    MP_SET_midpoint_keystore_keyStorePath: file,
    // By default, the JVM trusts the store in midPoint's home, which is not used.
    MP_SET_javax_net_ssl_trustStore: file,
    ...(keystore.kind === "state"
      ? {
          MP_SET_midpoint_keystore_encryptionKeyAlias: keystore.alias,
          MP_SET_midpoint_keystore_keyStorePassword_FILE: `${paths.keystore}/keystore`,
        }
      : {}),
    // The image's defaults are for H2.
    MP_SET_midpoint_repository_database: "postgresql",
    MP_SET_midpoint_repository_jdbcPassword_FILE: `${paths.databaseSecret}/password`,
    MP_SET_midpoint_repository_jdbcUrl: database.url,
    MP_SET_midpoint_repository_jdbcUsername: database.username,
    MP_SET_midpoint_repository_maxPoolSize: String(connections),
    MP_SET_midpoint_repository_minPoolSize: String(Math.min(leastConnections, connections)),
    MP_UNSET_midpoint_repository_hibernateHbm2ddl: "1",
  };
}

/** The path of the keystore, by source. */
function keystoreFile(kind: KeystoreSource["kind"]): string {
  return `${{ state: paths.keystore, shared: paths.sharedKeystore, own: paths.home }[kind]}/keystore.jceks`;
}

/** Connections that a node keeps open (`SqaleRepositoryConfiguration`, `DEFAULT_MIN_POOL_SIZE`). */
const leastConnections = 8;

/** Additional inputs of a node. */
export interface NodeArgs extends EnvironmentArgs {
  /** The first part of a node's address behind its own name: `SERVICE.NAMESPACE.svc.cluster.local`. */
  readonly domain: string;
  readonly heap: { readonly initial: Bytes; readonly maximum: Bytes };
  /** The idle timeout of a browser session in seconds. */
  readonly session: number;
  readonly hasObjects: boolean;
  /** Further variables. A value holds no `$`, backtick, backslash or quote. Default: none. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether the node is part of a cluster, and its name. */
  readonly clustered: boolean;
  readonly nodeIdSource?: "hostname";
}

/** The environment of a node. */
export function nodeVariables(args: NodeArgs): Record<string, Input<string> | PodField> {
  return {
    ...args.variables,
    ...commonVariables(args),
    POD_NAME: { field: "metadata.name" },
    PID_FILE: paths.process,
    ...(args.hasObjects ? { MP_ENTRY_POINT: paths.entryPoint } : {}),
    MP_MEM_INIT: javaMemory(args.heap.initial),
    MP_MEM_MAX: javaMemory(args.heap.maximum),
    MP_SET_midpoint_administrator_initialPassword_FILE: `${paths.administrator}/password`,
    // Not `midpoint.nodeId` with an expression: the start script would let the shell expand `${hostname:}`.
    ...(args.nodeIdSource === undefined ? {} : { MP_SET_midpoint_nodeIdSource: args.nodeIdSource }),
    MP_SET_midpoint_taskManager_clustered: String(args.clustered),
    // Nodes send each other cache invalidations by this URL. A pod's plain host name does not resolve, so it contains the domain.
    MP_SET_midpoint_url: `http://$(POD_NAME).${args.domain}:${port}/midpoint`,
    // Behind a gateway that terminates TLS, links and redirects use the public host and scheme.
    MP_SET_server_forwardHeadersStrategy: "native",
    MP_SET_server_servlet_session_timeout: `${args.session}s`,
  };
}

/** The variables that the stack sets itself, in some configuration. */
export function ownVariables(): string[] {
  const database = { url: "", username: "" };
  const sizes = { connections: 1, heap: { initial: "1Mi", maximum: "1Mi" }, session: 1 } as const;
  const whole = { domain: "", hasObjects: true, clustered: true, nodeIdSource: "hostname" } as const;
  return Object.keys(nodeVariables({ database, keystore: { kind: "state", alias: "" }, ...sizes, ...whole }));
}

/** The environment of ninja, which needs little memory for a script of SQL. */
export function ninjaVariables(args: EnvironmentArgs): Record<string, Input<string> | PodField> {
  return { ...commonVariables(args), MP_MEM_INIT: "128m", MP_MEM_MAX: "512m" };
}

/** A quantity of memory in the format of Java's `-Xmx`, in whole MiB. */
function javaMemory(size: Bytes): string {
  return `${Math.floor(parseBytes(size) / 2 ** 20)}m`;
}
