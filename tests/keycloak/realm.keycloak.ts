// What the stack deploys of Keycloak, run: its server with its environment, on a real PostgreSQL, with its realm applied by
// keycloak-config-cli. Not proven here: the container image, Kubernetes, two machines.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IdentityProviderShape } from "../../components/keycloak/federation.ts";
import { denied } from "../../components/keycloak/flows.ts";
import { realmDocument } from "../../components/keycloak/realm.ts";
import { documentText } from "../../components/keycloak/representation.ts";
import { companyAuthority } from "../cluster/generated.ts";
import { startServer } from "../postgres/server.ts";
import type { Server } from "../postgres/server.ts";
import { examples, recordStack, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { beginLogin, Browser, claimsOf } from "./browser.ts";
import { deployed } from "./deployed.ts";
import type { Deployed } from "./deployed.ts";
import { loginProgram } from "../gateway/oauth2-proxy.ts";
import { cookiesOf, startLoginProxy } from "./login-proxy.ts";
import { freePorts, startNode } from "./node.ts";
import type { Node } from "./node.ts";
import { outward } from "./outward.ts";
import { findPrograms } from "./programs.ts";

const [dev] = stacks as readonly [TestStack];
const worldcereal = examples.find(({ name }) => name === "worldcereal") ?? dev;

type Json = Record<string, unknown>;

describe("a real Keycloak", function () {
  this.timeout(1_200_000);

  let programs: { distribution: string; configCli: string; postgres: string };
  let postgres: Server;
  let server: Deployed;
  let first: Node;
  let second: Node | undefined;
  let folder: string;
  let admin: { id: string; secret: string };

  before(async function () {
    server = await deployed(dev);
    const found = findPrograms(server.imageTag);
    const missing = "missing" in found ? found.missing : found.configCli === undefined ? "no keycloak-config-cli" : "";
    if ("missing" in found || found.configCli === undefined) {
      console.log(`    skipped: ${missing}`);
      return this.skip();
    }
    programs = { ...found, configCli: found.configCli };
    folder = mkdtempSync(join(tmpdir(), "groundplan-realm-"));
    postgres = await startServer(programs.postgres);
    const made = await postgres.sql("CREATE ROLE keycloak LOGIN PASSWORD 'database-password'", "postgres");
    assert.equal(made.code, 0, made.err);
    await postgres.sql("CREATE DATABASE keycloak OWNER keycloak");
    admin = {
      id: server.server["KC_BOOTSTRAP_ADMIN_CLIENT_ID"] ?? "",
      secret: server.server["KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"] ?? "",
    };
    [ports.first = 0, ports.second = 0] = await freePorts(2);
    first = await start(ports.first);
    console.log(`    the first server was ready after ${first.startup.toFixed(1)} s`);
    for (const stack of [dev, worldcereal]) {
      const { code, text, seconds } = await apply(await deployed(stack));
      assert.equal(code, 0, text);
      console.log(`    the realm of ${stack.name} was applied in ${seconds.toFixed(1)} s`);
    }
  });

  after(async () => {
    await second?.stop("SIGKILL");
    await (first as Node | undefined)?.stop("SIGKILL");
    (postgres as Server | undefined)?.stop();
    for (const path of [folder as string | undefined, (programs as typeof programs | undefined)?.distribution])
      if (path !== undefined) rmSync(path, { recursive: true, force: true });
  });

  const ports: { first?: number; second?: number } = {};

  function start(clusterPort: number, further: Readonly<Record<string, string>> = {}): Promise<Node> {
    const environment = {
      ...server.server,
      ...further,
      KC_DB_URL_HOST: "127.0.0.1",
      KC_DB_URL_PORT: String(postgres.port),
      KC_DB_URL_DATABASE: "keycloak",
      KC_DB_USERNAME: "keycloak",
      KC_DB_PASSWORD: "database-password",
    };
    return startNode(programs.distribution, server.command, environment, clusterPort);
  }

  /** Runs the Job of a stack, or what repairs drift, against the first server. */
  async function apply({ document, job }: Deployed, environment = job) {
    const file = join(folder, "realm.json");
    writeFileSync(file, document);
    const began = Date.now();
    const child = spawn("java", ["-Xmx256m", "-jar", programs.configCli], {
      env: {
        PATH: process.env["PATH"],
        ...environment,
        KEYCLOAK_URL: first.url,
        IMPORT_FILES_LOCATIONS: file,
        KEYCLOAK_CLIENTSECRET: admin.secret,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (text += part.toString()));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, text, seconds: (Date.now() - began) / 1000 };
  }

  /** A program's request to the provider, at the address inside the cluster. */
  async function post(url: string, form: Record<string, string>): Promise<{ status: number; body: Json }> {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
    return { status: answer.status, body: (await answer.json()) as Json };
  }

  const realmUrl = (realm: string, node = first) => `${node.url}/realms/${realm}/protocol/openid-connect`;
  const tokenAt = (realm: string, form: Record<string, string>, node = first) =>
    post(`${realmUrl(realm, node)}/token`, form);

  /** A request of an administrator, as people make them in the console. */
  async function administer(method: string, path: string, body?: unknown): Promise<unknown> {
    const { body: token } = await tokenAt("master", {
      grant_type: "client_credentials",
      client_id: admin.id,
      client_secret: admin.secret,
    });
    const answer = await fetch(`${first.url}/admin/realms/${path}`, {
      method,
      headers: { authorization: `Bearer ${String(token["access_token"])}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  async function makeUser(realm: string, username: string, groups: string[], attributes: Json = {}) {
    await administer("POST", `${realm}/users`, {
      username,
      enabled: true,
      email: `${username}@example.org`,
      emailVerified: true,
      firstName: username,
      lastName: "Test",
      attributes,
      groups,
      credentials: [{ type: "password", value: passwordOf(username), temporary: false }],
    });
  }

  const passwordOf = (username: string) => `Correct-horse-${username}-7`;
  const person = (username: string) => ({ username, password: passwordOf(username) });
  const publicUrl = () => String(server.server["KC_HOSTNAME"]);
  const browser = (node = () => first.url) => new Browser(publicUrl(), node);

  /** A login as oauth2-proxy makes it: code with PKCE, the client's secret, state and nonce. */
  async function login(
    { realm, clients }: Deployed,
    client: string,
    redirectUri: string,
    who: { agent: Browser; node?: Node; person: Record<string, string>; hint?: string },
  ) {
    const begun = beginLogin(`${publicUrl()}/realms/${realm}/protocol/openid-connect/auth`, client, redirectUri);
    const hint = who.hint === undefined ? "" : `&kc_idp_hint=${who.hint}`;
    const answer = await who.agent.follow(`${begun.url}${hint}`, who.person);
    if (answer.location === "") return { ...answer, begun, tokens: undefined };
    const back = new URL(answer.location);
    assert.equal(back.origin + back.pathname, redirectUri);
    assert.equal(back.searchParams.get("state"), begun.state);
    const secret = clients[client]?.["client-secret"];
    const { status, body } = await tokenAt(
      realm,
      {
        grant_type: "authorization_code",
        code: back.searchParams.get("code") ?? "",
        redirect_uri: redirectUri,
        client_id: client,
        code_verifier: begun.verifier,
        ...(secret === undefined ? {} : { client_secret: secret }),
      },
      who.node,
    );
    assert.equal(status, 200, JSON.stringify(body));
    return { ...answer, begun, tokens: body as { access_token: string; id_token: string; refresh_token: string } };
  }

  describe("with the realm of dev", () => {
    const redirectUri = "https://hello.dev.example.org/oauth2/callback";

    it("says where to ask: the issuer and the browser's pages at the host, the rest at the Service", async () => {
      const discovered = (await (
        await fetch(`${first.url}/realms/platform/.well-known/openid-configuration`)
      ).json()) as Json;
      const base = `${publicUrl()}/realms/platform`;
      assert.equal(publicUrl(), "https://auth.dev.example.org");
      assert.equal(discovered["issuer"], base);
      assert.equal(discovered["authorization_endpoint"], `${base}/protocol/openid-connect/auth`);
      assert.equal(discovered["token_endpoint"], `${realmUrl("platform")}/token`);
      assert.ok((discovered["code_challenge_methods_supported"] as string[]).includes("S256"));
    });

    it("lets the first user in, who changes the generated password, and gives oauth2-proxy what it checks", async () => {
      const ada = { username: "ada", password: server.job["USER_ADA"] ?? "" };
      const chosen = passwordOf("ada");
      const profile = {
        "password-new": chosen,
        "password-confirm": chosen,
        email: "ada@example.org",
        firstName: "Ada",
        lastName: "L",
      };
      const { tokens, begun, forms } = await login(server, "hello", redirectUri, {
        agent: browser(),
        person: { ...ada, ...profile },
      });
      assert.ok(tokens !== undefined && forms >= 2, `${forms} forms`);
      // OpenID Connect Core 1.0, 3.1.3.7: issuer, audience, nonce, and the signature by a key of the realm.
      const id = claimsOf(tokens.id_token);
      assert.deepEqual([id["iss"], id["aud"], id["nonce"]], [`${publicUrl()}/realms/platform`, "hello", begun.nonce]);
      const [head = "", body = "", signature = ""] = tokens.id_token.split(".");
      const { kid } = JSON.parse(Buffer.from(head, "base64url").toString()) as { kid: string };
      const { keys } = (await (await fetch(`${realmUrl("platform")}/certs`)).json()) as {
        keys: (Json & { kid: string })[];
      };
      const key = createPublicKey({ key: keys.find((one) => one.kid === kid) ?? {}, format: "jwk" });
      assert.ok(verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url")));
      assert.deepEqual(id["roles"], ["hello_role"]);
      assert.equal(id["email"], "ada@example.org");
      const userInfo = await fetch(`${realmUrl("platform")}/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      assert.equal(((await userInfo.json()) as Json)["preferred_username"], "ada");
      // A bearer token on an API route is accepted where it names the client.
      assert.ok([claimsOf(tokens.access_token)["aud"]].flat().includes("hello"));
      const { status } = await tokenAt("platform", {
        grant_type: "refresh_token",
        refresh_token: tokens.refresh_token,
        client_id: "hello",
        client_secret: server.clients["hello"]?.["client-secret"] ?? "",
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
        first.url,
        folder,
      );
      try {
        const refused = await proxy.ask("/api/things");
        assert.deepEqual([refused.status, proxy.seen()], [401, undefined]);
        const sent = await proxy.ask("/");
        assert.equal(sent.status, 302);
        const back = new URL((await browser().follow(sent.headers.get("location") ?? "", person("ada"))).location);
        assert.equal(back.origin + back.pathname, redirectUri);
        const entered = await proxy.ask(`${back.pathname}${back.search}`, { cookie: cookiesOf(sent) });
        assert.equal(entered.status, 302, await entered.text());
        const page = await proxy.ask("/", { cookie: cookiesOf(entered), "x-forwarded-user": "root" });
        assert.deepEqual([page.status, await page.text()], [200, "the application"]);
        const seen = proxy.seen() ?? {};
        assert.deepEqual([seen["x-forwarded-user"], seen["x-forwarded-email"]], ["ada", "ada@example.org"]);

        const { tokens } = await login(server, "hello", redirectUri, { agent: browser(), person: person("ada") });
        const bearer = { authorization: `Bearer ${tokens?.access_token ?? ""}` };
        assert.equal((await proxy.ask("/api/things", bearer)).status, 200);
        assert.equal(proxy.seen()?.["x-forwarded-user"], "ada");
        assert.equal((await proxy.ask("/api/things", { authorization: "Bearer x.y.z" })).status, 401);

        await makeUser("platform", "eve", []);
        const denial = await browser().follow((await proxy.ask("/")).headers.get("location") ?? "", person("eve"));
        assert.deepEqual([denial.status, denial.location], [401, ""]);
      } finally {
        proxy.stop();
      }
    });

    it("has an administrator with the generated password, and none with another", async () => {
      const ask = (password: string) =>
        tokenAt("master", { grant_type: "password", client_id: "admin-cli", username: "admin", password });
      assert.equal((await ask(server.server["KC_BOOTSTRAP_ADMIN_PASSWORD"] ?? "")).status, 200);
      assert.equal((await ask("wrong")).body["error"], "invalid_grant");
    });
  });

  describe("with the realm of WorldCereal", () => {
    let wc: Deployed;
    const secretOf = (client: string, from = wc) => from.clients[client]?.["client-secret"] ?? "";
    const callback = (name: string) => `https://${name}.worldcereal.example.org/oauth2/callback`;
    const service = (client: string, secret: string) =>
      tokenAt("worldcereal", { grant_type: "client_credentials", client_id: client, client_secret: secret });

    before(async () => {
      wc = await deployed(worldcereal);
      await makeUser("worldcereal", "alice", ["ewoc_admin"], { role_id: ["42"] });
      await makeUser("worldcereal", "bob", []);
      await makeUser("worldcereal", "carol", ["ewoc_user"]);
    });

    it("W13: has the clients, roles and groups of the platform", async () => {
      const clients = (await administer("GET", "worldcereal/clients?max=100")) as { clientId: string; id: string }[];
      const own = clients.filter(
        ({ clientId }) =>
          !/^(account|account-console|admin-cli|broker|realm-management|security-admin-console)$/.test(clientId),
      );
      assert.deepEqual(
        own.map(({ clientId }) => clientId).sort(),
        "api auth grafana graylog prometheus rdm rdmapi vdm vdmapi wctiler".split(" "),
      );
      const vdm = own.find(({ clientId }) => clientId === "vdm")?.id ?? "";
      const roles = (await administer("GET", `worldcereal/clients/${vdm}/roles`)) as { name: string }[];
      assert.deepEqual(roles.map(({ name }) => name).sort(), ["dissemination_role", "vdm_role"]);
      const groups = (await administer("GET", "worldcereal/groups")) as { name: string }[];
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
      const users = await fetch(`${first.url}/admin/realms/worldcereal/users`, {
        headers: { authorization: `Bearer ${String(body["access_token"])}` },
      });
      assert.equal(users.status, 200);
      assert.equal((await service("rdm", "wrong")).status, 401);
      assert.equal((await service("grafana", secretOf("grafana"))).status, 401);
    });

    it("W13: tokens carry the groups, the attribute and the roles", async () => {
      const { tokens } = await login(wc, "rdm", callback("rdm"), { agent: browser(), person: person("alice") });
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
      const bob = browser();
      const refused = await login(wc, "grafana", "https://grafana.worldcereal.example.org/login/generic_oauth", {
        agent: bob,
        person: person("bob"),
      });
      assert.deepEqual([refused.status, refused.tokens], [401, undefined]);
      assert.ok(refused.text.includes(denied), refused.text);

      const carol = browser();
      const entered = await login(wc, "rdm", callback("rdm"), { agent: carol, person: person("carol") });
      assert.equal(entered.forms, 1);
      const again = await login(wc, "wctiler", callback("wctiler"), { agent: carol, person: person("carol") });
      assert.ok(again.tokens !== undefined && again.forms === 0, `${again.forms} forms`);
      const graylog = await login(wc, "graylog", callback("graylog"), { agent: carol, person: person("carol") });
      assert.deepEqual([graylog.status, graylog.forms, graylog.tokens], [401, 0, undefined]);
      assert.ok(graylog.text.includes(denied));
    });

    it("no way leads round that: no password grant, no other redirect URI, no code without its verifier", async () => {
      const { status, body } = await tokenAt("worldcereal", {
        grant_type: "password",
        client_id: "rdm",
        client_secret: secretOf("rdm"),
        ...person("alice"),
      });
      assert.deepEqual([status, body["error"]], [400, "unauthorized_client"]);
      const authorization = `${publicUrl()}/realms/worldcereal/protocol/openid-connect/auth`;
      for (const uri of [
        `${callback("rdm")}/more`,
        "https://rdm.worldcereal.example.org/",
        "https://evil.example.org/oauth2/callback",
      ]) {
        const answer = await browser().open(beginLogin(authorization, "rdm", uri).url);
        assert.equal(answer.status, 400, uri);
        assert.match(answer.text, /redirect_uri/);
      }
      const open = beginLogin(authorization, "auth", "https://auth.worldcereal.example.org/", false);
      const { location } = await browser().open(open.url);
      assert.match(location, /error=invalid_request/);
      const api = await browser().open(beginLogin(authorization, "rdmapi", callback("rdm")).url);
      assert.notEqual(api.status, 200);
    });

    it("an API's client introspects tokens, and with a wrong secret none", async () => {
      const { tokens } = await login(wc, "rdm", callback("rdm"), { agent: browser(), person: person("alice") });
      const ask = (client_secret: string) =>
        post(`${realmUrl("worldcereal")}/token/introspect`, {
          client_id: "rdmapi",
          client_secret,
          token: tokens?.access_token ?? "",
        });
      const { status, body } = await ask(secretOf("rdmapi"));
      assert.deepEqual([status, body["active"], body["group"]], [200, true, ["ewoc_admin"]]);
      assert.equal((await ask("wrong")).status, 401);
    });

    it("W10: a token is nothing to an API of whose client its owner has no role", async () => {
      await makeUser("worldcereal", "dave", []);
      const [dave] = (await administer("GET", "worldcereal/users?username=dave")) as { id: string }[];
      const [own] = (await administer("GET", "worldcereal/clients?clientId=wctiler")) as { id: string }[];
      const role = await administer("GET", `worldcereal/clients/${own?.id ?? ""}/roles/wctiler_role`);
      await administer("POST", `worldcereal/users/${dave?.id ?? ""}/role-mappings/clients/${own?.id ?? ""}`, [role]);
      const { tokens } = await login(wc, "wctiler", callback("wctiler"), { agent: browser(), person: person("dave") });
      assert.ok(tokens !== undefined);
      // Keycloak 26.6.2 and later: the client that asks has to be in the token's audience.
      const { body } = await post(`${realmUrl("worldcereal")}/token/introspect`, {
        client_id: "rdmapi",
        client_secret: secretOf("rdmapi"),
        token: tokens.access_token,
      });
      assert.deepEqual(body, { active: false });
    });

    it("X2: a changed document and a rotated secret change that, and nothing that people made", async () => {
      await administer("POST", "worldcereal/authentication/flows", {
        alias: "made-by-hand",
        providerId: "basic-flow",
        topLevel: true,
        builtIn: false,
      });
      await administer("POST", "worldcereal/clients", { clientId: "by-hand", enabled: true });
      const [made] = (await administer("GET", "worldcereal/users?username=worldcereal-admin")) as { id: string }[];
      const changedPassword = passwordOf("worldcereal-admin");
      await administer("PUT", `worldcereal/users/${made?.id ?? ""}/reset-password`, {
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
      const { tokens } = await login(wc, "vdm", callback("vdm"), { agent: browser(), person: person("alice") });
      const run = await apply(next);
      assert.equal(run.code, 0, run.text);
      for (const secret of [before, after, ...Object.values(next.job)].filter((text) => text.length >= 32))
        assert.ok(!run.text.includes(secret) || secret.startsWith("/"), "a secret in the Job's log");
      assert.deepEqual([(await service("rdm", before)).status, (await service("rdm", after)).status], [401, 200]);
      const realm = (await administer("GET", "worldcereal")) as Json;
      assert.deepEqual([realm["displayName"], realm["accessTokenLifespan"]], ["Changed", 120]);
      const flows = (await administer("GET", "worldcereal/authentication/flows")) as { alias: string }[];
      assert.ok(flows.some(({ alias }) => alias === "made-by-hand"));
      const clients = (await administer("GET", "worldcereal/clients?clientId=by-hand")) as unknown[];
      assert.equal(clients.length, 1);
      // The session from before goes on, and the password that the user chose is still the user's.
      const refreshed = await tokenAt("worldcereal", {
        grant_type: "refresh_token",
        client_id: "vdm",
        client_secret: secretOf("vdm"),
        refresh_token: tokens?.refresh_token ?? "",
      });
      assert.equal(refreshed.status, 200);
      const profile = { email: "wa@example.org", firstName: "W", lastName: "A" };
      const admitted = await login(next, "grafana", "https://grafana.worldcereal.example.org/login/generic_oauth", {
        agent: browser(),
        person: { username: "worldcereal-admin", password: changedPassword, ...profile },
      });
      assert.ok(admitted.tokens !== undefined, admitted.text);
      wc = next;
    });

    it("what was changed by hand stays until the repair, which undoes it", async () => {
      const [client] = (await administer("GET", "worldcereal/clients?clientId=rdm")) as (Json & { id: string })[];
      const id = client?.id ?? "";
      await administer("PUT", `worldcereal/clients/${id}`, { ...client, redirectUris: ["https://evil.example.org/*"] });
      const uris = async () => ((await administer("GET", `worldcereal/clients/${id}`)) as Json)["redirectUris"];
      assert.equal((await apply(wc)).code, 0);
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
      const run = await apply(scheduled, scheduled.repair);
      assert.equal(run.code, 0, run.text);
      assert.deepEqual(((await uris()) as string[]).sort(), [callback("rdm"), callback("rdmdb")]);
    });
  });

  describe("with another provider", () => {
    const callback = "https://app.example.org/oauth2/callback";

    it("W14: who comes from there without the role is denied, although the client's own flow is not run", async () => {
      const provider = "platform";
      const secret = "the-secret-of-the-client-there";
      await administer("POST", `${provider}/clients`, {
        clientId: "brokered",
        secret,
        redirectUris: [`${publicUrl()}/realms/brokered/broker/company/endpoint`],
      });
      const there = (path: string, base = publicUrl()) => `${base}/realms/${provider}/protocol/openid-connect/${path}`;
      const company: IdentityProviderShape = {
        alias: "company",
        kind: "oidc",
        trustEmail: true,
        issuer: `${publicUrl()}/realms/${provider}`,
        authorizationUrl: there("auth"),
        tokenUrl: there("token", first.url),
        jwksUrl: there("certs", first.url),
        userInfoUrl: there("userinfo", first.url),
        clientId: "brokered",
        clientSecretSecret: "unused",
        scopes: "openid email profile",
      };
      const { keycloak } = (await recordStack(dev)).result.settings;
      const shape = { ...keycloak.realm, name: "brokered", users: [], identityProviders: [company] };
      const document = documentText(
        realmDocument(shape, [{ name: "app", redirectUris: [callback], realmRoles: ["admin"] }]),
      );
      const clients = { app: { "client-id": "app", "client-secret": "the-secret-of-the-application" } };
      const here: Deployed = { ...server, document, realm: "brokered", clients };
      const secrets = { CLIENT_APP: clients.app["client-secret"], IDENTITYPROVIDER_COMPANY: secret };
      const run = await apply(here, { ...server.job, ...secrets });
      assert.equal(run.code, 0, run.text);

      const enter = (agent: Browser) => login(here, "app", callback, { agent, person: person("ada"), hint: "company" });
      const ada = browser();
      const refused = await enter(ada);
      assert.deepEqual([refused.status, refused.tokens], [401, undefined], refused.text);
      assert.ok(refused.text.includes(denied), refused.text);
      const [user] = (await administer("GET", "brokered/users?username=ada")) as { id: string }[];
      const role = await administer("GET", "brokered/roles/admin");
      await administer("POST", `brokered/users/${user?.id ?? ""}/role-mappings/realm`, [role]);
      const admitted = await enter(browser());
      assert.ok(admitted.tokens !== undefined, admitted.text);
      assert.deepEqual(claimsOf(admitted.tokens.id_token)["roles"], ["app_role"]);
    });
  });

  outward(() => ({
    server,
    folder,
    publicUrl: publicUrl(),
    url: first.url,
    apply,
    administer,
    browser,
    login,
    person,
  }));

  describe("with a second server", () => {
    const inside = "keycloak-http.keycloak.svc.cluster.local";
    const company = companyAuthority();

    /** What a stack with HTTPS inside the cluster says besides, with a certificate in the form that cert-manager gives. */
    async function withCertificate() {
      const stack = examples.find(({ name }) => name === "keycloak") ?? dev;
      const asked = Object.entries((await deployed(stack)).server).filter(([name]) => !(name in server.server));
      const { chain, key } = company.issue(inside);
      writeFileSync(join(folder, "tls.crt"), chain);
      writeFileSync(join(folder, "tls.key"), key);
      const moved = asked.map(([name, value]) => [name, value.replace(/^\/certificate/, folder)]);
      assert.deepEqual(
        moved.map(([name]) => name),
        ["KC_HTTPS_CERTIFICATE_FILE", "KC_HTTPS_CERTIFICATE_KEY_FILE", "KC_HTTP_MANAGEMENT_SCHEME"],
      );
      return Object.fromEntries(moved) as Record<string, string>;
    }

    it("K04, K05: forms one cluster without multicast, and each serves what the other began", async () => {
      second = await start(ports.second ?? 0, await withCertificate());
      console.log(`    the second server was ready after ${second.startup.toFixed(1)} s`);
      for (const { management } of [first, second]) {
        const metrics = await (await fetch(`${management}/metrics`)).text();
        const sizes = [...metrics.matchAll(/^vendor_cluster_size\{[^}]*\} ([0-9.]+)/gm)].map(([, size]) =>
          Number(size),
        );
        assert.deepEqual([...new Set(sizes)], [2]);
      }
      assert.match(second.log(), /ISPN000094.*\(2\)/);
      // By TCP, with addresses from the database.
      const { out } = await postgres.sql("SELECT count(*) FROM jgroups_ping", "keycloak");
      assert.equal(out.trim(), "2");
    });

    it("K01: answers with TLS to programs in the cluster that trust the issuer, and to others not", async () => {
      const ask = (ca: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const path = "/realms/platform/.well-known/openid-configuration";
          get({ host: "127.0.0.1", port: second?.httpsPort, servername: inside, ca, path }, ({ statusCode }) =>
            resolve(statusCode),
          ).once("error", reject);
        });
      assert.equal(await ask(company.root), 200);
      await assert.rejects(ask(companyAuthority().root), /certificate/);
    });

    it("goes on when the other is lost, with its sessions", async () => {
      const other = second;
      assert.ok(other !== undefined);
      const wc = await deployed({ ...worldcereal, set: ["rotation.rdm-oidc=2"] });
      const uri = (name: string) => `https://${name}.worldcereal.example.org/oauth2/callback`;
      let at = first;
      const agent = browser(() => at.url);
      const { tokens } = await login(wc, "rdm", uri("rdm"), { agent, person: person("alice"), node: other });
      assert.ok(tokens !== undefined);
      await first.stop("SIGKILL");
      at = other;
      const secret = wc.clients["rdm"]?.["client-secret"] ?? "";
      const refreshed = await tokenAt(
        "worldcereal",
        { grant_type: "refresh_token", client_id: "rdm", client_secret: secret, refresh_token: tokens.refresh_token },
        other,
      );
      assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
      const again = await login(wc, "vdm", uri("vdm"), { agent, person: person("alice"), node: other });
      assert.ok(again.tokens !== undefined && again.forms === 0, `${again.forms} forms`);
    });
  });
});
