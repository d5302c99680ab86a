import { builtInClients, builtInRoles, clientRole } from "../../../components/keycloak/clients.ts";
import { namespaceOf } from "../../../components/kit/application.ts";
import { declaredApplications, declaredClients, declaredDatabases, declaredHosts } from "../declared.ts";
import { neededOf } from "../derive.ts";
import { loginClient } from "../names.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated } from "./violation.ts";
import type { Violation, Fix } from "./violation.ts";

/** Names that a server owns, and how a message says so. */
interface Reserved {
  readonly names: readonly string[];
  /** Beginnings that are reserved too. Default: none. */
  readonly prefixes?: readonly string[];
  readonly message: string;
  /** What is named, such as `name`. */
  readonly what: string;
}

/** A setting that names something on a server. */
interface Named {
  readonly path: Path;
  readonly name: string;
  readonly fix?: Fix;
  readonly relies?: readonly Path[];
}

function owned({ names, prefixes = [], message, what }: Reserved, used: readonly Named[]): Violation[] {
  const others =
    prefixes.length === 0 ? [] : [`${what}s that start with ${prefixes.join(", ").replace(/, ([^,]*)$/, " or $1")}`];
  const accepts = `any ${what} except ${[...(names.length === 0 ? [] : [names.join(", ")]), ...others].join(" and ")}`;
  return used
    .filter(({ name }) => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)))
    .map(({ path, name, fix = "use the application's name", relies }) => ({
      path,
      message,
      got: shown(name),
      accepts,
      fix,
      relies,
    }));
}

/**
 * Databases and roles that servers, poolers and services own.
 *
 * Sources: PostgreSQL, `RoleSpec` in gram.y (`public`, `none`) and `IsReservedName` in catalog.c (`pg_`); the postgresql-ha
 * chart (`repmgr`, `admin`, `sr_check_user`); CloudNativePG, "PostgreSQL Role Management" (`streaming_replica`, `app`,
 * `cnpg_pooler_pgbouncer`); PgBouncer, "Admin console" (`pgbouncer`); the administration of Amazon RDS (`rdsadmin`, `rds_`),
 * Azure (`azure_`) and Cloud SQL (`cloudsql`).
 */
const serverDatabases: Reserved = {
  names: [
    "postgres",
    "template0",
    "template1",
    "repmgr",
    "admin",
    "sr_check_user",
    "streaming_replica",
    "app",
    "public",
    "none",
    "cnpg_pooler_pgbouncer",
    "pgbouncer",
    "rdsadmin",
  ],
  prefixes: ["pg_", "rds_", "azure_", "cloudsql"],
  message: "this name is reserved for the database server",
  what: "name",
};

/** Databases of the user's own and Keycloak's, which no server owns. */
export function reservedDatabases(settings: ParsedSettings): Violation[] {
  const { keycloak } = settings;
  const used: Named[] = [
    ...declaredDatabases(settings).map(({ name, path }) => ({ path: [...path, "name"], name })),
    ...(keycloak.enabled
      ? [{ path: ["keycloak", "database"], name: keycloak.database, fix: { set: "keycloak" } }]
      : []),
  ];
  return [...owned(serverDatabases, used), ...administratorsName(settings, used)];
}

/** Databases whose role would be the one that creates databases: its password would change. */
function administratorsName(settings: ParsedSettings, used: readonly Named[]): Violation[] {
  const { engine, external } = settings.postgresql;
  const username = ["postgresql", "external", "username"];
  const administrator = external?.username ?? "";
  if (engine !== "external" || serverDatabases.names.includes(administrator)) return [];
  const own = used.filter(({ name }) => name === administrator);
  const message = "this role creates databases, and each database has a role of its name";
  return own.length === 0 && neededOf(settings).databases.includes(administrator)
    ? [
        {
          path: username,
          message: "a component has a database of this name, whose role would replace this one",
          got: shown(administrator),
          accepts: "a role that no database is named after",
          fix: { set: "postgres" },
        },
      ]
    : own.map(({ path, name }) => ({
        path,
        message,
        got: shown(name),
        accepts: `any name except ${name}, the value of postgresql.external.username`,
        fix: "use another name",
        relies: [username],
      }));
}

