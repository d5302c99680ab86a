import assert from "node:assert/strict";
import fc from "fast-check";
import { hasSecret } from "../../components/keycloak/clients.ts";
import type { RealmClient } from "../../components/keycloak/clients.ts";
import { realmDocument } from "../../components/keycloak/realm.ts";
import type { RealmShape } from "../../components/keycloak/realm.ts";
import { documentText, placeholderValue, secretVariable } from "../../components/keycloak/representation.ts";
import type { SecretKind } from "../../components/keycloak/representation.ts";

const realm: RealmShape = {
  name: "platform",
  roles: [
    { name: "admin", includes: ["user"] },
    { name: "user", includes: [] },
  ],
  groups: [],
  groupsClaim: "groups",
  claims: [],
  users: [],
  tokens: { accessToken: "5m", sessionIdle: "30m", sessionMax: "10h" },
  passwordPolicy: "length(12)",
  bruteForce: { failures: 10, wait: "1m", longestWait: "15m" },
  identityProviders: [],
  ldap: [],
};

const provider = {
  alias: "company",
  kind: "oidc",
  trustEmail: true,
  issuer: "https://login.example.org",
  authorizationUrl: "https://login.example.org/authorize",
  tokenUrl: "https://login.example.org/token",
  jwksUrl: "https://login.example.org/keys",
  clientId: "groundplan",
  clientSecretSecret: "company-client",
  scopes: "openid",
} as const;

const directory = {
  name: "staff",
  vendor: "other",
  url: "ldaps://ldap.example.org",
  usersDn: "ou=people,dc=example,dc=org",
  bindDn: "cn=reader,dc=example,dc=org",
  bindPasswordSecret: "ldap-reader",
  usernameAttribute: "uid",
} as const;

const id = fc.stringMatching(/^[a-z]([a-z0-9-]{0,12}[a-z0-9])?$/);
const uri = fc.tuple(id, id).map(([host, path]) => `https://${host}.example.org/${path}/callback`);
const client: fc.Arbitrary<RealmClient> = fc
  .record({
    name: id,
    kind: fc.constantFrom(undefined, "confidential", "public", "api", "service"),
    redirectUris: fc.array(uri, { maxLength: 3 }),
    roles: fc.array(fc.stringMatching(/^[a-z_]{1,8}$/), { maxLength: 2 }),
    realmRoles: fc.subarray(["admin", "user", "guest"]),
    serviceRoles: fc.subarray(["view-users", "query-groups"]),
  })
  .map(({ kind, ...rest }) => ({ ...rest, ...(kind === undefined ? {} : { kind }) }));
const clients = fc.uniqueArray(client, { maxLength: 6, selector: ({ name }) => name });
const user = fc.stringMatching(/^[a-z][a-z0-9.-]{2,8}$/).map((username) => ({ username, groups: [], roles: ["user"] }));
const shape = fc
  .record({
    users: fc.uniqueArray(user, { maxLength: 3, selector: ({ username }) => username }),
    brokered: fc.boolean(),
    federated: fc.boolean(),
    displayName: fc.constantFrom("Plain", "## #", "$(env:CLIENT_A)", 'quotes " and \\', "${username}"),
  })
  .map(({ users, brokered, federated, displayName }): RealmShape => ({
    ...realm,
    users,
    displayName,
    identityProviders: brokered ? [provider] : [],
    ldap: federated ? [directory] : [],
  }));

interface Client {
  readonly clientId: string;
  readonly secret?: string;
  readonly publicClient: boolean;
  readonly redirectUris: string[];
  readonly webOrigins: string[];
  readonly directAccessGrantsEnabled: boolean;
  readonly standardFlowEnabled: boolean;
  readonly authenticationFlowBindingOverrides?: { readonly browser: string };
  readonly defaultClientScopes?: string[];
}
interface Execution {
  readonly authenticator?: string;
  readonly flowAlias?: string;
  readonly authenticatorConfig?: string;
}
interface Document {
  readonly displayName: string;
  readonly clients: Client[];
  readonly clientScopes?: { readonly name: string }[];
  readonly authenticationFlows: { alias: string; topLevel: boolean; authenticationExecutions: Execution[] }[];
  readonly authenticatorConfig: { readonly alias: string; readonly config: Record<string, string> }[];
  readonly roles: {
    realm: { name: string; composites?: { realm?: string[]; client?: Record<string, string[]> } }[];
    client: Record<string, { name: string }[]>;
  };
  readonly users: { readonly username: string }[];
  readonly identityProviders?: { readonly postBrokerLoginFlowAlias: string }[];
}

/** Secrets that the document has placeholders for. */
function realmSecrets(
  realm: RealmShape,
  clients: readonly RealmClient[],
): { readonly kind: SecretKind; readonly name: string }[] {
  const of = (kind: SecretKind, names: readonly string[]) => names.map((name) => ({ kind, name }));
  return [
    ...of(
      "client",
      clients.filter(hasSecret).map(({ name }) => name),
    ),
    ...of(
      "user",
      realm.users.map(({ username }) => username),
    ),
    ...of(
      "identity-provider",
      realm.identityProviders.flatMap((one) => (one.kind === "oidc" ? [one.alias] : [])),
    ),
    ...of(
      "ldap",
      realm.ldap.map(({ name }) => name),
    ),
    ...of("smtp", realm.smtp?.passwordSecret === undefined ? [] : ["password"]),
  ];
}

