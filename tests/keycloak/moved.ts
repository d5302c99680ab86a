// A realm that was set up by hand, as settings, deployed to the same server.
import assert from "node:assert/strict";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { placeholderValue, secretVariable } from "../../components/keycloak/representation.ts";
import { importRealm } from "../../stacks/realm/import.ts";
import type { ImportedRealm } from "../../stacks/realm/import.ts";
import { authority } from "../settings/pem-samples.ts";
import { stackNamed } from "../stacks.ts";
import { deployed } from "./deployed.ts";
import type { Deployed } from "./deployed.ts";
import type { RunningKeycloak } from "./running.ts";

type Json = Record<string, unknown>;

const back = "https://shop.example.org/callback";
const shopSecret = 'the old "secret" of the $shop';
const password = "An-old-password-1";

/** A password's hash as Keycloak 19 stored it (`Pbkdf2PasswordHashProvider`). */
function oldHash(): Json {
  const salt = randomBytes(16);
  const iterations = 27_500;
  const value = pbkdf2Sync(password, salt, iterations, 64, "sha256").toString("base64");
  return {
    type: "password",
    secretData: JSON.stringify({ value, salt: salt.toString("base64"), additionalParameters: {} }),
    credentialData: JSON.stringify({
      hashIterations: iterations,
      algorithm: "pbkdf2-sha256",
      additionalParameters: {},
    }),
  };
}

const profileProvider = "org.keycloak.userprofile.UserProfileProvider";

/** A user profile with attributes that people added. */
const profile = {
  attributes: ["username", "email", "firstName", "lastName", "team", "badge"].map((name) => ({
    name,
    permissions: { view: ["admin", "user"], edit: ["admin"] },
  })),
};

/** The realm as people made it in an older Keycloak. */
function byHand(): Json {
  const person = (username: string, more: Json) => ({
    username,
    enabled: true,
    email: `${username}@example.org`,
    emailVerified: true,
    firstName: username,
    lastName: "Test",
    ...more,
  });
  const config = (more: Json) => ({ validateSignature: "true", ...more });
  return {
    realm: "shop",
    displayName: "The shop",
    enabled: true,
    registrationAllowed: true,
    accessTokenLifespan: 90,
    roles: {
      realm: [
        { name: "buyer" },
        { name: "seller", composite: true, composites: { realm: ["buyer"], client: { shop: ["refund"] } } },
      ],
      client: { shop: [{ name: "refund" }], Old_App: [{ name: "use" }] },
    },
    groups: [
      { name: "sellers", realmRoles: ["seller"] },
      { name: "staff", realmRoles: ["buyer"], subGroups: [{ name: "north" }] },
      { name: "old", clientRoles: { Old_App: ["use"] } },
    ],
    users: [
      person("grace", {
        attributes: { team: ["north"], badge: ["7"] },
        credentials: [oldHash()],
        groups: ["/sellers", "/staff/north"],
        clientRoles: { Old_App: ["use"] },
      }),
      person("mary", { credentials: [{ type: "password", value: password }], realmRoles: ["buyer"] }),
    ],
    clients: [
      {
        clientId: "shop",
        secret: shopSecret,
        redirectUris: [back, "https://old.example.org/*"],
        standardFlowEnabled: true,
        directAccessGrantsEnabled: true,
        authenticationFlowBindingOverrides: { browser: "password-each-time" },
        protocolMappers: [
          {
            name: "department",
            protocol: "openid-connect",
            protocolMapper: "oidc-hardcoded-claim-mapper",
            config: { "claim.name": "department", "claim.value": "sales", "id.token.claim": "true" },
          },
          {
            name: "team",
            protocol: "openid-connect",
            protocolMapper: "oidc-usermodel-attribute-mapper",
            config: { "claim.name": "team", "user.attribute": "team", "id.token.claim": "true" },
          },
        ],
      },
      { clientId: "Old_App", secret: "another-old-secret", redirectUris: ["https://old.example.org/*"] },
    ],
    authenticationFlows: [
      {
        id: "password-each-time",
        alias: "password each time",
        providerId: "basic-flow",
        topLevel: true,
        builtIn: false,
        authenticationExecutions: [
          { authenticator: "auth-username-password-form", requirement: "REQUIRED", priority: 10 },
        ],
      },
    ],
    resetCredentialsFlow: "password each time",
    attributes: { "acr.loa.map": JSON.stringify({ gold: 2 }) },
    components: {
      [profileProvider]: [
        { providerId: "declarative-user-profile", config: { "kc.user.profile.config": [JSON.stringify(profile)] } },
      ],
      "org.keycloak.storage.UserStorageProvider": [
        {
          name: "staff",
          providerId: "ldap",
          config: {
            enabled: ["false"],
            editMode: ["READ_ONLY"],
            vendor: ["other"],
            connectionUrl: ["ldap://ldap.invalid"],
            usersDn: ["ou=people,dc=example,dc=org"],
            bindDn: ["cn=reader,dc=example,dc=org"],
            bindCredential: ["the-password-of-the-reader"],
            usernameLDAPAttribute: ["uid"],
            rdnLDAPAttribute: ["uid"],
            uuidLDAPAttribute: ["entryUUID"],
            userObjectClasses: ["inetOrgPerson"],
            batchSizeForSync: ["250"],
          },
        },
      ],
    },
    identityProviders: [
      {
        alias: "company",
        providerId: "saml",
        enabled: true,
        config: config({
          idpEntityId: "https://idp.example.org/metadata",
          singleSignOnServiceUrl: "https://idp.example.org/sso",
          signingCertificate: authority.split("\n").slice(1, -2).join(""),
          allowCreate: "true",
        }),
      },
      {
        alias: "partner",
        providerId: "oidc",
        enabled: true,
        config: config({
          issuer: "https://login.example.org",
          authorizationUrl: "https://login.example.org/authorize",
          tokenUrl: "https://login.example.org/token",
          jwksUrl: "https://login.example.org/keys",
          useJwksUrl: "true",
          clientId: "shop",
          clientSecret: "the-secret-at-the-partner",
        }),
      },
    ],
  };
}

