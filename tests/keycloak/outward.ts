// What a realm asks of others: a directory, a mail server, a provider that speaks SAML.
import assert from "node:assert/strict";
import type { IdentityProviderShape, LdapShape, SmtpShape } from "../../components/keycloak/federation.ts";
import { denied } from "../../components/keycloak/flows.ts";
import { realmDocument } from "../../components/keycloak/realm.ts";
import type { RealmShape } from "../../components/keycloak/realm.ts";
import { documentText, placeholderValue } from "../../components/keycloak/representation.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { claimsOf } from "./browser.ts";
import type { Deployed } from "./deployed.ts";
import { directoryProgram, startDirectory } from "./directory.ts";
import { startMailServer } from "./mail-server.ts";
import type { RunningKeycloak } from "./running.ts";

const dev = stackNamed("dev");

const callback = "https://app.example.org/oauth2/callback";
/** Whatever a password has in it arrives as it is. */
const [readerPassword, mailPassword] = ['re$d&er "${p}" $(env:HOME)', "m#il\\p$$w %s"];

const people = `dn: dc=example,dc=org
objectClass: domain
dc: example

dn: cn=reader,dc=example,dc=org
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: reader
userPassword: ${readerPassword}

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: uid=lovelace,ou=people,dc=example,dc=org
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: inetOrgPerson
uid: lovelace
cn: Ada
sn: Lovelace
mail: lovelace@example.org
employeeType: staff
userPassword: Analytical-Engine-1843

dn: uid=babbage,ou=people,dc=example,dc=org
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: inetOrgPerson
uid: babbage
cn: Charles
sn: Babbage
mail: babbage@example.org
employeeType: guest
userPassword: Difference-Engine-1822
`;

