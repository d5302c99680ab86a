import { parseDuration } from "../kit/quantities.ts";
import type { Duration } from "../kit/quantities.ts";
import { compare } from "../kit/stable.ts";
import { clientRepresentation, clientRole, gateScopeRepresentation, gatedLogin, serviceAccount } from "./clients.ts";
import type { Claim, RealmClient } from "./clients.ts";
import { federation, identityProviders, smtpServer } from "./federation.ts";
import type { IdentityProviderShape, LdapShape, SmtpShape } from "./federation.ts";
import { brokerFlows, gateFlows } from "./flows.ts";
import { byText, parseRole, Placeholder } from "./representation.ts";
import type { Json } from "./representation.ts";

/** A realm in the settings. Roles are written `ROLE` for the realm's and `CLIENT.ROLE` for a client's. */
export interface RealmShape {
  readonly name: string;
  readonly displayName?: string;
  readonly roles: readonly { readonly name: string; readonly includes: readonly string[] }[];
  readonly groups: readonly { readonly name: string; readonly roles: readonly string[] }[];
  readonly groupsClaim: string;
  readonly claims: readonly Claim[];
  readonly users: readonly FirstUser[];
  readonly tokens: {
    readonly accessToken: Duration;
    readonly sessionIdle: Duration;
    readonly sessionMax: Duration;
  };
  readonly passwordPolicy: string;
  readonly bruteForce: { readonly failures: number; readonly wait: Duration; readonly longestWait: Duration };
  readonly smtp?: SmtpShape;
  readonly identityProviders: readonly IdentityProviderShape[];
  readonly ldap: readonly LdapShape[];
}

/** A first user, with a generated password that must be changed at the first login. */
export interface FirstUser {
  readonly username: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
}

/**
 * One realm as a document for keycloak-config-cli (its import format is Keycloak's `RealmRepresentation`), with a placeholder
 * for every secret and the lists in a fixed order.
 */
export function realmDocument(realm: RealmShape, clients: readonly RealmClient[]): Json {
  const sorted = [...clients].sort((a, b) => compare(a.name, b.name));
  const gated = sorted.filter(gatedLogin).map(({ name }) => ({ name, role: `${name}.${clientRole(name)}` }));
  const brokered = realm.identityProviders.length > 0;
  const audiences = sorted.filter(({ everyone, kind }) => everyone === true && kind === "api").map(({ name }) => name);
  const context = { groupsClaim: realm.groupsClaim, claims: realm.claims, brokered, audiences };
  const flows = [...gated.map(({ name, role }) => gateFlows(name, role)), ...(brokered ? [brokerFlows(gated)] : [])];
  const seconds = (duration: Duration) => parseDuration(duration);
  return {
    realm: realm.name,
    displayName: realm.displayName ?? realm.name,
    enabled: true,
    sslRequired: "external",
    registrationAllowed: false,
    loginWithEmailAllowed: true,
    duplicateEmailsAllowed: false,
    // Without a mail server, users would not get the link.
    resetPasswordAllowed: realm.smtp !== undefined,
    rememberMe: true,
    bruteForceProtected: true,
    permanentLockout: false,
    failureFactor: realm.bruteForce.failures,
    waitIncrementSeconds: seconds(realm.bruteForce.wait),
    maxFailureWaitSeconds: seconds(realm.bruteForce.longestWait),
    passwordPolicy: realm.passwordPolicy,
    accessTokenLifespan: seconds(realm.tokens.accessToken),
    ssoSessionIdleTimeout: seconds(realm.tokens.sessionIdle),
    ssoSessionMaxLifespan: seconds(realm.tokens.sessionMax),
    eventsEnabled: true,
    eventsExpiration: seconds("30d"),
    adminEventsEnabled: true,
    adminEventsDetailsEnabled: false,
    smtpServer: realm.smtp && smtpServer(realm.smtp),
    ...profile(realm),
    roles: roles(realm, sorted),
    groups: realm.groups.map(group).sort(byText("name")),
    clients: sorted.map((client) => clientRepresentation(client, context)),
    clientScopes: brokered ? gated.map(({ name }) => gateScopeRepresentation(name)) : undefined,
    authenticationFlows: flows.flatMap(({ authenticationFlows }) => authenticationFlows),
    authenticatorConfig: flows.flatMap(({ authenticatorConfig }) => authenticatorConfig),
    identityProviders: brokered ? identityProviders(realm.identityProviders) : undefined,
    components: realm.ldap.length === 0 ? undefined : federation(realm.ldap),
    users: [...realm.users.map(user), ...sorted.flatMap(serviceAccount)].sort(byText("username")),
  };
}