/** An export with its user profile, which a component has as text, as an object. */
function readable(text: string): Json {
  const { components, ...realm } = JSON.parse(text) as {
    components: Record<string, { config: Record<string, string[]> }[]>;
  };
  const { [profileProvider]: found, ...others } = components;
  const [written] = found?.[0]?.config["kc.user.profile.config"] ?? [];
  return { ...realm, components: others, userProfile: JSON.parse(written ?? "{}") as Json };
}

/** The parts of an export by their names, each with its value: lists of texts without an order. */
function partsOf(value: unknown, path: readonly string[] = []): Map<string, string> {
  if (Array.isArray(value) && value.every((one) => typeof one !== "object"))
    return new Map([[path.join("\n"), JSON.stringify(value.map(String).sort())]]);
  if (typeof value !== "object" || value === null) return new Map([[path.join("\n"), JSON.stringify(value)]]);
  const name = (one: unknown, index: number) => {
    const { clientId, alias, username, name, id } = one as Record<string, string | undefined>;
    return clientId ?? alias ?? username ?? name ?? id ?? String(index);
  };
  const members = Array.isArray(value)
    ? value.map((one, index) => [name(one, index), one as unknown] as const)
    : Object.entries(value);
  return new Map(members.flatMap(([key, one]) => [...partsOf(one, [...path, key])]));
}

