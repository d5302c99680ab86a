// A real Conduit with the variables of the ConfigMap: it registers a user with the token, and keeps it over a restart. It is built from
// its source by `cargo build --no-default-features --features conduit_bin,backend_rocksdb`, which needs Debian's package libclang1.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { homeserverVariables } from "../../components/matrix/homeservers.ts";

const binary = process.env["CONDUIT"] ?? join(homedir(), ".cache", "groundplan", "bin", "conduit");
const port = 6167;
const url = `http://127.0.0.1:${port}`;

describe("Conduit", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "groundplan-conduit-"));
  let server: ChildProcess | undefined;

  before(function () {
    if (existsSync(binary)) return;
    console.log("      skipped: no conduit at $CONDUIT or in ~/.cache/groundplan/bin");
    this.skip();
  });
  after(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });

  function launch(serverName: string): ChildProcess {
    const variables = homeserverVariables("conduit", {
      serverName,
      host: "talk.choppa.xyz",
      address: "127.0.0.1",
      maxRequestSize: 20_000_000,
      registration: true,
      options: { max_concurrent_requests: "200" },
    });
    // A build without RocksDB has SQLite.
    const own = {
      CONDUIT_DATABASE_PATH: folder,
      CONDUIT_DATABASE_BACKEND: process.env["CONDUIT_BACKEND"] ?? "rocksdb",
    };
    const env = { ...variables, ...own, CONDUIT_REGISTRATION_TOKEN: "t0kenOfTheTest" };
    return spawn(binary, [], { env, stdio: ["ignore", "pipe", "inherit"] });
  }

  async function start(): Promise<void> {
    server = launch("choppa.xyz");
    for (let tries = 0; tries < 300; tries++) {
      const answer = await fetch(`${url}/_matrix/client/versions`).catch(() => undefined);
      if (answer?.ok === true) return;
      await sleep(200);
    }
    throw new Error("Conduit does not answer");
  }

  async function stop(): Promise<void> {
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server?.on("exit", resolve));
    server.kill("SIGTERM");
    await ended;
    server = undefined;
  }

  const post = async (path: string, body: object): Promise<[number, Record<string, unknown>]> => {
    const answer = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  };

  it("N08, N13: starts with the ConfigMap's variables and answers with its delegation", async () => {
    await start();
    const client = await fetch(`${url}/.well-known/matrix/client`);
    const body = (await client.json()) as Record<string, { base_url: string }>;
    assert.equal(body["m.homeserver"]?.base_url.replace(/\/$/, ""), "https://talk.choppa.xyz");
    assert.equal(client.headers.get("access-control-allow-origin"), "*");
  });

  it("N09, N10: registers a user with the token only, and knows the user after a restart", async () => {
    const account = { username: "anna", password: "correct-horse", inhibit_login: false };
    const [refused, flows] = await post("/_matrix/client/v3/register", account);
    assert.equal(refused, 401);
    const auth = (token: string) => ({ type: "m.login.registration_token", token, session: flows["session"] });
    const [wrong] = await post("/_matrix/client/v3/register", { ...account, auth: auth("wrong") });
    assert.notEqual(wrong, 200);
    const [status, made] = await post("/_matrix/client/v3/register", { ...account, auth: auth("t0kenOfTheTest") });
    assert.deepEqual([status, made["user_id"]], [200, "@anna:choppa.xyz"]);
    await stop();
    await start();
    const login = {
      type: "m.login.password",
      identifier: { type: "m.id.user", user: "anna" },
      password: "correct-horse",
    };
    assert.equal((await post("/_matrix/client/v3/login", login))[0], 200);
  });

  it("N14: does not start under another server name, for which the plan refuses the change", async () => {
    await stop();
    const other = launch("other.example.org");
    let said = "";
    other.stdout?.on("data", (part: Buffer) => (said += part.toString()));
    const code = await new Promise((resolve) => other.on("exit", resolve));
    assert.equal(code, 1);
    assert.match(said, /after changing the server name/);
    await start();
  });
});
