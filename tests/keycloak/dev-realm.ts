// What people and programs ask of the realm of dev.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { loginProgram } from "../gateway/oauth2-proxy.ts";
import { stackNamed } from "../stacks.ts";
import { claimsOf } from "./browser.ts";
import { cookiesOf, startLoginProxy } from "./login-proxy.ts";
import type { RunningKeycloak } from "./running.ts";

type Json = Record<string, unknown>;

const dev = stackNamed("dev");

/** Tests of the realm of dev, against the Keycloak that runs then. */
export function devRealm(running: () => RunningKeycloak): void {
  describe("with the realm of dev", () => {
    let keycloak: RunningKeycloak;
    before(() => {
      keycloak = running();
    });
    const redirectUri = "https://hello.dev.example.org/oauth2/callback";

    it("says where to ask: the issuer and the browser's pages at the host, the rest at the Service", async () => {
      const discovered = (await (
        await fetch(`${keycloak.first.url}/realms/platform/.well-known/openid-configuration`)
      ).json()) as Json;
      const base = `${keycloak.publicUrl}/realms/platform`;
      assert.equal(keycloak.publicUrl, "https://auth.dev.example.org");
      assert.equal(discovered["issuer"], base);
      assert.equal(discovered["authorization_endpoint"], `${base}/protocol/openid-connect/auth`);
      assert.equal(discovered["token_endpoint"], `${keycloak.realmUrl("platform")}/token`);
      assert.ok((discovered["code_challenge_methods_supported"] as string[]).includes("S256"));
    });

    it("lets the first user in, who changes the generated password, and gives oauth2-proxy what it checks", async () => {
      const ada = { username: "ada", password: keycloak.server.job["USER_ADA"] ?? "" };
      const chosen = keycloak.passwordOf("ada");
      const profile = {
        "password-new": chosen,
        "password-confirm": chosen,
        email: "ada@example.org",
        firstName: "Ada",
        lastName: "L",
      };
      const { tokens, begun, forms } = await keycloak.login(keycloak.server, "hello", redirectUri, {
        agent: keycloak.browser(),
        person: { ...ada, ...profile },
      });
      assert.ok(tokens !== undefined && forms >= 2, `${forms} forms`);
      // OpenID Connect Core 1.0, 3.1.3.7: issuer, audience, nonce, and the signature by a key of the realm.
      const id = claimsOf(tokens.id_token);
      assert.deepEqual(
        [id["iss"], id["aud"], id["nonce"]],
        [`${keycloak.publicUrl}/realms/platform`, "hello", begun.nonce],
      );
      const [head = "", body = "", signature = ""] = tokens.id_token.split(".");
      const { kid } = JSON.parse(Buffer.from(head, "base64url").toString()) as { kid: string };
      const { keys } = (await (await fetch(`${keycloak.realmUrl("platform")}/certs`)).json()) as {
        keys: (Json & { kid: string })[];
      };
      const key = createPublicKey({ key: keys.find((one) => one.kid === kid) ?? {}, format: "jwk" });
      assert.ok(verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url")));
      assert.deepEqual(id["roles"], ["hello_role"]);
      assert.equal(id["email"], "ada@example.org");
      const userInfo = await fetch(`${keycloak.realmUrl("platform")}/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      assert.equal(((await userInfo.json()) as Json)["preferred_username"], "ada");
      // A bearer token on an API route is accepted where it names the client.
      assert.ok([claimsOf(tokens.access_token)["aud"]].flat().includes("hello"));
      const { status } = await keycloak.tokenAt("platform", {
        grant_type: "refresh_token",
        refresh_token: tokens.refresh_token,
        client_id: "hello",
        client_secret: keycloak.server.clients["hello"]?.["client-secret"] ?? "",
      });
      assert.equal(status, 200);
    });

    it("oauth2-proxy lets who has the role in to the application, and programs with a token on API paths", async function () {
      if (loginProgram() === undefined) {
        console.log("      skipped: no oauth2-proxy on PATH");
        return this.skip();
      }
      const stack = { ...dev, set: ["gateway.hosts[0].login.apiPaths=[/api]"] };
      const proxy = await startLoginProxy(
        stack,
        { namespace: "hello", name: "hello-login", client: "hello" },
        keycloak.first.url,
        keycloak.folder,
      );
      try {
        const refused = await proxy.ask("/api/things");
        assert.deepEqual([refused.status, proxy.seen()], [401, undefined]);
        const sent = await proxy.ask("/");
        assert.equal(sent.status, 302);
        const back = new URL(
          (await keycloak.browser().follow(sent.headers.get("location") ?? "", keycloak.person("ada"))).location,
        );
        assert.equal(back.origin + back.pathname, redirectUri);
        const entered = await proxy.ask(`${back.pathname}${back.search}`, { cookie: cookiesOf(sent) });
        assert.equal(entered.status, 302, await entered.text());
        const page = await proxy.ask("/", { cookie: cookiesOf(entered), "x-forwarded-user": "root" });
        assert.deepEqual([page.status, await page.text()], [200, "the application"]);
        const seen = proxy.seen() ?? {};
        assert.deepEqual([seen["x-forwarded-user"], seen["x-forwarded-email"]], ["ada", "ada@example.org"]);

        const { tokens } = await keycloak.login(keycloak.server, "hello", redirectUri, {
          agent: keycloak.browser(),
          person: keycloak.person("ada"),
        });
        const bearer = { authorization: `Bearer ${tokens?.access_token ?? ""}` };
        assert.equal((await proxy.ask("/api/things", bearer)).status, 200);
        assert.equal(proxy.seen()?.["x-forwarded-user"], "ada");
        assert.equal((await proxy.ask("/api/things", { authorization: "Bearer x.y.z" })).status, 401);

        await keycloak.makeUser("platform", "eve", []);
        const denial = await keycloak
          .browser()
          .follow((await proxy.ask("/")).headers.get("location") ?? "", keycloak.person("eve"));
        assert.deepEqual([denial.status, denial.location], [401, ""]);
      } finally {
        proxy.stop();
      }
    });

    it("has an administrator with the generated password, and none with another", async () => {
      const ask = (password: string) =>
        keycloak.tokenAt("master", { grant_type: "password", client_id: "admin-cli", username: "admin", password });
      assert.equal((await ask(keycloak.server.server["KC_BOOTSTRAP_ADMIN_PASSWORD"] ?? "")).status, 200);
      assert.equal((await ask("wrong")).body["error"], "invalid_grant");
    });
  });
}