/** Tests of a realm that moves in, against the Keycloak that runs then. */
export function moved(running: () => RunningKeycloak): void {
  describe("with a realm that was set up by hand", () => {
    let keycloak: RunningKeycloak;
    let imported: ImportedRealm;
    let shop: Deployed;
    let first: { readonly text: string; readonly rows: string };
    let refreshToken: string;
    const login = (username: string, agent = keycloak.browser()) =>
      keycloak.login(shop, "shop", back, { agent, person: { username, password } });

    /** Users with their hashes, memberships and roles, as the database has them. */
    async function rows(): Promise<string> {
      const { out, err } = await keycloak.postgres.sql(
        `SELECT u.id, u.username, a.name, a.value, c.id, c.secret_data, c.credential_data, m.group_id, r.role_id FROM user_entity u
         JOIN realm ON realm.id = u.realm_id AND realm.name = 'shop' LEFT JOIN credential c ON c.user_id = u.id
         LEFT JOIN user_attribute a ON a.user_id = u.id LEFT JOIN user_group_membership m ON m.user_id = u.id LEFT JOIN user_role_mapping r ON r.user_id = u.id
         WHERE u.service_account_client_link IS NULL ORDER BY 1, 3, 4, 5, 8, 9`,
        "keycloak",
      );
      assert.equal(err, "");
      return out;
    }

    before(async () => {
      keycloak = running();
      await keycloak.administer("POST", "../realms", byHand());
      // With scopes of its own, a realm is created without Keycloak's.
      await keycloak.administer("POST", "shop/client-scopes", { name: "stock", protocol: "openid-connect" });
      const clients = { shop: { "client-id": "shop", "client-secret": shopSecret } };
      shop = { ...keycloak.server, realm: "shop", clients };
      const { tokens } = await login("mary");
      refreshToken = tokens?.refresh_token ?? assert.fail("mary cannot log in before");
      first = { text: await keycloak.exported("shop"), rows: await rows() };
      imported = importRealm(first.text);
    });

    it("is exported with its users' hashes and its clients' secrets, and neither is shown", () => {
      assert.match(first.text, /pbkdf2-sha256/);
      assert.ok(first.rows.includes("pbkdf2-sha256") && first.rows.includes("argon2"));
      const said = JSON.stringify([imported.settings, imported.findings]);
      for (const { value } of imported.secrets) assert.ok(value !== undefined && !said.includes(JSON.stringify(value)));
      assert.deepEqual(
        imported.secrets.map(({ name }) => name),
        ["partner-provider-secret", "staff-bind-password", "shop-client-secret"],
      );
      const [client] = imported.settings["clients"] as Json[];
      assert.deepEqual([client?.["name"], client?.["flow"]], ["shop", "password each time"]);
    });

    it("is applied by the Job of its settings: what changes is in the list, and nothing else does", async () => {
      const { realm, clients } = imported.settings;
      const stack = {
        ...stackNamed("keycloak"),
        set: [
          `keycloak.realm=${JSON.stringify(realm)}`,
          `keycloak.clients=${JSON.stringify(clients)}`,
          ...imported.secrets.map(({ name }) => `secrets:${name}={secure: v1}`),
        ],
      };
      const planned = await deployed(stack);
      const valueOf = (name: string) =>
        placeholderValue(imported.secrets.find((one) => one.name === name)?.value ?? "");
      const secrets = {
        [secretVariable("client", "shop")]: valueOf("shop-client-secret"),
        [secretVariable("identity-provider", "partner")]: valueOf("partner-provider-secret"),
        [secretVariable("ldap", "staff")]: valueOf("staff-bind-password"),
      };
      for (const variable of Object.keys(secrets)) assert.ok(variable in planned.job, variable);
      const { code, text, seconds } = await keycloak.apply(
        { ...shop, document: planned.document },
        { ...planned.job, ...secrets },
      );
      assert.equal(code, 0, text);
      console.log(`    the realm that moved in was applied in ${seconds.toFixed(1)} s`);

      assert.equal(await rows(), first.rows, "users with attributes, hashes, groups and roles");
      const [was, is] = [first.text, await keycloak.exported("shop")].map((one) => partsOf(readable(one)));
      const listed = imported.findings.map(({ path }) => path.join("\n"));
      const flowIds = /^clients\n[^\n]+\nauthenticationFlowBindingOverrides/;
      const unlisted = [...(was ?? [])].filter(
        ([path, value]) =>
          is?.get(path) !== value && !listed.some((one) => `${path}\n`.startsWith(`${one}\n`)) && !flowIds.test(path),
      );
      assert.deepEqual(
        unlisted.map(([path]) => path.split("\n").join(".")),
        [],
      );
      // Ids are in both, as those of users are in the database.
      assert.ok([...(was ?? [])].some(([path]) => path === "clients\nshop\nid"));
      for (const { kind, path } of imported.findings)
        if (kind === "stays")
          assert.ok(
            [...(is ?? [])].some(([one]) => `${one}\n`.startsWith(`${path.join("\n")}\n`)),
            path.join("."),
          );
    });

    it("keeps sessions, and lets people in with their old passwords, by the flow and the secret that the client had", async () => {
      const refreshed = await keycloak.tokenAt("shop", {
        grant_type: "refresh_token",
        client_id: "shop",
        client_secret: shopSecret,
        refresh_token: refreshToken,
      });
      assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
      for (const username of ["mary", "grace"]) {
        const agent = keycloak.browser();
        assert.ok((await login(username, agent)).tokens !== undefined, username);
        // The flow has no step for the cookie of the session.
        const again = await login(username, agent);
        assert.deepEqual([again.forms, again.tokens !== undefined], [1, true]);
      }
      const wrong = await keycloak.login(shop, "shop", back, {
        agent: keycloak.browser(),
        person: { username: "mary", password: "wrong" },
      });
      assert.equal(wrong.tokens, undefined);
    });
  });
}
