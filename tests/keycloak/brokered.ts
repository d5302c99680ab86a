// A realm whose people come from another OpenID Connect provider.
import assert from "node:assert/strict";
import type { IdentityProviderShape } from "../../components/keycloak/federation.ts";
import { denied } from "../../components/keycloak/flows.ts";
import { realmDocument } from "../../components/keycloak/realm.ts";
import { documentText } from "../../components/keycloak/representation.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { claimsOf } from "./browser.ts";
import type { Browser } from "./browser.ts";
import type { Deployed } from "./deployed.ts";
import type { RunningKeycloak } from "./running.ts";

const dev = stackNamed("dev");

/** Tests of a realm with another provider, against the Keycloak that runs then. */
export function brokered(running: () => RunningKeycloak): void {
  describe("with another provider", () => {
    let keycloak: RunningKeycloak;
    before(() => {
      keycloak = running();
    });
    const callback = "https://app.example.org/oauth2/callback";

    it("W14: who comes from there without the role is denied, although the client's own flow is not run", async () => {
      const provider = "platform";
      const secret = "the-secret-of-the-client-there";
      await keycloak.administer("POST", `${provider}/clients`, {
        clientId: "brokered",
        secret,
        redirectUris: [`${keycloak.publicUrl}/realms/brokered/broker/company/endpoint`],
      });
      const there = (path: string, base = keycloak.publicUrl) =>
        `${base}/realms/${provider}/protocol/openid-connect/${path}`;
      const company: IdentityProviderShape = {
        alias: "company",
        kind: "oidc",
        trustEmail: true,
        issuer: `${keycloak.publicUrl}/realms/${provider}`,
        authorizationUrl: there("auth"),
        tokenUrl: there("token", keycloak.first.url),
        jwksUrl: there("certs", keycloak.first.url),
        userInfoUrl: there("userinfo", keycloak.first.url),
        clientId: "brokered",
        clientSecretSecret: "unused",
        scopes: "openid email profile",
      };
      const { realm } = (await recordStack(dev)).result.settings.keycloak;
      const shape = { ...realm, name: "brokered", groups: [], users: [], identityProviders: [company] };
      const document = documentText(
        realmDocument(shape, [{ name: "app", redirectUris: [callback], realmRoles: ["admin"] }]),
      );
      const clients = { app: { "client-id": "app", "client-secret": "the-secret-of-the-application" } };
      const here: Deployed = { ...keycloak.server, document, realm: "brokered", clients };
      const secrets = { CLIENT_APP: clients.app["client-secret"], IDENTITYPROVIDER_COMPANY: secret };
      const run = await keycloak.apply(here, { ...keycloak.server.job, ...secrets });
      assert.equal(run.code, 0, run.text);

      const enter = (agent: Browser) =>
        keycloak.login(here, "app", callback, { agent, person: keycloak.person("ada"), hint: "company" });
      const ada = keycloak.browser();
      const refused = await enter(ada);
      assert.deepEqual([refused.status, refused.tokens], [401, undefined], refused.text);
      assert.ok(refused.text.includes(denied), refused.text);
      const [user] = (await keycloak.administer("GET", "brokered/users?username=ada")) as { id: string }[];
      const role = await keycloak.administer("GET", "brokered/roles/admin");
      await keycloak.administer("POST", `brokered/users/${user?.id ?? ""}/role-mappings/realm`, [role]);
      const admitted = await enter(keycloak.browser());
      assert.ok(admitted.tokens !== undefined, admitted.text);
      assert.deepEqual(claimsOf(admitted.tokens.id_token)["roles"], ["app_role"]);
    });
  });
}