function roles(realm: RealmShape, clients: readonly RealmClient[]): Json {
  const included = new Map<string, Set<string>>(realm.roles.map(({ name, includes }) => [name, new Set(includes)]));
  for (const { name, realmRoles = [] } of clients) {
    for (const role of realmRoles) {
      const includes = included.get(role) ?? new Set();
      included.set(role, includes.add(`${name}.${clientRole(name)}`));
    }
  }
  const own = [...included].map(([name, includes]): Json => {
    const parts = byOwner([...includes]);
    const composites = { realm: parts.realm.length === 0 ? undefined : parts.realm, client: parts.client };
    return includes.size === 0 ? { name, composite: false } : { name, composite: true, composites };
  });
  const ofClient = (client: RealmClient): Json[] =>
    [...new Set([clientRole(client.name), ...(client.roles ?? [])])]
      .sort(compare)
      .map((name) => ({ name, clientRole: true }));
  return {
    realm: own.sort(byText("name")),
    client: Object.fromEntries(clients.map((client) => [client.name, ofClient(client)])),
  };
}

function group({ name, roles: given }: RealmShape["groups"][number]): Json {
  const { realm: realmRoles, client: clientRoles } = byOwner(given);
  return { name, path: `/${name}`, realmRoles, clientRoles };
}

function user({ username, email, firstName, lastName, groups, roles: given }: FirstUser): Json {
  const { realm: realmRoles, client: clientRoles } = byOwner(given);
  return {
    username,
    enabled: true,
    email,
    emailVerified: email === undefined ? undefined : true,
    firstName,
    lastName,
    groups: [...groups].sort(compare),
    realmRoles,
    clientRoles,
    // With this label, keycloak-config-cli does not overwrite a password that the user has changed.
    credentials: [
      { type: "password", userLabel: "initial", value: new Placeholder("user", username), temporary: true },
    ],
  };
}

/** Splits roles: those of the realm, and those of clients by client. */
function byOwner(texts: readonly string[]): { realm: string[]; client: Record<string, string[]> } {
  const realm: string[] = [];
  const client: Record<string, string[]> = {};
  for (const { client: owner, role } of [...new Set(texts)].sort(compare).map(parseRole)) {
    if (owner === undefined) realm.push(role);
    else client[owner] = [...(client[owner] ?? []), role];
  }
  return { realm, client };
}

/** Declares the attributes in tokens: Keycloak silently drops attributes that are not in the user profile. */
function profile({ claims }: RealmShape): Json {
  const names = claims.flatMap((claim) => (claim.from === "attribute" ? [claim.attribute] : []));
  const own = [...new Set(names)].filter((name) => !standardAttributes.includes(name)).sort(compare);
  if (own.length === 0) return {};
  const both = ["admin", "user"];
  const standard = (name: string, validations: Json, required?: Json): Json => ({
    name,
    displayName: `\${${name}}`,
    multivalued: false,
    permissions: { edit: both, view: both },
    validations,
    required,
  });
  const length = { max: 255 };
  const personName = { length, "person-name-prohibited-characters": {} };
  return {
    // Without it, keycloak-config-cli does not change the profile.
    attributes: { userProfileEnabled: "true" },
    userProfile: {
      attributes: [
        standard("username", {
          length: { min: 3, max: 255 },
          "username-prohibited-characters": {},
          "up-username-not-idn-homograph": {},
        }),
        standard("email", { email: {}, length }, { roles: ["user"] }),
        standard("firstName", personName, { roles: ["user"] }),
        standard("lastName", personName, { roles: ["user"] }),
        // They may grant permissions, so users must not set their own.
        ...own.map((name) => ({
          name,
          displayName: name,
          multivalued: false,
          permissions: { edit: ["admin"], view: ["admin"] },
        })),
      ],
    },
  };
}

const standardAttributes = ["username", "email", "firstName", "lastName"];
