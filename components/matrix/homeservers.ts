import { stableJson } from "../kit/stable.ts";
import { fields } from "./fields.ts";

/** A kind of homeserver: everything in which it differs from the others. */
export interface Homeserver {
  readonly title: string;
  /** With an exact tag; its manifest has images for amd64 and arm64. */
  readonly image: string;
  /** The prefix of its variables. */
  readonly prefix: string;
  /** What joins the names of a table and its field in a variable. */
  readonly separator: "_" | "__";
  /** The fields that it reads, as `field` or `table.field`. */
  readonly fields: readonly string[];
  /** Whether users can log in at an identity provider. */
  readonly oidc: boolean;
  /** Fields that only this kind needs. */
  readonly always: Readonly<Record<string, string>>;
}

/** The kinds of homeservers, by the value of the setting `matrix.homeserver`. */
export const homeservers = {
  conduit: {
    title: "Conduit",
    // Tags and platforms: Conduit's .gitlab-ci.yml, `.push-oci-image`.
    image: "docker.io/matrixconduit/matrix-conduit:v0.10.12",
    prefix: "CONDUIT_",
    separator: "_",
    fields: fields.conduit,
    oidc: false,
    always: { database_backend: "rocksdb" },
  },
  tuwunel: {
    title: "tuwunel",
    // Tags and platforms: tuwunel's .github/workflows/publish.yml and main.yml.
    image: "ghcr.io/matrix-construct/tuwunel:v1.9.0",
    prefix: "TUWUNEL_",
    separator: "__",
    fields: fields.tuwunel,
    oidc: true,
    always: {},
  },
} as const satisfies Record<string, Homeserver>;

export type HomeserverKind = keyof typeof homeservers;

/** The port inside the pod: that of both images' documentation. */
export const homeserverPort = 6167;

/** The mount path of the claim. It is the same for both, because tuwunel can take over Conduit's database. */
export const databasePath = "/var/lib/matrix-conduit/";

/** What the homeserver is configured with. */
export interface Configuration {
  readonly serverName: string;
  /** The full host that clients and other servers connect to. */
  readonly host: string;
  readonly address: string;
  /** In bytes. */
  readonly maxRequestSize: number;
  readonly registration: boolean;
  /** Servers whose copies of other servers' keys are trusted. Undefined: no federation. */
  readonly trustedServers?: readonly string[];
  readonly turn?: { readonly uris: readonly string[]; readonly seconds: number };
  readonly provider?: Readonly<Record<string, string>>;
  /** Additional fields of the user's own. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * A variable's name.
 * @throws RangeError for a field that the homeserver does not read: it would ignore the variable
 */
export function variableName(kind: HomeserverKind, field: string): string {
  const { fields: known, prefix, separator, title }: Homeserver = homeservers[kind];
  if (!known.includes(field)) throw new RangeError(`${title} has no configuration field "${field}"`);
  return `${prefix}${field.replaceAll(".", separator).toUpperCase()}`;
}

/** Fields whose values are secrets: they are set from Secrets only. */
export const secretFields: readonly string[] = [
  "emergency_password",
  "jwt_secret",
  "mas_secret",
  "registration_shared_secret",
  "registration_token",
  "turn_password",
  "turn_secret",
];

/** The fields that the component sets, by field. */
function managed(kind: HomeserverKind, shape: Omit<Configuration, "options">): Record<string, string> {
  const { host, maxRequestSize, registration, serverName, trustedServers, turn, provider = {} } = shape;
  const federates = trustedServers !== undefined;
  const { always }: Homeserver = homeservers[kind];
  return {
    ...always,
    ...prefixed("identity_provider.0", provider),
    address: shape.address,
    // Conduit asks conduit.rs, which is outside the cluster like other servers; tuwunel has no such field.
    ...(kind === "conduit" && { allow_check_for_updates: String(federates) }),
    allow_federation: String(federates),
    allow_registration: String(registration),
    database_path: databasePath,
    max_request_size: String(maxRequestSize),
    port: String(homeserverPort),
    server_name: serverName,
    ...(federates && { trusted_servers: stableJson(trustedServers), "well_known.server": `${host}:443` }),
    ...(turn && { turn_ttl: String(turn.seconds), turn_uris: stableJson(turn.uris) }),
    "well_known.client": `https://${host}`,
  };
}

/** The names of all fields that the component may set: `options` cannot contain them. */
export function managedFields(kind: HomeserverKind): string[] {
  const everything = {
    serverName: "",
    host: "",
    address: "",
    maxRequestSize: 0,
    registration: true,
    trustedServers: [],
    turn: { uris: [], seconds: 0 },
  };
  return Object.keys(managed(kind, everything));
}

/** The content of the ConfigMap: every plaintext variable. */
export function homeserverVariables(
  kind: HomeserverKind,
  { options, ...shape }: Configuration,
): Record<string, string> {
  const all = { ...options, ...managed(kind, shape) };
  const variables = Object.entries(all).map(([field, value]) => [variableName(kind, field), value] as const);
  return {
    // Conduit does not start without the variable; its empty value means that there is no file. tuwunel would look for the file "".
    ...(kind === "conduit" && { CONDUIT_CONFIG: "" }),
    ...Object.fromEntries(variables),
  };
}

function prefixed(table: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${table}.${name}`, value]));
}