/** Tests of a realm that asks others, against the Keycloak that runs then. */
export function outward(running: () => RunningKeycloak): void {
  describe("with servers elsewhere", () => {
    let secrets: Record<string, string>;
    let stops: (() => unknown)[];
    let here: Deployed;
    let mail: Awaited<ReturnType<typeof startMailServer>>;
    let keycloak: RunningKeycloak;

    before(async function () {
      keycloak = running();
      stops = [];
      const program = directoryProgram();
      if (program === undefined) {
        console.log("      skipped: no directory server, which Maven would download");
        return this.skip();
      }
      const directory = await startDirectory(program, people, keycloak.folder);
      mail = await startMailServer();
      stops.push(directory.stop, mail.stop);
      const ldap: LdapShape = {
        name: "people",
        vendor: "other",
        url: `ldap://127.0.0.1:${directory.port}`,
        usersDn: "ou=people,dc=example,dc=org",
        bindDn: "cn=reader,dc=example,dc=org",
        bindPasswordSecret: "unused",
        usernameAttribute: "uid",
        filter: "(employeeType=staff)",
      };
      const smtp: SmtpShape = {
        host: "127.0.0.1",
        port: mail.port,
        from: "platform@example.org",
        encryption: "none",
        username: "platform",
        passwordSecret: "unused",
      };
      const saml: IdentityProviderShape = {
        alias: "partner",
        kind: "saml",
        trustEmail: true,
        entityId: `${keycloak.publicUrl}/realms/platform`,
        signOnUrl: `${keycloak.publicUrl}/realms/platform/protocol/saml`,
        certificate: await certificateOf(keycloak),
      };
      await keycloak.administer("POST", "platform/clients", samlClient(`${keycloak.publicUrl}/realms/outward`));
      const { realm } = (await recordStack(dev)).result.settings.keycloak;
      const shape: RealmShape = {
        ...realm,
        name: "outward",
        groups: [],
        users: [],
        identityProviders: [saml],
        ldap: [ldap],
        smtp,
      };
      const document = documentText(
        realmDocument(shape, [{ name: "app", redirectUris: [callback], realmRoles: ["admin"] }]),
      );
      const clients = { app: { "client-id": "app", "client-secret": "the-secret-of-the-application" } };
      secrets = {
        CLIENT_APP: clients.app["client-secret"],
        LDAP_PEOPLE: placeholderValue(readerPassword),
        SMTP_PASSWORD: placeholderValue(mailPassword),
      };
      here = { ...keycloak.server, document, realm: "outward", clients };
      const { code, text } = await keycloak.apply(here, { ...keycloak.server.job, ...secrets });
      assert.equal(code, 0, text);
      for (const secret of [readerPassword, mailPassword]) assert.ok(!text.includes(secret), "a secret in the log");
    });
    after(() => {
      for (const stop of stops) stop();
    });

    /** Gives somebody the role of the realm that has the client's. */
    async function entitle(username: string): Promise<void> {
      const [user] = (await keycloak.administer("GET", `outward/users?username=${username}`)) as { id: string }[];
      const role = await keycloak.administer("GET", "outward/roles/admin");
      await keycloak.administer("POST", `outward/users/${user?.id ?? ""}/role-mappings/realm`, [role]);
    }
    const enter = (person: Record<string, string>, hint?: string) =>
      keycloak.login(here, "app", callback, {
        agent: keycloak.browser(),
        person,
        hint,
      });

    it("lets people of a directory in with the password that they have there, once they have the role", async () => {
      const lovelace = { username: "lovelace", password: "Analytical-Engine-1843" };
      const refused = await enter(lovelace);
      assert.equal(refused.tokens, undefined);
      assert.ok(refused.text.includes(denied), refused.text);
      await entitle("lovelace");
      const { tokens, text } = await enter(lovelace);
      assert.ok(tokens !== undefined, text);
      const { email, preferred_username, roles } = claimsOf(tokens.id_token);
      assert.deepEqual([email, preferred_username, roles], ["lovelace@example.org", "lovelace", ["app_role"]]);
      assert.equal((await enter({ ...lovelace, password: "wrong" })).tokens, undefined);
    });

    it("does not know those whom the filter leaves out", async () => {
      const { tokens, text } = await enter({ username: "babbage", password: "Difference-Engine-1822" });
      assert.equal(tokens, undefined);
      assert.match(text, /Invalid username or password/);
    });

    it("sends mail, as the account that the settings name", async () => {
      const [user] = (await keycloak.administer("GET", "outward/users?username=lovelace")) as { id: string }[];
      await keycloak.administer("PUT", `outward/users/${user?.id ?? ""}/execute-actions-email`, ["VERIFY_EMAIL"]);
      const [one] = mail.mails;
      assert.deepEqual(
        [one?.login, one?.from, one?.to],
        [{ username: "platform", password: mailPassword }, "platform@example.org", "lovelace@example.org"],
      );
      assert.match(one?.text ?? "", /realms\/outward\/login-actions\/action-token/);
    });

    it("W14: lets people of a SAML provider in, once they have the role", async () => {
      const ada = { ...keycloak.person("ada"), email: "ada@example.org", firstName: "Ada", lastName: "L" };
      const refused = await enter(ada, "partner");
      assert.equal(refused.tokens, undefined);
      assert.ok(refused.text.includes(denied), refused.text);
      const [user] = (await keycloak.administer("GET", "outward/users?email=ada@example.org")) as {
        username: string;
      }[];
      await entitle(user?.username ?? "");
      const admitted = await enter(ada, "partner");
      assert.ok(admitted.tokens !== undefined, admitted.text);
      assert.deepEqual(claimsOf(admitted.tokens.id_token)["roles"], ["app_role"]);
    });
  });
}

/** The certificate with which the realm `platform` signs, in PEM. */
async function certificateOf({ url }: RunningKeycloak): Promise<string> {
  const descriptor = await (await fetch(`${url}/realms/platform/protocol/saml/descriptor`)).text();
  const [, body = ""] = /<ds:X509Certificate>([^<]+)</.exec(descriptor) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

/** What the other provider knows of the realm that sends people to it. */
function samlClient(realm: string): object {
  return {
    clientId: realm,
    protocol: "saml",
    enabled: true,
    redirectUris: [`${realm}/broker/partner/endpoint`],
    attributes: {
      saml_name_id_format: "persistent",
      "saml.assertion.signature": "true",
      "saml.authnstatement": "true",
      "saml.client.signature": "false",
      "saml.force.post.binding": "true",
      "saml.server.signature": "true",
    },
  };
}