function written(given: RealmShape, asked: readonly RealmClient[]) {
  const secrets = realmSecrets(given, asked);
  const own = new Set(secrets.map(({ kind, name }) => `$(env:${secretVariable(kind, name)})`));
  const text = documentText(realmDocument(given, asked));
  return { text, own, document: JSON.parse(text) as Document, secrets };
}

describe("the realm of any set of clients", () => {
  it("refers to flows, configurations, roles and scopes that it has, each once", () => {
    fc.assert(
      fc.property(shape, clients, (given, asked) => {
        const { document } = written(given, asked);
        const flows = document.authenticationFlows.map(({ alias }) => alias);
        const configs = document.authenticatorConfig.map(({ alias }) => alias);
        assert.deepEqual([new Set(flows).size, new Set(configs).size], [flows.length, configs.length]);
        const executions = document.authenticationFlows.flatMap((flow) => flow.authenticationExecutions);
        const used = executions.flatMap(({ flowAlias }) => flowAlias ?? []);
        const tops = document.authenticationFlows.filter(({ topLevel }) => topLevel).map(({ alias }) => alias);
        assert.deepEqual([...used, ...tops].sort(), [...flows].sort());
        assert.deepEqual(
          executions.flatMap(({ authenticatorConfig }) => authenticatorConfig ?? []).sort(),
          configs.sort(),
        );
        const roles = new Set([
          ...document.roles.realm.map(({ name }) => name),
          ...Object.entries(document.roles.client).flatMap(([owner, list]) =>
            list.map(({ name }) => `${owner}.${name}`),
          ),
        ]);
        for (const { composites } of document.roles.realm) {
          const included = Object.entries(composites?.client ?? {}).flatMap(([owner, list]) =>
            list.map((name) => `${owner}.${name}`),
          );
          for (const role of [...(composites?.realm ?? []), ...included]) assert.ok(roles.has(role), role);
        }
        for (const { config } of document.authenticatorConfig)
          if ("condUserRole" in config) assert.ok(roles.has(config["condUserRole"] ?? ""));
        for (const one of document.clients) {
          const flow = one.authenticationFlowBindingOverrides?.browser;
          assert.equal(flow !== undefined, one.standardFlowEnabled, "whoever logs in passes the gate");
          assert.ok(flow === undefined || tops.includes(flow));
          const scope = one.defaultClientScopes?.find((name) => name.startsWith("gate-"));
          assert.equal(scope !== undefined, one.standardFlowEnabled && given.identityProviders.length > 0);
          assert.ok(scope === undefined || document.clientScopes?.some(({ name }) => name === scope));
        }
        for (const { postBrokerLoginFlowAlias } of document.identityProviders ?? [])
          assert.ok(tops.includes(postBrokerLoginFlowAlias));
      }),
    );
  });

  it("returns logins to exactly the URIs that were asked for, and lets no browser's page elsewhere ask", () => {
    fc.assert(
      fc.property(shape, clients, (given, asked) => {
        const { document } = written(given, asked);
        assert.deepEqual(
          document.clients.map(({ clientId }) => clientId),
          asked.map(({ name }) => name).sort(),
        );
        for (const { name, kind = "confidential", redirectUris = [] } of asked) {
          const made = document.clients.find(({ clientId }) => clientId === name);
          const login = kind === "confidential" || kind === "public";
          assert.deepEqual(made?.redirectUris, login ? [...new Set(redirectUris)].sort() : []);
          const origins = new Set(redirectUris.map((text) => new URL(text).origin));
          assert.deepEqual(made.webOrigins, kind === "public" ? [...origins].sort() : []);
          assert.equal(made.directAccessGrantsEnabled, false);
          assert.equal(made.publicClient, kind === "public");
        }
      }),
    );
  });

  it("has a placeholder for every secret, and no other that keycloak-config-cli would replace", () => {
    fc.assert(
      fc.property(shape, clients, (given, asked) => {
        const { text, own, document, secrets } = written(given, asked);
        const found = text.match(/\$\([^)]*\)?/g) ?? [];
        assert.deepEqual([...found].sort(), [...own].sort());
        assert.equal(own.size, secrets.length);
        assert.equal(document.displayName, given.displayName);
        for (const { clientId, secret, publicClient } of document.clients)
          assert.equal(secret, publicClient ? undefined : `$(env:${secretVariable("client", clientId)})`);
      }),
    );
  });

  it("is one text, in whatever order components ask", () => {
    fc.assert(
      fc.property(clients, (asked) =>
        assert.equal(written(realm, asked).text, written(realm, [...asked].reverse()).text),
      ),
    );
  });
});

describe("secrets in the realm's document", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,10}$/);

  it("have variables of their own", () => {
    fc.assert(
      fc.property(name, name, (a, b) => assert.equal(secretVariable("user", a) === secretVariable("user", b), a === b)),
    );
    assert.match(secretVariable("identity-provider", "a.b-c_d"), /^[A-Z][A-Z0-9_]*$/);
  });

  it("D13: arrive as they are, whatever a person chose", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (secret) => {
        const put = placeholderValue(secret);
        assert.ok(!put.includes("$"));
        assert.equal(JSON.parse(`"${put}"`), secret);
      }),
    );
  });
});
