// What people, programs and operators ask of WorldCereal's realm.
import assert from "node:assert/strict";
import { denied } from "../../components/keycloak/flows.ts";
import { stackNamed } from "../stacks.ts";
import { beginLogin, claimsOf } from "./browser.ts";
import { deployed } from "./deployed.ts";
import type { Deployed } from "./deployed.ts";
import type { RunningKeycloak } from "./running.ts";

type Json = Record<string, unknown>;

const worldcereal = stackNamed("worldcereal");

/** Tests of the realm of WorldCereal, against the Keycloak that runs then. */
export function worldcerealRealm(running: () => RunningKeycloak): void {
  describe("with the realm of WorldCereal", () => {
    let keycloak: RunningKeycloak;
    before(() => {
      keycloak = running();
    });
    let wc: Deployed;
    const secretOf = (client: string, from = wc) => from.clients[client]?.["client-secret"] ?? "";
    const callback = (name: string) => `https://${name}.worldcereal.example.org/oauth2/callback`;
    const service = (client: string, secret: string) =>
      keycloak.tokenAt("worldcereal", { grant_type: "client_credentials", client_id: client, client_secret: secret });

    before(async () => {
      wc = await deployed(worldcereal);
      await keycloak.makeUser("worldcereal", "alice", ["ewoc_admin"], { role_id: ["42"] });
      await keycloak.makeUser("worldcereal", "bob", []);
      await keycloak.makeUser("worldcereal", "carol", ["ewoc_user"]);
    });

    it("W13: has the clients, roles and groups of the platform", async () => {
      const clients = (await keycloak.administer("GET", "worldcereal/clients?max=100")) as {
        clientId: string;
        id: string;
      }[];
      const own = clients.filter(
        ({ clientId }) =>
          !/^(account|account-console|admin-cli|broker|realm-management|security-admin-console)$/.test(clientId),
      );
      assert.deepEqual(
        own.map(({ clientId }) => clientId).sort(),
        "api auth grafana graylog prometheus rdm rdmapi vdm vdmapi wctiler workflows".split(" "),
      );
      const vdm = own.find(({ clientId }) => clientId === "vdm")?.id ?? "";
      const roles = (await keycloak.administer("GET", `worldcereal/clients/${vdm}/roles`)) as { name: string }[];
      assert.deepEqual(roles.map(({ name }) => name).sort(), ["dissemination_role", "vdm_role"]);
      const groups = (await keycloak.administer("GET", "worldcereal/groups")) as { name: string }[];
      assert.deepEqual(groups.map(({ name }) => name).sort(), [
        "ewoc_admin",
        "ewoc_platform_admin",
        "ewoc_user",
        "rdm_users",
      ]);
    });

    it("W16: a service logs in with its generated secret, and with no other", async () => {
      const { status, body } = await service("rdm", secretOf("rdm"));
      assert.equal(status, 200, JSON.stringify(body));
      const users = await fetch(`${keycloak.first.url}/admin/realms/worldcereal/users`, {
        headers: { authorization: `Bearer ${String(body["access_token"])}` },
      });
      assert.equal(users.status, 200);
      assert.equal((await service("rdm", "wrong")).status, 401);
      assert.equal((await service("grafana", secretOf("grafana"))).status, 401);
    });

    it("W13: tokens carry the groups, the attribute and the roles", async () => {
      const { tokens } = await keycloak.login(wc, "rdm", callback("rdm"), {
        agent: keycloak.browser(),
        person: keycloak.person("alice"),
      });
      for (const token of [tokens?.access_token, tokens?.id_token]) {
        const claims = claimsOf(token ?? "");
        assert.deepEqual(claims["group"], ["ewoc_admin"]);
        assert.equal(claims["attribute"], "42");
        assert.equal(claims["preferred_username"], "alice");
        assert.deepEqual(claims["roles"], ["rdm_role"]);
      }
      const access = claimsOf(tokens?.access_token ?? "") as { resource_access: Record<string, { roles: string[] }> };
      assert.deepEqual(access.resource_access["vdm"]?.roles.sort(), ["dissemination_role", "vdm_role"]);
    });

    it("W14: who lacks the role is denied, before and after a login elsewhere; who has it needs no second password", async () => {
      const bob = keycloak.browser();
      const refused = await keycloak.login(
        wc,
        "grafana",
        "https://grafana.worldcereal.example.org/login/generic_oauth",
        {
          agent: bob,
          person: keycloak.person("bob"),
        },
      );
      assert.deepEqual([refused.status, refused.tokens], [401, undefined]);
      assert.ok(refused.text.includes(denied), refused.text);

      const carol = keycloak.browser();
      const entered = await keycloak.login(wc, "rdm", callback("rdm"), {
        agent: carol,
        person: keycloak.person("carol"),
      });
      assert.equal(entered.forms, 1);
      const again = await keycloak.login(wc, "wctiler", callback("wctiler"), {
        agent: carol,
        person: keycloak.person("carol"),
      });
      assert.ok(again.tokens !== undefined && again.forms === 0, `${again.forms} forms`);
      const graylog = await keycloak.login(wc, "graylog", callback("graylog"), {
        agent: carol,
        person: keycloak.person("carol"),
      });
      assert.deepEqual([graylog.status, graylog.forms, graylog.tokens], [401, 0, undefined]);
      assert.ok(graylog.text.includes(denied));
    });

    it("W13: everybody logs in with the public client, whose tokens the API takes; another API takes none of them", async () => {
      const uri = "https://auth.worldcereal.example.org/";
      const { tokens, text } = await keycloak.login(wc, "auth", uri, {
        agent: keycloak.browser(),
        person: keycloak.person("bob"),
      });
      assert.ok(tokens !== undefined, text);
      const ask = async (client: string) => {
        const { body } = await keycloak.post(`${keycloak.realmUrl("worldcereal")}/token/introspect`, {
          client_id: client,
          client_secret: secretOf(client),
          token: tokens.access_token,
        });
        return body["active"];
      };
      assert.deepEqual([await ask("api"), await ask("rdmapi"), await ask("vdmapi")], [true, false, false]);
    });

    it("no way leads round that: no password grant, no other redirect URI, no code without its verifier", async () => {
      const { status, body } = await keycloak.tokenAt("worldcereal", {
        grant_type: "password",
        client_id: "rdm",
        client_secret: secretOf("rdm"),
        ...keycloak.person("alice"),
      });
      assert.deepEqual([status, body["error"]], [400, "unauthorized_client"]);
      const authorization = `${keycloak.publicUrl}/realms/worldcereal/protocol/openid-connect/auth`;
      for (const uri of [
        `${callback("rdm")}/more`,
        "https://rdm.worldcereal.example.org/",
        "https://evil.example.org/oauth2/callback",
      ]) {
        const answer = await keycloak.browser().open(beginLogin(authorization, "rdm", uri).url);
        assert.equal(answer.status, 400, uri);
        assert.match(answer.text, /redirect_uri/);
      }
      const open = beginLogin(authorization, "auth", "https://auth.worldcereal.example.org/", false);
      const { location } = await keycloak.browser().open(open.url);
      assert.match(location, /error=invalid_request/);
      const api = await keycloak.browser().open(beginLogin(authorization, "rdmapi", callback("rdm")).url);
      assert.notEqual(api.status, 200);
    });

    it("an API's client introspects tokens, and with a wrong secret none", async () => {
      const { tokens } = await keycloak.login(wc, "rdm", callback("rdm"), {
        agent: keycloak.browser(),
        person: keycloak.person("alice"),
      });
      const ask = (client_secret: string) =>
        keycloak.post(`${keycloak.realmUrl("worldcereal")}/token/introspect`, {
          client_id: "rdmapi",
          client_secret,
          token: tokens?.access_token ?? "",
        });
      const { status, body } = await ask(secretOf("rdmapi"));
      assert.deepEqual([status, body["active"], body["group"]], [200, true, ["ewoc_admin"]]);
      assert.equal((await ask("wrong")).status, 401);
    });

    it("W10: a token is nothing to an API of whose client its owner has no role", async () => {
      await keycloak.makeUser("worldcereal", "dave", []);
      const [dave] = (await keycloak.administer("GET", "worldcereal/users?username=dave")) as { id: string }[];
      const [own] = (await keycloak.administer("GET", "worldcereal/clients?clientId=wctiler")) as { id: string }[];
      const role = await keycloak.administer("GET", `worldcereal/clients/${own?.id ?? ""}/roles/wctiler_role`);
      await keycloak.administer("POST", `worldcereal/users/${dave?.id ?? ""}/role-mappings/clients/${own?.id ?? ""}`, [
        role,
      ]);
      const { tokens } = await keycloak.login(wc, "wctiler", callback("wctiler"), {
        agent: keycloak.browser(),
        person: keycloak.person("dave"),
      });
      assert.ok(tokens !== undefined);
      // Keycloak 26.6.2 and later: the client that asks has to be in the token's audience.
      const { body } = await keycloak.post(`${keycloak.realmUrl("worldcereal")}/token/introspect`, {
        client_id: "rdmapi",
        client_secret: secretOf("rdmapi"),
        token: tokens.access_token,
      });
      assert.deepEqual(body, { active: false });
    });

    it("X2: a changed document and a rotated secret change that, and nothing that people made", async () => {
      await keycloak.administer("POST", "worldcereal/authentication/flows", {
        alias: "made-by-hand",
        providerId: "basic-flow",
        topLevel: true,
        builtIn: false,
      });
      await keycloak.administer("POST", "worldcereal/clients", { clientId: "by-hand", enabled: true });
      const [made] = (await keycloak.administer("GET", "worldcereal/users?username=worldcereal-admin")) as {
        id: string;
      }[];
      const changedPassword = keycloak.passwordOf("worldcereal-admin");
      await keycloak.administer("PUT", `worldcereal/users/${made?.id ?? ""}/reset-password`, {
        type: "password",
        value: changedPassword,
        temporary: false,
      });
      const before = secretOf("rdm");
      const next = await deployed({
        ...worldcereal,
        set: ["rotation.rdm-oidc=2", "keycloak.realm.displayName=Changed", "keycloak.realm.tokens.accessToken=2m"],
      });
      const after = secretOf("rdm", next);
      assert.notEqual(after, before);
      assert.equal(secretOf("vdm", next), secretOf("vdm"));
      const { tokens } = await keycloak.login(wc, "vdm", callback("vdm"), {
        agent: keycloak.browser(),
        person: keycloak.person("alice"),
      });
      const run = await keycloak.apply(next);
      assert.equal(run.code, 0, run.text);
      for (const secret of [before, after, ...Object.values(next.job)].filter((text) => text.length >= 32))
        assert.ok(!run.text.includes(secret) || secret.startsWith("/"), "a secret in the Job's log");
      assert.deepEqual([(await service("rdm", before)).status, (await service("rdm", after)).status], [401, 200]);
      const realm = (await keycloak.administer("GET", "worldcereal")) as Json;
      assert.deepEqual([realm["displayName"], realm["accessTokenLifespan"]], ["Changed", 120]);
      const flows = (await keycloak.administer("GET", "worldcereal/authentication/flows")) as { alias: string }[];
      assert.ok(flows.some(({ alias }) => alias === "made-by-hand"));
      const clients = (await keycloak.administer("GET", "worldcereal/clients?clientId=by-hand")) as unknown[];
      assert.equal(clients.length, 1);
      // The session from before goes on, and the password that the user chose is still the user's.
      const refreshed = await keycloak.tokenAt("worldcereal", {
        grant_type: "refresh_token",
        client_id: "vdm",
        client_secret: secretOf("vdm"),
        refresh_token: tokens?.refresh_token ?? "",
      });
      assert.equal(refreshed.status, 200);
      const profile = { email: "wa@example.org", firstName: "W", lastName: "A" };
      const admitted = await keycloak.login(
        next,
        "grafana",
        "https://grafana.worldcereal.example.org/login/generic_oauth",
        {
          agent: keycloak.browser(),
          person: { username: "worldcereal-admin", password: changedPassword, ...profile },
        },
      );
      assert.ok(admitted.tokens !== undefined, admitted.text);
      assert.deepEqual(claimsOf(admitted.tokens.access_token)["group"], ["ewoc_platform_admin"]);
      wc = next;
    });

    it("what was changed by hand stays until the repair, which undoes it", async () => {
      const [client] = (await keycloak.administer("GET", "worldcereal/clients?clientId=rdm")) as (Json & {
        id: string;
      })[];
      const id = client?.id ?? "";
      await keycloak.administer("PUT", `worldcereal/clients/${id}`, {
        ...client,
        redirectUris: ["https://evil.example.org/*"],
      });
      const uris = async () =>
        ((await keycloak.administer("GET", `worldcereal/clients/${id}`)) as Json)["redirectUris"];
      assert.equal((await keycloak.apply(wc)).code, 0);
      assert.deepEqual(await uris(), ["https://evil.example.org/*"]);
      const scheduled = await deployed({
        ...worldcereal,
        set: [
          "rotation.rdm-oidc=2",
          "keycloak.realm.displayName=Changed",
          "keycloak.realm.tokens.accessToken=2m",
          'keycloak.driftRepair="30 3 * * *"',
        ],
      });
      assert.ok(scheduled.repair !== undefined);
      const run = await keycloak.apply(scheduled, scheduled.repair);
      assert.equal(run.code, 0, run.text);
      assert.deepEqual(((await uris()) as string[]).sort(), [callback("rdm"), callback("rdmdb")]);
    });
  });
}
