import { at, record, records, text, textAt, texts, whole } from "../../kit/unknown.ts";
import type { Data } from "../../kit/unknown.ts";
import { compare } from "../../kit/stable.ts";
import { builtInRoles } from "../clients.ts";
import { clientSettings, idOf, ownClients } from "./clients.ts";
import { directorySettings, providerSettings, smtpSettings } from "./federation.ts";
import { FoundSecrets } from "./secrets.ts";
import type { RealmSecret } from "./secrets.ts";

/** A realm as settings. Values may be ones that the settings do not accept. */
export interface RealmSettings {
  /** The setting `keycloak.realm`. */
  readonly realm: Data;
  /** The setting `keycloak.clients`. */
  readonly clients: readonly Data[];
  readonly secrets: readonly RealmSecret[];
}

/**
 * The settings for a realm: the inverse of `realmDocument`.
 *
 * @param realm in Keycloak's format, as exported, or as a document for keycloak-config-cli with the secrets' values
 * @param managed IDs of clients that are not the settings', because components of the stack create them
 */
export function realmSettings(realm: Data, managed: ReadonlySet<string>): RealmSettings {
  const found = new FoundSecrets();
  const clients = ownClients(realm).filter((client) => !managed.has(idOf(client)));
  const name = String(realm["realm"]);
  const seconds = (key: string) => duration(whole(realm[key]));
  return {
    realm: {
      name,
      displayName: realm["displayName"] === name ? undefined : text(realm["displayName"]) || undefined,
      roles: roles(realm, name),
      groups: groups(realm),
      ...tokenClaims(realm),
      users: firstUsers(realm),
      tokens: {
        accessToken: seconds("accessTokenLifespan"),
        sessionIdle: seconds("ssoSessionIdleTimeout"),
        sessionMax: seconds("ssoSessionMaxLifespan"),
      },
      passwordPolicy: text(realm["passwordPolicy"]) || undefined,
      bruteForce: {
        failures: whole(realm["failureFactor"]),
        wait: seconds("waitIncrementSeconds"),
        longestWait: seconds("maxFailureWaitSeconds"),
      },
      smtp: smtpSettings(realm, found),
      identityProviders: providerSettings(realm, found),
      ldap: directorySettings(realm, found),
    },
    clients: clients.map((client) => clientSettings(realm, client, found)),
    secrets: found.found,
  };
}

/** In the largest unit that is exact; undefined for none. */
function duration(seconds: number | undefined): string | undefined {
  if (seconds === undefined || seconds <= 0) return undefined;
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "m"],
    [1, "s"],
  ] as const;
  const [size, unit] = units.find(([size]) => seconds % size === 0) ?? [1, "s"];
  return `${seconds / size}${unit}`;
}

function roles(realm: Data, name: string): Data[] {
  const own = records(at(realm, "roles", "realm")).filter((role) => !builtInRoles(name).includes(String(role["name"])));
  return own
    .map((role) => ({ name: role["name"], includes: written(role["composites"], "realm", "client") }))
    .sort(byName);
}

function groups(realm: Data): Data[] {
  return records(realm["groups"])
    .map((group) => ({ name: group["name"], roles: written(group, "realmRoles", "clientRoles") }))
    .sort(byName);
}

/** Roles as the settings write them: `ROLE` of the realm and `CLIENT.ROLE` of clients. */
function written(of: unknown, realmKey: string, clientKey: string): string[] {
  const ofClients = Object.entries(record(at(of, clientKey))).flatMap(([client, names]) =>
    texts(names).map((role) => `${client}.${role}`),
  );
  return [...texts(at(of, realmKey)), ...ofClients].sort(compare);
}

function byName(a: Data, b: Data): number {
  return compare(String(a["name"]), String(b["name"]));
}

/** The claims that mappers of clients add. They are the realm's in the settings, so each is taken once. */
function tokenClaims(realm: Data): Data {
  const mappers = ownClients(realm).flatMap((client) => records(client["protocolMappers"]));
  const groupClaims = mappers
    .filter((one) => one["protocolMapper"] === "oidc-group-membership-mapper")
    .map((one) => textAt(one, "config", "claim.name"));
  const claims = new Map<string, Data>();
  for (const one of mappers) {
    const [claim, attribute] = [textAt(one, "config", "claim.name"), textAt(one, "config", "user.attribute")];
    const kind = one["protocolMapper"];
    const ofProperty = kind === "oidc-usermodel-property-mapper" && attribute === "username";
    if (claim === undefined || attribute === undefined || claims.has(claim)) continue;
    if (ofProperty || (kind === "oidc-usermodel-attribute-mapper" && attribute === "username"))
      claims.set(claim, { claim, from: "username" });
    else if (kind === "oidc-usermodel-attribute-mapper") claims.set(claim, { claim, from: "attribute", attribute });
  }
  return { groupsClaim: groupClaims[0], claims: [...claims.keys()].sort(compare).map((claim) => claims.get(claim)) };
}

/** Users that the Job of a stack created, by the label of their first password. Other users stay in the realm as they are. */
function firstUsers(realm: Data): Data[] {
  return records(realm["users"])
    .filter((user) => records(user["credentials"]).some((one) => one["userLabel"] === "initial"))
    .map((user) => ({
      username: user["username"],
      email: text(user["email"]),
      firstName: text(user["firstName"]),
      lastName: text(user["lastName"]),
      groups: texts(user["groups"])
        .map((path) => path.replace(/^\//, ""))
        .sort(compare),
      roles: written(user, "realmRoles", "clientRoles").filter(
        (role) => !builtInRoles(String(realm["realm"])).includes(role),
      ),
    }))
    .sort((a, b) => compare(String(a.username), String(b.username)));
}