const realmClients: Reserved = {
  names: builtInClients,
  message: "this name is reserved by Keycloak",
  what: "name",
};

/** Clients, also those of logins in front of hosts. */
export function reservedClients(settings: ParsedSettings): Violation[] {
  if (!settings.keycloak.enabled) return [];
  const logins = declaredHosts(settings).flatMap(({ host, login, path }): Named[] => {
    if (login === undefined) return [];
    const name = loginClient(host, login);
    const place = [...path, "login", "client"];
    return [{ path: place, name, fix: { set: `${name}-login` }, relies: [[...path, "host"]] }];
  });
  return owned(realmClients, [
    ...declaredClients(settings).map(({ name, path }) => ({ path: [...path, "name"], name })),
    ...logins,
  ]);
}

/**
 * Claims that Keycloak sets itself: a mapper of the same name is ignored, or changes who a token is for (Keycloak,
 * `OIDCAttributeMapperHelper`).
 */
const tokenClaims = [
  "acr",
  "aud",
  "auth_time",
  "azp",
  "exp",
  "iat",
  "iss",
  "jti",
  "nbf",
  "nonce",
  "scope",
  "session_state",
];

/** The mappers that every client has besides that of the groups, and the other claims of tokens that Keycloak sets. */
const tokenMappers = ["audience", "roles", ...tokenClaims, "sid", "sub", "typ", "realm_access", "resource_access"];

