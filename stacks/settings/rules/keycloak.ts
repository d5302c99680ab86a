import { neededByComponents, rolesOf } from "../derive.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated, unknownName } from "./finding.ts";
import type { Finding } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["keycloak", ...rest];

/** What Keycloak needs of the rest of the stack. */
export function keycloakNeeds({ certificates, keycloak, postgresql, profile }: ParsedSettings): Finding[] {
  const findings: Finding[] = [];
  const { clients, enabled, https, replicas } = keycloak;
  if (!enabled) {
    if (clients.length > 0)
      findings.push({
        path: at("clients"),
        message: "clients without a Keycloak",
        got: shown(clients.map(({ name }) => name)),
        accepts: "keycloak.enabled: true, or no clients",
        fix: { set: true, at: at("enabled") },
        relies: [at("enabled")],
      });
    return findings;
  }
  if (!postgresql.enabled)
    findings.push({
      path: at("enabled"),
      message: "needs a database, and postgresql is off",
      got: "true",
      accepts: "postgresql.enabled: true with it, whose engine may be external",
      fix: { set: true, at: ["postgresql", "enabled"] },
      relies: [["postgresql", "enabled"]],
    });
  if (profile === "prod" && replicas === 1)
    findings.push({
      path: at("replicas"),
      severity: "warning",
      message: "while its one server restarts, nobody can log in anywhere",
      got: "1",
      accepts: "2 and more",
      fix: { set: 2 },
      relies: [["profile"]],
    });
  if (https === undefined) return findings;
  const usable = certificates.enabled ? certificates.issuers.filter(({ kind }) => kind !== "acme") : [];
  const names = usable.map(({ name }) => name);
  if (!names.includes(https.issuer))
    findings.push({
      path: at("https", "issuer"),
      message: "no issuer of this name signs names inside the cluster",
      got: shown(https.issuer),
      accepts: names.length === 0 ? "an issuer of kind own-ca, company-ca or self-signed" : names.join(", "),
      fix: names[0] === undefined ? "add { name: own-ca, kind: own-ca } to certificates.issuers" : { set: names[0] },
      relies: [["certificates", "issuers"], ["certificates", "enabled"], ["profile"]],
    });
  return findings;
}

/** The realm: names that stand for something, and each once. */
export function keycloakRealm(settings: ParsedSettings): Finding[] {
  const { keycloak } = settings;
  if (!keycloak.enabled) return [];
  const { groups, identityProviders, ldap, name, roles, smtp, users } = keycloak.realm;
  const once = <T>(list: readonly T[], where: Path, label: string, id: (one: T) => string) =>
    repeated(list, id, (_, index) => ({
      path: [...where, index, label],
      message: "is listed twice",
      accepts: "each name once",
      fix: "give it another name, or take it out",
    }));
  const known = rolesOf(settings);
  const unknownRoles = (path: Path, given: readonly string[]) =>
    given.flatMap((role, index) =>
      known.includes(role)
        ? []
        : [
            unknownName([...path, index], "there is no role of this name", role, known, "keycloak.realm.roles", [
              at("clients"),
              at("realm", "roles"),
            ]),
          ],
    );
  const realm = (...rest: PropertyKey[]) => at("realm", ...rest);
  const groupNames = groups.map((group) => group.name);
  return [
    ...(name === "master"
      ? [
          {
            path: realm("name"),
            message: "the realm master is Keycloak's own, for its administrators",
            got: shown(name),
            accepts: "any other name",
            fix: { set: "platform" },
          },
        ]
      : []),
    ...once(roles, realm("roles"), "name", (one) => one.name),
    ...once(groups, realm("groups"), "name", (one) => one.name),
    ...once(users, realm("users"), "username", (one) => one.username),
    ...once(identityProviders, realm("identityProviders"), "alias", (one) => one.alias),
    ...once(ldap, realm("ldap"), "name", (one) => one.name),
    ...roles.flatMap((one, index) => unknownRoles(realm("roles", index, "includes"), one.includes)),
    ...groups.flatMap((one, index) => unknownRoles(realm("groups", index, "roles"), one.roles)),
    ...users.flatMap((one, index) => [
      ...unknownRoles(realm("users", index, "roles"), one.roles),
      ...one.groups.flatMap((group, place) =>
        groupNames.includes(group)
          ? []
          : [
              unknownName(
                realm("users", index, "groups", place),
                "there is no group of this name",
                group,
                groupNames,
                "keycloak.realm.groups",
                [realm("groups")],
              ),
            ],
      ),
    ]),
    ...(smtp === undefined ? [] : mailLogin(smtp, realm("smtp"))),
  ];
}

function mailLogin(
  { username, passwordSecret }: { username?: string; passwordSecret?: string },
  path: Path,
): Finding[] {
  const accepts = "username and passwordSecret together, or neither";
  const [name, secret] = [
    [...path, "username"],
    [...path, "passwordSecret"],
  ];
  if (username !== undefined && passwordSecret === undefined)
    return [{ path: secret, message: "is missing beside username", accepts, fix: { secret } }];
  if (username === undefined && passwordSecret !== undefined)
    return [{ path: name, message: "is missing beside passwordSecret", accepts, fix: { remove: secret } }];
  return [];
}

/** Names of clients that Keycloak keeps to itself in every realm. */
const reserved = ["account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"];

/** Clients: each once, none of Keycloak's own, and none without a way to use it. */
export function keycloakClients(settings: ParsedSettings): Finding[] {
  const { clients, enabled } = settings.keycloak;
  if (!enabled) return [];
  const path = (index: number, ...rest: PropertyKey[]) => at("clients", index, ...rest);
  const brought = neededByComponents(settings).clients.map(({ name }) => name);
  return [
    ...repeated(
      clients,
      (one) => one.name,
      (_, index) => ({
        path: path(index, "name"),
        message: "this client is listed twice",
        accepts: "each name once",
        fix: "give it another name, or take it out",
      }),
    ),
    ...clients.flatMap((one, index): Finding[] =>
      brought.includes(one.name)
        ? [
            {
              path: path(index, "name"),
              message: "a component brings this client along",
              got: shown(one.name),
              accepts: `any but ${brought.join(", ")}`,
              fix: { remove: path(index) },
              relies: [
                ["gateway", "enabled"],
                ["logging", "enabled"],
                ["midpoint", "enabled"],
                ["monitoring", "enabled"],
              ],
            },
          ]
        : [],
    ),
    ...clients.flatMap((one, index): Finding[] => [
      ...(reserved.includes(one.name)
        ? [
            {
              path: path(index, "name"),
              message: "this client is Keycloak's own",
              got: shown(one.name),
              accepts: `any but ${reserved.join(", ")}`,
              fix: "name it after the application",
            },
          ]
        : []),
      ...((one.kind === "api" || one.kind === "service") && one.redirectUris.length > 0
        ? [
            {
              path: path(index, "redirectUris"),
              message: `nobody logs in at a client of kind ${one.kind}`,
              got: shown(one.redirectUris),
              accepts: "none, or kind: confidential or public",
              fix: { remove: path(index, "redirectUris") },
              relies: [path(index, "kind")],
            },
          ]
        : []),
      ...((one.kind === "api" || one.kind === "public") && one.serviceRoles.length > 0
        ? [
            {
              path: path(index, "serviceRoles"),
              message: `a client of kind ${one.kind} has no service account`,
              got: shown(one.serviceRoles),
              accepts: "none, or kind: confidential or service",
              fix: { remove: path(index, "serviceRoles") },
              relies: [path(index, "kind")],
            },
          ]
        : []),
    ]),
  ];
}
