import { declaredClients } from "../declared.ts";
import type { DeclaredClient } from "../declared.ts";
import { rolesOf } from "../derive.ts";
import { realmGroups } from "../names.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { repeated, unknownName } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["keycloak", ...rest];

/** What Keycloak needs from other settings. */
export function keycloakNeeds({ certificates, keycloak, postgresql, profile }: ParsedSettings): Violation[] {
  const violations: Violation[] = [];
  const { clients, enabled, https, replicas, service } = keycloak;
  if (!enabled) {
    if (clients.length > 0)
      violations.push({
        path: at("clients"),
        message: "clients need Keycloak, but keycloak.enabled is false",
        got: shown(clients.map(({ name }) => name)),
        accepts: "keycloak.enabled: true, or no clients",
        fix: { set: true, at: at("enabled") },
        relies: [at("enabled")],
      });
    return violations;
  }
  if (!postgresql.enabled)
    violations.push({
      path: at("enabled"),
      message: "Keycloak needs PostgreSQL, but postgresql.enabled is false",
      got: "true",
      accepts: "true only with postgresql.enabled: true; its engine can be external",
      fix: { set: true, at: ["postgresql", "enabled"] },
      relies: [["postgresql", "enabled"]],
    });
  if (profile === "prod" && replicas === 1)
    violations.push({
      path: at("replicas"),
      severity: "warning",
      message: "users cannot log in while the only server restarts",
      got: "1",
      accepts: "at least 2",
      fix: { set: 2 },
      relies: [["profile"]],
    });
  if (https === undefined) {
    if (service.type === "LoadBalancer")
      violations.push({
        path: at("service", "type"),
        message: "an address outside the cluster needs keycloak.https",
        got: shown(service.type),
        accepts: "ClusterIP, or LoadBalancer with keycloak.https",
        fix: { set: "ClusterIP" },
        relies: [at("https")],
      });
    return violations;
  }
  const usable = certificates.enabled ? certificates.issuers.filter(({ kind }) => kind !== "acme") : [];
  const names = usable.map(({ name }) => name);
  if (!names.includes(https.issuer))
    violations.push({
      path: at("https", "issuer"),
      message: "no issuer with this name can sign cluster-internal host names",
      got: shown(https.issuer),
      accepts: names.length === 0 ? "an issuer of kind own-ca, company-ca or self-signed" : names.join(", "),
      fix: names[0] === undefined ? "add { name: own-ca, kind: own-ca } to certificates.issuers" : { set: names[0] },
      relies: [["certificates", "issuers"], ["certificates", "enabled"], ["profile"]],
    });
  return violations;
}

/** The realm: unique names, and references to existing ones. */
export function keycloakRealm(settings: ParsedSettings): Violation[] {
  const { keycloak } = settings;
  if (!keycloak.enabled) return [];
  const { identityProviders, ldap, name, roles, smtp, users } = keycloak.realm;
  const groups = realmGroups(keycloak.realm);
  const once = <T>(list: readonly T[], where: Path, label: string, id: (one: T) => string) =>
    repeated(list, id, (_, index) => ({
      path: [...where, index, label],
      message: "is listed twice",
      accepts: "each name once",
      fix: "rename or remove it",
    }));
  const known = rolesOf(settings);
  const unknownRoles = (path: Path, given: readonly string[]) =>
    given.flatMap((role, index) =>
      known.includes(role)
        ? []
        : [
            unknownName([...path, index], "no role has this name", role, known, "keycloak.realm.roles", [
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
            message: "the realm master is reserved for Keycloak's administrators",
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
                "no group has this name",
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
): Violation[] {
  const accepts = "username and passwordSecret together, or neither";
  const [name, secret] = [
    [...path, "username"],
    [...path, "passwordSecret"],
  ];
  if (username !== undefined && passwordSecret === undefined)
    return [{ path: secret, message: "is required with username", accepts, fix: { secret } }];
  if (username === undefined && passwordSecret !== undefined)
    return [{ path: name, message: "is required with passwordSecret", accepts, fix: { remove: secret } }];
  return [];
}

/** Whether every user may log in with a client. */
function everyoneLogsIn({ everyone, kind }: Pick<DeclaredClient, "everyone" | "kind">): boolean {
  return everyone && (kind === "confidential" || kind === "public");
}

/** Clients: unique, and with keys that their kind supports. */
export function keycloakClients(settings: ParsedSettings): Violation[] {
  const { clients, enabled } = settings.keycloak;
  if (!enabled) return [];
  return [
    ...repeated(
      clients,
      (one) => one.name,
      (_, index) => ({
        path: at("clients", index, "name"),
        message: "this client is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...declaredClients(settings).flatMap((one): Violation[] => [
      ...((one.kind === "api" || one.kind === "service") && one.redirectUris.length > 0
        ? [
            {
              path: [...one.path, "redirectUris"],
              message: `users cannot log in through a client of kind ${one.kind}`,
              got: shown(one.redirectUris),
              accepts: "no URIs, or kind: confidential or public",
              fix: { remove: [...one.path, "redirectUris"] },
              relies: [[...one.path, "kind"]],
            },
          ]
        : []),
      ...(one.everyone && one.kind === "service"
        ? [
            {
              path: [...one.path, "everyone"],
              message: "users cannot log in through a client of kind service",
              got: "true",
              accepts: "true only with kind: confidential, public or api",
              fix: { remove: [...one.path, "everyone"] },
              relies: [[...one.path, "kind"]],
            },
          ]
        : []),
      ...(one.flow !== undefined && !everyoneLogsIn(one)
        ? [
            {
              path: [...one.path, "flow"],
              message: "the client's own flow decides who may log in, instead of the role",
              got: shown(one.flow),
              accepts: "a flow only with everyone: true and kind: confidential or public",
              fix: { remove: [...one.path, "flow"] },
              relies: [
                [...one.path, "everyone"],
                [...one.path, "kind"],
              ],
            },
          ]
        : []),
      ...(one.flow !== undefined && everyoneLogsIn(one) && !settings.keycloak.keepManual
        ? [
            {
              path: [...one.path, "flow"],
              message: "with keepManual: false, flows that were made in the console are deleted",
              got: shown(one.flow),
              accepts: "a flow only with keycloak.keepManual: true",
              fix: { set: true, at: at("keepManual") },
              relies: [at("keepManual")],
            },
          ]
        : []),
      ...(one.clientSecretSecret !== undefined && one.kind === "public"
        ? [
            {
              path: [...one.path, "clientSecretSecret"],
              message: "a client of kind public has no secret",
              got: shown(one.clientSecretSecret),
              accepts: "the name of a secret only with another kind",
              fix: { remove: [...one.path, "clientSecretSecret"] },
              relies: [[...one.path, "kind"]],
            },
          ]
        : []),
      ...(one.everyone && one.realmRoles.length > 0
        ? [
            {
              path: [...one.path, "realmRoles"],
              message: "the roles have no effect on who may log in, because everyone is true",
              got: shown(one.realmRoles),
              accepts: "roles, or everyone: true",
              fix: { remove: [...one.path, "realmRoles"] },
              relies: [[...one.path, "everyone"]],
            },
          ]
        : []),
      ...((one.kind === "api" || one.kind === "public") && one.serviceRoles.length > 0
        ? [
            {
              path: [...one.path, "serviceRoles"],
              message: `a client of kind ${one.kind} has no service account`,
              got: shown(one.serviceRoles),
              accepts: "no roles, or kind: confidential or service",
              fix: { remove: [...one.path, "serviceRoles"] },
              relies: [[...one.path, "kind"]],
            },
          ]
        : []),
    ]),
  ];
}