/** Claims of the realm: each name once, and no mapper's or token's own. */
export function reservedClaims({ keycloak }: ParsedSettings): Violation[] {
  const { claims, groupsClaim } = keycloak.realm;
  if (!keycloak.enabled) return [];
  const at = (...rest: PropertyKey[]): Path => ["keycloak", "realm", ...rest];
  const message = "every client already has a mapper or claim of this name";
  return [
    ...owned({ names: tokenMappers, message, what: "name" }, [
      { path: at("groupsClaim"), name: groupsClaim, fix: { set: "groups" } },
    ]),
    ...owned(
      { names: [...new Set([groupsClaim, ...tokenMappers])], message, what: "name" },
      claims.map(({ claim }, index) => ({
        path: at("claims", index, "claim"),
        name: claim,
        fix: { set: `user_${claim}` },
        relies: [at("groupsClaim")],
      })),
    ),
    ...repeated(
      claims,
      ({ claim }) => claim,
      (_, index) => ({
        path: at("claims", index, "claim"),
        message: "this claim is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
  ];
}

/** Realm roles that Keycloak creates and gives to every user. */
export function reservedRoles(settings: ParsedSettings): Violation[] {
  const { keycloak } = settings;
  if (!keycloak.enabled) return [];
  const everybody: Reserved = {
    names: builtInRoles(keycloak.realm.name),
    message: "every user of the realm has this role, which Keycloak creates",
    what: "role",
  };
  const fix = "use a role of your own";
  const relies: Path[] = [["keycloak", "realm", "name"]];
  const used = (path: Path, names: readonly string[]) =>
    names.map((name, index): Named => ({ path: [...path, index], name, fix, relies }));
  return owned(everybody, [
    ...keycloak.realm.roles.map(({ name }, index) => ({
      path: ["keycloak", "realm", "roles", index, "name"],
      name,
      fix,
      relies,
    })),
    ...declaredClients(settings).flatMap(({ path, realmRoles }) => used([...path, "realmRoles"], realmRoles)),
    ...declaredHosts(settings).flatMap(({ login, path }) =>
      used([...path, "login", "realmRoles"], login?.realmRoles ?? []),
    ),
  ]);
}

/** Users that Keycloak creates for clients (Keycloak, `ServiceAccountConstants`). */
export function reservedUsers({ keycloak }: ParsedSettings): Violation[] {
  if (!keycloak.enabled) return [];
  return owned(
    {
      names: [],
      prefixes: ["service-account-"],
      message: "this name is reserved for the service account of a client",
      what: "name",
    },
    keycloak.realm.users.map(({ username }, index) => ({
      path: ["keycloak", "realm", "users", index, "username"],
      name: username,
      fix: "use the person's name",
    })),
  );
}

/** The roles of the client `realm-management` (Keycloak 26.7, `AdminRoles`). */
const managementRoles = [
  ...["create-client", "impersonation", "realm-admin"],
  ...["authorization", "clients", "events", "identity-providers", "organizations", "realm", "users"].flatMap((what) => [
    `manage-${what}`,
    `view-${what}`,
  ]),
  ...["clients", "groups", "organizations", "realms", "users"].map((what) => `query-${what}`),
].sort();

/** Roles of clients: rights that exist, and no second role of the client's own name. */
export function clientRoles(settings: ParsedSettings): Violation[] {
  if (!settings.keycloak.enabled) return [];
  return declaredClients(settings).flatMap(({ name, path, roles, serviceRoles }): Violation[] => [
    ...serviceRoles.flatMap((role, place): Violation[] =>
      managementRoles.includes(role)
        ? []
        : [
            {
              path: [...path, "serviceRoles", place],
              message: "the client realm-management has no role of this name",
              got: shown(role),
              accepts: managementRoles.join(", "),
              fix: { remove: [...path, "serviceRoles", place] },
            },
          ],
    ),
    ...roles.flatMap((role, place): Violation[] =>
      role === clientRole(name) || roles.indexOf(role) < place
        ? [
            {
              path: [...path, "roles", place],
              message: "the client already has a role of this name",
              got: shown(role),
              accepts: `each name once, and not ${clientRole(name)}, which every client has`,
              fix: { remove: [...path, "roles", place] },
              relies: [[...path, "name"]],
            },
          ]
        : [],
    ),
  ]);
}

/** Every setting that names a namespace that the stack creates. */
export function usedNamespaces(settings: ParsedSettings): Named[] {
  const { certificates, confluence, gateway, keycloak, matrix, midpoint, postgresql, workflows } = settings;
  const each = (path: Path, list: readonly { readonly namespace?: string }[]) =>
    list.flatMap(({ namespace }, index) =>
      namespace === undefined ? [] : [{ path: [...path, index, "namespace"], name: namespace }],
    );
  return [
    ...Object.keys(settings.namespaces).map((name) => ({ path: ["namespaces", name], name })),
    ...Object.entries({ postgresql, midpoint, gateway, keycloak, matrix, confluence, workflows }).flatMap(
      ([section, { enabled, namespace }]) => (enabled ? [{ path: [section, "namespace"], name: namespace }] : []),
    ),
    ...(workflows.enabled
      ? [{ path: ["workflows", "processing", "namespace"], name: workflows.processing.namespace }]
      : []),
    ...each(["postgresql", "databases"], postgresql.databases),
    ...each(["certificates", "hosts"], certificates.hosts),
    ...each(["gateway", "hosts"], gateway.hosts),
    ...each(["keycloak", "clients"], keycloak.clients),
    ...declaredApplications(settings).map(({ application, path }) => ({
      path: [...path, application.namespace === undefined ? "name" : "namespace"],
      name: namespaceOf(application),
    })),
  ];
}

/** Namespaces of the cluster's own (Kubernetes, "Namespaces", "Initial namespaces" and "Working with Namespaces"). */
export function reservedNamespaces(settings: ParsedSettings): Violation[] {
  return usedNamespaces(settings)
    .filter(({ name }) => name === "default" || name.startsWith("kube-"))
    .map(({ path, name }) => ({
      path,
      message: "this namespace is reserved for the cluster",
      got: shown(name),
      accepts: "any namespace except default and those that start with kube-",
      fix: "use the application's name",
    }));
}
