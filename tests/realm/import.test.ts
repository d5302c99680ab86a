import assert from "node:assert/strict";
import fc from "fast-check";
import { realmDocument } from "../../components/keycloak/realm.ts";
import { documentText, placeholderValue } from "../../components/keycloak/representation.ts";
import { importRealm, noStack } from "../../stacks/realm/import.ts";
import type { ImportedRealm } from "../../stacks/realm/import.ts";
import { targetOf } from "../../plan/realm/moving.ts";
import { clientsOf } from "../../stacks/settings/derive.ts";
import { loadSettings } from "../../stacks/settings/load.ts";
import { realmGroups } from "../../stacks/settings/names.ts";
import { deployed } from "../keycloak/deployed.ts";
import { recordStack, root, stackNamed } from "../stacks.ts";
import { anyRealm, plain } from "./realms.ts";

type Json = Record<string, unknown>;

/** What a stack with only Keycloak deploys. All secrets that settings name are set. */
function documentOf(keycloak: unknown): string {
  const names = [...JSON.stringify(keycloak).matchAll(/"\w+Secret":"([a-z0-9-]+)"/g)].map(([, name]) => name ?? "");
  const base = { domain: "example.org", cluster: { context: "none" }, postgresql: { enabled: true }, keycloak };
  const values = {
    ...Object.fromEntries(Object.entries(base).map(([key, value]) => [`groundplan:${key}`, textOf(value)])),
    ...Object.fromEntries(names.map((name) => [`secrets:${name}`, "v1"])),
  };
  const secretKeys = new Set(names.map((name) => `secrets:${name}`));
  const settings = loadSettings({ values, secretKeys }, "test");
  const { realm } = settings.keycloak;
  return documentText(realmDocument({ ...realm, groups: realmGroups(realm) }, clientsOf(settings)));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A document as keycloak-config-cli reads it, with a value for each of its secrets. */
function withSecrets(document: string): string {
  return document.replaceAll(/\$\(env:([A-Z0-9_]+)\)/g, (_, name: string) => placeholderValue(secretValue(name)));
}
const secretValue = (variable: string) => `secret-"of $${variable}`;

const secret = /secret-\\?"of \$/;
const losses = ({ findings }: ImportedRealm) => findings.filter(({ path }) => path[0] !== "authenticationFlows");

describe("a realm that settings deploy, as settings again", () => {
  it("is accepted, deploys the same realm, and lists nothing: random realms", () => {
    fc.assert(
      fc.property(anyRealm, (keycloak) => {
        const document = documentOf(keycloak);
        const imported = importRealm(withSecrets(document));
        assert.deepEqual(losses(imported), []);
        assert.doesNotMatch(JSON.stringify([imported.settings, imported.findings]), secret);
        assert.equal(documentOf({ ...imported.settings, enabled: true }), document);
      }),
      { numRuns: 150 },
    );
  });

  for (const name of ["dev", "prod", "worldcereal", "worldcereal-aws", "keycloak", "midpoint-login"])
    it(`leaves the clients of components to them: ${name}`, async () => {
      const stack = stackNamed(name);
      const { document } = await deployed(stack);
      const { result } = await recordStack(stack);
      const target = { profile: result.settings.profile, input: plain(result.settings) };
      const imported = importRealm(withSecrets(document), { target });
      assert.deepEqual(losses(imported), []);
      const { clients, realm } = imported.settings as { clients?: { name: string }[]; realm?: Json };
      assert.deepEqual(
        (clients ?? []).map((one) => one.name).sort(),
        result.settings.keycloak.clients.map((one) => one.name).sort(),
      );
      const secrets = imported.secrets.map((one) => `secrets:${one.name}={secure: v1}`);
      const set = [
        ...(stack.set ?? []),
        `keycloak.realm=${JSON.stringify(realm ?? {})}`,
        `keycloak.clients=${JSON.stringify(clients ?? [])}`,
        ...secrets,
      ];
      assert.equal((await deployed({ ...stack, set })).document, document);
    });

  it("reads the stack's own file", () => {
    const { profile, input } = targetOf(root, "dev");
    assert.deepEqual([profile, (input["keycloak"] as Json)["enabled"]], ["dev", true]);
  });
});

/** A realm that was made by hand, as an export has it. */
const byHand = {
  id: "r1",
  realm: "shop",
  displayName: "Shop",
  registrationAllowed: true,
  accessTokenLifespan: 90,
  smtpServer: {
    host: "mail.example.org",
    from: "a@example.org",
    fromDisplayName: "Shop",
    auth: "true",
    user: "m",
    password: "**********",
  },
  roles: {
    realm: [
      { name: "default-roles-shop", composite: true, composites: { realm: ["offline_access", "buyer"] } },
      { name: "buyer", description: "buys" },
      { name: "seller", composites: { client: { my_app: ["sell"] } } },
    ],
    client: { my_app: [{ name: "sell" }], wiki: [{ name: "editor" }] },
  },
  groups: [
    { name: "staff", path: "/staff", realmRoles: ["buyer"], subGroups: [{ name: "north" }] },
    { name: "buyers", path: "/buyers", realmRoles: ["buyer"], clientRoles: { wiki: ["editor"] } },
    { name: "sellers", path: "/sellers", realmRoles: ["seller"] },
  ],
  users: [{ username: "ada", credentials: [{ type: "password", secretData: '{"value":"hash-of-ada"}' }] }],
  authenticationFlows: [
    { id: "f1", alias: "with passkey", topLevel: true, builtIn: false, authenticationExecutions: [] },
  ],
  clients: [
    { clientId: "account", secret: "account-secret" },
    {
      clientId: "my_app",
      secret: "app-secret",
      redirectUris: ["https://app.example.org/a"],
      standardFlowEnabled: true,
    },
    {
      clientId: "wiki",
      rootUrl: "https://wiki.example.org",
      secret: "wiki-secret",
      standardFlowEnabled: true,
      directAccessGrantsEnabled: true,
      redirectUris: ["/callback", "https://other.example.org/*"],
      authenticationFlowBindingOverrides: { browser: "f1" },
      protocolMappers: [
        { name: "phone", protocolMapper: "oidc-hardcoded-claim-mapper", config: { "claim.value": "mapper-secret" } },
      ],
    },
    { clientId: "masked", secret: "**********", standardFlowEnabled: true },
    { clientId: "spa", publicClient: true, standardFlowEnabled: true },
  ],
  identityProviders: [{ alias: "github", providerId: "github", config: { clientSecret: "github-secret" } }],
};

describe("a realm that was made by hand, as settings", () => {
  const imported = importRealm(JSON.stringify(byHand));
  const { clients, realm } = imported.settings as { clients: Json[]; realm: Json };
  const lines = imported.findings.map(
    ({ kind, path, why }) => `${kind} ${path.join(".")}${why === undefined ? "" : ` ${why}`}`,
  );
  const has = (line: RegExp) =>
    assert.ok(
      lines.some((one) => line.test(one)),
      `${String(line)} in\n${lines.join("\n")}`,
    );

  it("keeps what settings can say: relative URIs, a flow, secrets by name, roles and groups", () => {
    assert.deepEqual(
      clients.find(({ name }) => name === "wiki"),
      {
        name: "wiki",
        redirectUris: ["https://wiki.example.org/callback"],
        logoutUris: ["https://wiki.example.org/callback"],
        everyone: true,
        flow: "with passkey",
        clientSecretSecret: "wiki-client-secret",
        roles: ["editor"],
      },
    );
    assert.deepEqual(
      clients.map(({ name }) => name),
      ["masked", "spa", "wiki"],
    );
    assert.deepEqual(realm["roles"], [{ name: "buyer" }]);
    assert.deepEqual(realm["groups"], [
      { name: "buyers", roles: ["buyer", "wiki.editor"] },
      { name: "staff", roles: ["buyer"] },
    ]);
    assert.deepEqual(realm["tokens"], { accessToken: "90s" });
    assert.deepEqual(
      imported.secrets.map(({ name, value }) => [name, value]),
      [
        ["mail-password", undefined],
        ["wiki-client-secret", "wiki-secret"],
      ],
    );
    documentOf({ ...imported.settings, enabled: true });
  });

  it("lists what the Job removes, changes and leaves, with the reason", () => {
    has(/^removed clients\.wiki\.protocolMappers\.phone$/);
    has(/^removed clients\.wiki\.redirectUris "https:\/\/other\.example\.org\/\*"; redirectUris accepts an exact http/);
    has(/^removed smtpServer\.fromDisplayName$/);
    has(/^changes registrationAllowed true becomes false$/);
    has(/^changes clients\.wiki\.directAccessGrantsEnabled true becomes false$/);
    has(/^changes clients\.spa\.attributes\.pkce\.code\.challenge\.method not set, becomes "S256"$/);
    has(/^stays clients\.my_app name accepts a name with lower-case letters/);
    has(/^stays roles\.realm\.seller no role has this name: "my_app\.sell"$/);
    has(/^stays groups\.sellers no role has this name: "seller"$/);
    has(/^stays groups\.staff\.subGroups$/);
    has(/^stays roles\.realm\.default-roles-shop$/);
    has(/^stays identityProviders\.github kind accepts oidc, saml$/);
    has(/^stays users 1 user, with passwords, groups and roles$/);
    has(/^changes clients\.masked\.secret the export does not have it/);
  });

  it("lists as removed what the Job of a stack that keeps no manual changes deletes", () => {
    const target = { ...noStack, input: { ...noStack.input, keycloak: { keepManual: false } } };
    const { findings } = importRealm(JSON.stringify({ ...byHand, clients: [] }), { target });
    const removed = findings.filter(({ kind }) => kind === "removed").map(({ path }) => path.join("."));
    for (const one of ["authenticationFlows.with passkey", "groups.sellers", "identityProviders.github"])
      assert.ok(removed.includes(one), `${one} in ${removed.join()}`);
  });

  it("shows no secret of the export", () => {
    const said = JSON.stringify([imported.settings, imported.findings]);
    for (const one of ["wiki-secret", "app-secret", "github-secret", "mapper-secret", "hash-of-ada", "account-secret"])
      assert.ok(!said.includes(`"${one}"`) && !said.includes(`${one}\\"`), one);
  });

  it("says that only users with the role may log in where the client's own flow says it", () => {
    const flow = (alias: string, topLevel: boolean, ...authenticationExecutions: Json[]) => ({
      alias,
      topLevel,
      builtIn: false,
      authenticationExecutions,
    });
    const gated = {
      ...byHand,
      roles: {},
      clients: [
        { clientId: "wiki", standardFlowEnabled: true, authenticationFlowBindingOverrides: { browser: "form" } },
      ],
      authenticationFlows: [
        flow("form", true, { flowAlias: "deny", requirement: "CONDITIONAL" }),
        flow(
          "deny",
          false,
          { authenticator: "conditional-user-role", authenticatorConfig: "without", requirement: "REQUIRED" },
          { authenticator: "deny-access-authenticator", requirement: "REQUIRED" },
        ),
      ],
      authenticatorConfig: [{ alias: "without", config: { condUserRole: "wiki.wiki_role", negate: "true" } }],
    };
    const clientOf = (realm: Json) => (importRealm(JSON.stringify(realm)).settings["clients"] as Json[])[0];
    assert.deepEqual(clientOf(gated), { name: "wiki" });
    const other = {
      ...gated,
      authenticatorConfig: [{ alias: "without", config: { condUserRole: "staff", negate: "true" } }],
    };
    assert.deepEqual(clientOf(other), { name: "wiki", everyone: true, flow: "form" });
  });
});

describe("any realm", () => {
  const name = fc.oneof(
    fc.constantFrom("a", "b", "admin", "groups", "sub", "wiki", "broker"),
    fc.string({ maxLength: 40 }),
  );
  const names = fc.array(name, { maxLength: 3 });
  const role = fc.record({
    name,
    composites: fc.record({ realm: names, client: fc.dictionary(name, names, { maxKeys: 2 }) }),
  });
  const mapper = fc.record({
    name,
    protocolMapper: fc.constantFrom(
      "oidc-usermodel-attribute-mapper",
      "oidc-group-membership-mapper",
      "oidc-audience-mapper",
    ),
    config: fc.record({ "claim.name": name, "user.attribute": name, "included.client.audience": name }),
  });
  const client = fc.record({
    clientId: name,
    publicClient: fc.boolean(),
    standardFlowEnabled: fc.boolean(),
    serviceAccountsEnabled: fc.boolean(),
    redirectUris: fc.array(fc.oneof(fc.webUrl(), name), { maxLength: 3 }),
    secret: fc.string(),
    authenticationFlowBindingOverrides: fc.record({ browser: name }),
    attributes: fc.record({ "post.logout.redirect.uris": fc.constantFrom("+", "-", "+##https://a.example.org/") }),
    protocolMappers: fc.array(mapper, { maxLength: 2 }),
  });
  const provider = fc.record({
    alias: name,
    providerId: fc.constantFrom("oidc", "saml", "github"),
    config: fc.dictionary(name, name),
  });
  const realm = fc.record({
    realm: fc.constantFrom("shop", "platform"),
    accessTokenLifespan: fc.integer(),
    failureFactor: fc.integer(),
    passwordPolicy: name,
    roles: fc.record({
      realm: fc.array(role, { maxLength: 4 }),
      client: fc.dictionary(name, fc.array(role, { maxLength: 2 }), { maxKeys: 3 }),
    }),
    groups: fc.array(fc.record({ name, realmRoles: names, clientRoles: fc.dictionary(name, names, { maxKeys: 2 }) }), {
      maxLength: 3,
    }),
    clients: fc.array(client, { maxLength: 4 }),
    identityProviders: fc.array(provider, { maxLength: 2 }),
    smtpServer: fc.dictionary(fc.constantFrom("host", "port", "auth", "user", "from"), name),
    users: fc.array(
      fc.record({ username: name, serviceAccountClientId: name, clientRoles: fc.dictionary(name, names) }),
      { maxLength: 2 },
    ),
  });

  it("becomes settings that a stack accepts", () => {
    fc.assert(
      fc.property(realm, (exported) => {
        documentOf({ ...importRealm(JSON.stringify(exported)).settings, enabled: true });
      }),
      { numRuns: 150 },
    );
  });
});

describe("an export that cannot be used", () => {
  const message = (content: string, name?: string) => {
    try {
      importRealm(content, { name, target: noStack });
    } catch (error) {
      assert.equal((error as Error).constructor.name, "RealmExportError");
      return (error as Error).message;
    }
    return assert.fail("it was accepted");
  };
  for (const [what, content, name, expected] of [
    ["no JSON", '{"realm": "a", "secret": "s3cret"', undefined, /^is not JSON: use the file that kc\.sh export/],
    ["another object", '{"clientId": "wiki", "realm": "a"}', undefined, /^has no realm: an export is a JSON object/],
    ["another realm", '{"realm": "a"}', "b", /^has no realm "b": --realm accepts a$/],
    [
      "several realms",
      '[{"realm": "a"}, {"realm": "b"}, {"realm": "master"}]',
      undefined,
      /^has the realms a, b, master: name one/,
    ],
    ["the realm master", '{"realm": "master"}', undefined, /^is the realm master/],
    [
      "a name with a capital letter",
      '{"realm": "Shop"}',
      undefined,
      /^has a realm whose name keycloak\.realm\.name does not accept: it accepts a name with lower-case/,
    ],
  ] as const)
    it(`is refused in one line: ${what}`, () => {
      const line = message(content, name);
      assert.match(line, expected);
      assert.doesNotMatch(line, /\n|s3cret/);
    });

  it("is taken where only the realm master is beside it", () => {
    assert.equal((importRealm('[{"realm": "master"}, {"realm": "a"}]').settings["realm"] as Json)["name"], "a");
  });
});
