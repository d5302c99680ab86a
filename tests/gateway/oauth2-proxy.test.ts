// The program itself with the configuration that the platform gives it: an identity provider and an application that answer
// here stand on either side. What a browser does at a real identity provider is for tests/keycloak.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSign, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sessionKey } from "../../components/gateway/credentials.ts";
import { cookieSecretVariable, loginArguments, loginFile, loginFiles } from "../../components/gateway/login.ts";
import type { LoginShape } from "../../components/gateway/login.ts";
import { shortHash } from "../../components/kit/stable.ts";
import { cookiesOf } from "../keycloak/login-proxy.ts";
import { client } from "./client.ts";
import { loginProgram, loginPrograms } from "./oauth2-proxy.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token of the identity provider's (RFC 7519), valid for an hour from now. */
function token(claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const body = { iss: client.issuer, sub: "1", aud: "app", iat: now, exp: now + 3600, ...claims };
  const signed = `${base64({ alg: "RS256", kid: "k", typ: "JWT" })}.${base64(body)}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(keys.privateKey, "base64url")}`;
}

const entitled = {
  resource_access: { app: { roles: ["app_role"] } },
  preferred_username: "ada",
  email: "ada@example.org",
};

describe("oauth2-proxy itself", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "groundplan-login-"));
  const started: (Server | ChildProcess)[] = [];
  let seen: IncomingHttpHeaders = {};
  let provider = "";
  /** What the provider answers after a login. */
  const issued: { tokens: object; userinfo: object } = { tokens: {}, userinfo: {} };
  let application = "";

  before(async function () {
    if (loginProgram() === undefined) {
      console.log(`      skipped: oauth2-proxy is neither on PATH nor in ${loginPrograms}`);
      return this.skip();
    }
    const listen = async (answer: (path: string, headers: IncomingHttpHeaders) => string) => {
      const server = createServer((request, response) => {
        response.setHeader("Content-Type", "application/json");
        response.end(answer(request.url ?? "", request.headers));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      started.push(server);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    provider = await listen((path) => {
      if (path === "/token") return JSON.stringify(issued.tokens);
      if (path === "/userinfo") return JSON.stringify(issued.userinfo);
      const key = { ...keys.publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" };
      return JSON.stringify({ keys: [key] });
    });
    application = await listen((_, headers) => {
      seen = headers;
      return "{}";
    });
  });
  after(() => {
    for (const one of started) {
      if ("kill" in one) one.kill();
      else one.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** The address of a proxy in front of the application. */
  async function proxied(name: string, login: Partial<LoginShape["login"]>, more: Partial<LoginShape> = {}) {
    const inCluster = {
      ...client.inCluster,
      jwksUrl: `${provider}/certs`,
      userInfoUrl: `${provider}/userinfo`,
      tokenUrl: `${provider}/token`,
    };
    const shape: LoginShape = {
      host: "app.example.org",
      upstream: application,
      login: { client: { ...client, inCluster }, ...login },
      apiOnly: false,
      gatewayCidrs: ["127.0.0.1/32"],
      ...more,
    };
    const port = await freePort();
    const own = join(folder, name);
    writeFileSync(`${own}.secret`, "s3cret");
    // As the pod has it, but for paths and the port.
    const text = loginFile(shape)
      .replace(`${loginFiles.secrets}/client-secret`, `${own}.secret`)
      .replace(`":4180"`, `"127.0.0.1:${port}"`);
    writeFileSync(`${own}.yaml`, text);
    const args = loginArguments(shape).map((one) => one.replace(loginFiles.configuration, `${own}.yaml`));
    const env = { [cookieSecretVariable]: sessionKey("master", shape.host) };
    const tested = spawnSync(loginProgram() ?? "", [...args, "--config-test"], { env, encoding: "utf8" });
    assert.equal(tested.status, 0, tested.stdout + tested.stderr);
    started.push(spawn(loginProgram() ?? "", args, { env, stdio: "ignore" }));
    const address = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < 100; tries++) {
      if ((await fetch(`${address}/ready`).catch(() => undefined))?.ok === true) return address;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("oauth2-proxy does not start");
  }

  const ask = (address: string, headers: Record<string, string> = {}) =>
    fetch(address, { redirect: "manual", headers: { "X-Forwarded-Proto": "https", Accept: "text/html", ...headers } });
  const bearer = (claims: object) => ({ Authorization: `Bearer ${token(claims)}` });

  it("sends a browser to log in at the public host, with PKCE and a nonce", async () => {
    const address = await proxied("browser", {});
    const first = await ask(`${address}/`);
    assert.equal(first.status, 302);
    const location = new URL(first.headers.get("location") ?? "");
    assert.equal(`${location.origin}${location.pathname}`, client.authorizationUrl);
    const { searchParams } = location;
    assert.deepEqual(
      ["client_id", "redirect_uri", "response_type", "code_challenge_method"].map((name) => searchParams.get(name)),
      ["app", "https://app.example.org/oauth2/callback", "code", "S256"],
    );
    assert.ok(searchParams.has("code_challenge") && searchParams.has("nonce"));
    assert.match(first.headers.get("set-cookie") ?? "", /__Host-login_.*HttpOnly; Secure; SameSite=Lax/);
  });

  it("W15: lets a token in on the paths for programs, and says whose it is, whatever the client claims to be", async () => {
    const address = await proxied("programs", { apiPaths: ["/api"], claims: { role_id: "X-Role" } });
    const spoofed = { "X-Forwarded-User": "root", "X-Forwarded-Groups": "admin", "X-Role": "all", x_role: "all" };
    const answer = await ask(`${address}/api/x`, { ...bearer({ ...entitled, role_id: "r7" }), ...spoofed });
    assert.equal(answer.status, 200);
    assert.deepEqual(
      [seen["x-forwarded-user"], seen["x-forwarded-email"], seen["x-role"], seen["x_role"]],
      ["ada", "ada@example.org", "r7", undefined],
    );
    assert.match(String(seen["x-forwarded-groups"]), /role:app:app_role/);
    assert.match(seen.authorization ?? "", /^Bearer /);
  });

  it("believes the gateway's address in what it says of the request, and no other", async () => {
    const state = async (name: string, gatewayCidrs: readonly string[]) => {
      const address = await proxied(name, {}, { gatewayCidrs });
      const forwarded = { "X-Forwarded-Host": "app.example.org", "X-Forwarded-Uri": "/deep" };
      const location = new URL((await ask(`${address}/`, forwarded)).headers.get("location") ?? "");
      return location.searchParams.get("state")?.split(":").slice(1).join(":");
    };
    assert.equal(await state("trusted", ["127.0.0.1/32"]), "https://app.example.org/deep");
    assert.equal(await state("untrusted", ["10.244.0.0/16"]), "/");
  });

  it("keeps the session of a user with many groups within a request's headers, since tokens do not contain them", async () => {
    // Names that a session's compression does not shorten.
    const groups = Array.from({ length: 150 }, (_, index) => `team-${shortHash(String(index), 16)}`);
    const address = await proxied("many-groups", {});
    // As Keycloak issues them for a client whose groups are in tokens, and for one whose groups are at the userinfo endpoint.
    const inTokens = await session(address, { ...entitled, groups }, {});
    const atEndpoint = await session(address, entitled, { groups });
    console.log(`      a session with 150 groups: ${inTokens} bytes in tokens, ${atEndpoint} at the userinfo endpoint`);
    // nginx, `large_client_header_buffers`: one header has at most 8 KiB.
    assert.ok(atEndpoint < 8192, `${atEndpoint} bytes`);
    assert.ok(inTokens > 8192, "the limit is met without it");
  });

  /** Logs a browser in. @returns the bytes of its header `Cookie` afterwards */
  async function session(address: string, claims: object, userinfo: object): Promise<number> {
    const begun = await ask(`${address}/`);
    const { searchParams } = new URL(begun.headers.get("location") ?? "");
    const id = token({ ...claims, nonce: searchParams.get("nonce") });
    const access = token({ jti: "onrtac:1", typ: "Bearer", azp: "app", acr: "1", ...claims });
    // A refresh token contains the session's id, and no groups.
    issued.tokens = { access_token: access, id_token: id, refresh_token: token({ sid: "1" }), token_type: "Bearer" };
    issued.userinfo = { ...entitled, sub: "1", ...userinfo };
    const callback = `${address}/oauth2/callback?code=x&state=${encodeURIComponent(searchParams.get("state") ?? "")}`;
    const done = await ask(callback, { Cookie: cookiesOf(begun) });
    assert.equal(done.status, 302, await done.text());
    const cookie = cookiesOf(done);
    assert.equal((await ask(`${address}/`, { Cookie: cookie })).status, 200);
    assert.equal(String(seen["x-forwarded-groups"]).match(/team-/g)?.length, 150);
    return `Cookie: ${cookie}`.length;
  }

  it("refuses programs without a token, without the role, and with a token for somebody else", async () => {
    const address = await proxied("refusals", { apiPaths: ["/api"] });
    const status = async (headers: Record<string, string> = {}) => (await ask(`${address}/api/x`, headers)).status;
    assert.equal(await status(), 401);
    assert.equal(await status(bearer({ ...entitled, resource_access: {} })), 403);
    assert.equal(await status(bearer({ ...entitled, aud: "other" })), 401);
    assert.equal(await status(bearer({ ...entitled, iss: "https://elsewhere.example.org" })), 401);
    assert.equal(await status(bearer({ ...entitled, exp: 1 })), 401);
    assert.equal(await status(bearer(entitled)), 200);
  });

  it("lets in the groups that were named, and nobody else", async () => {
    const address = await proxied("groups", { apiPaths: ["/api"], groups: ["staff"] });
    const status = async (claims: object) => (await ask(`${address}/api/x`, bearer({ ...entitled, ...claims }))).status;
    assert.equal(await status({ groups: ["staff", "other"] }), 200);
    assert.equal(await status({ groups: ["other"] }), 403);
  });

  it("W11: takes Authorization away once it was read", async () => {
    const address = await proxied("cleaner", { removeAuthorization: true }, { apiOnly: true });
    assert.equal((await ask(`${address}/anything`, bearer(entitled))).status, 200);
    assert.equal(seen.authorization, undefined);
    assert.equal((await ask(`${address}/anything`)).status, 401);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
