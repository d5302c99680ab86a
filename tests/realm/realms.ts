// Random realms: the setting `keycloak` of stacks that are accepted.
import fc from "fast-check";
import { authority, wiki } from "../settings/pem-samples.ts";

type Json = Record<string, unknown>;

const id = fc.stringMatching(/^[a-z]([a-z0-9-]{0,12}[a-z0-9])?$/);
const role = fc.stringMatching(/^[A-Z][A-Za-z0-9_-]{0,8}$/);
const claim = fc.stringMatching(/^[A-Z][A-Za-z0-9_]{0,8}$/);
const username = fc.stringMatching(/^[a-z][a-z0-9.-]{2,10}$/);
const text = fc.constantFrom("Plain", "## #", 'quotes " and \\', "${username}", "Ünïcode €");
const duration = fc
  .tuple(fc.integer({ min: 1, max: 5000 }), fc.constantFrom("s", "m", "h", "d"))
  .map(([n, unit]) => `${n}${unit}`);
const uri = fc.tuple(id, id).map(([host, path]) => `https://${host}.example.org/${path}/callback`);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const client = fc
  .record({
    name: id,
    kind: fc.constantFrom("confidential", "public", "api", "service"),
    redirectUris: fc.uniqueArray(uri, { maxLength: 3 }),
    logoutUris: maybe(fc.uniqueArray(uri, { maxLength: 2 })),
    everyone: fc.boolean(),
    flow: maybe(fc.constantFrom("browser", "browser with passkey")),
    roles: fc.uniqueArray(fc.stringMatching(/^[A-Z]{1,8}$/), { maxLength: 2 }),
    serviceRoles: fc.subarray(["view-users", "query-groups", "manage-users"]),
    secret: fc.boolean(),
  })
  .map(({ kind, everyone, flow, logoutUris, redirectUris, secret, serviceRoles, ...rest }): Json => {
    const login = kind === "confidential" || kind === "public";
    return {
      ...rest,
      kind,
      redirectUris: login ? redirectUris : [],
      logoutUris: login ? logoutUris : undefined,
      everyone: everyone && kind !== "service",
      flow: login && everyone ? flow : undefined,
      serviceRoles: kind === "confidential" || kind === "service" ? serviceRoles : [],
      clientSecretSecret: secret && kind !== "public" ? `secret-of-${rest.name}`.slice(0, 60) : undefined,
    };
  });

const provider = fc
  .record({ alias: id, displayName: maybe(text), trustEmail: fc.boolean(), saml: fc.boolean(), more: fc.boolean() })
  .map(({ saml, more, ...common }): Json =>
    saml
      ? {
          ...common,
          kind: "saml",
          entityId: "https://idp.example.org/metadata",
          signOnUrl: "https://idp.example.org/sso",
          logoutUrl: more ? "https://idp.example.org/slo" : undefined,
          certificate: more ? `${authority}${wiki}` : authority,
        }
      : {
          ...common,
          kind: "oidc",
          issuer: "https://login.example.org",
          authorizationUrl: "https://login.example.org/authorize",
          tokenUrl: "https://login.example.org/token",
          jwksUrl: "https://login.example.org/keys",
          userInfoUrl: more ? "https://login.example.org/userinfo" : undefined,
          clientId: "groundplan",
          clientSecretSecret: `company-${common.alias}`,
          scopes: more ? "openid" : "openid email profile",
        },
  );

const directory = fc
  .record({ name: id, vendor: fc.constantFrom("ad", "rhds", "other"), filter: maybe(fc.constant("(active=TRUE)")) })
  .map((own): Json => ({
    ...own,
    url: "ldaps://ldap.example.org",
    usersDn: "ou=people,dc=example,dc=org",
    bindDn: "cn=reader,dc=example,dc=org",
    bindPasswordSecret: `ldap-${own.name}`,
    usernameAttribute: own.vendor === "ad" ? "sAMAccountName" : "uid",
  }));

const smtp = fc
  .record({
    port: fc.integer({ min: 1, max: 65535 }),
    encryption: fc.constantFrom("starttls", "tls", "none"),
    login: fc.boolean(),
  })
  .map(({ login, ...rest }): Json => ({
    ...rest,
    host: "mail.example.org",
    from: "sso@example.org",
    ...(login && { username: "mailer", passwordSecret: "mail" }),
  }));

const unique = <T extends Json>(value: fc.Arbitrary<T>, key: string, maxLength = 3) =>
  fc.uniqueArray(value, { maxLength, selector: (one) => one[key] });

/** The setting `keycloak`, without members that are undefined. */
export const anyRealm: fc.Arbitrary<Json> = fc
  .record({
    name: id.filter((name) => name !== "master"),
    displayName: maybe(text),
    roleNames: fc.uniqueArray(role, { maxLength: 4 }),
    groupNames: fc.uniqueArray(role, { maxLength: 3 }),
    clients: unique(client, "name", 5),
    picks: fc.infiniteStream(fc.nat()),
    groupsClaim: fc.constantFrom("groups", "group"),
    claims: unique(
      fc.oneof(
        fc.record({ claim, from: fc.constant("attribute"), attribute: claim }),
        fc.record({ claim, from: fc.constant("username") }),
      ),
      "claim",
    ),
    usernames: fc.uniqueArray(username, { maxLength: 3 }),
    tokens: fc.record({ accessToken: duration, sessionIdle: duration, sessionMax: duration }),
    passwordPolicy: fc.constantFrom("length(12)", "upperCase(1) and notUsername(undefined)"),
    bruteForce: fc.record({ failures: fc.integer({ min: 1, max: 1000 }), wait: duration, longestWait: duration }),
    smtp: maybe(smtp),
    identityProviders: unique(provider, "alias"),
    ldap: unique(directory, "name"),
  })
  .map(({ clients, groupNames, picks, roleNames, usernames, ...realm }): Json => {
    const some = (from: readonly string[]) => from.filter(() => picks.next().value % 3 === 0);
    const ofClients = clients.flatMap(({ name, roles }) =>
      [`${String(name)}_role`, ...(roles as string[])].map((one) => `${String(name)}.${one}`),
    );
    return plain({
      enabled: true,
      clients: clients.map((one) => ({ ...one, realmRoles: one["everyone"] === true ? [] : some(roleNames) })),
      realm: {
        ...realm,
        // Claims are in the mappers of clients.
        claims: clients.some(({ kind }) => kind !== "api") ? realm.claims : [],
        roles: roleNames.map((name, index) => ({
          name,
          includes: [...some(roleNames.slice(0, index)), ...some(ofClients)],
        })),
        groups: groupNames.map((name) => ({ name, roles: [...some(roleNames), ...some(ofClients)] })),
        users: usernames.map((name, index) => ({
          username: name,
          groups: some(groupNames),
          roles: [...some(roleNames), ...some(ofClients)],
          ...(index === 0 && { email: "ada@example.org", firstName: "Ada", lastName: "Lovelace" }),
        })),
      },
    });
  });

/** Plain JSON data, without undefined members. */
export function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
