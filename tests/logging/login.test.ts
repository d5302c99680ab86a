import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { accounts } from "../../components/logging/graylog/configuration.ts";
import { keptRole } from "../../components/logging/graylog/programs/accounts.ts";
import { loginProxy } from "../../components/logging/graylog/programs/login.ts";
import type { LoginShape } from "../../components/logging/graylog/login-shape.ts";
import { GraylogServer } from "./graylog-server.ts";

describe("the proxy before Graylog", () => {
  let api: GraylogServer;
  let web: Server;
  let proxy: Server;
  let shape: LoginShape;
  let address: string;
  const seen: { url?: string; method?: string; headers: IncomingHttpHeaders; body: string }[] = [];

  const listen = async (server: Server) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  beforeEach(async () => {
    seen.length = 0;
    api = new GraylogServer("root-password");
    await api.listen();
    const apiAddress = api.address.replace("/api", "");
    // What is not the API's own answers as the web interface does; users of the API go to the stand-in.
    web = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { url, method, headers } = request;
        const body = Buffer.concat(chunks).toString("utf8");
        if (headers.authorization === undefined) {
          seen.push({ url, method, headers, body });
          response.writeHead(201, { "x-graylog": "yes" });
          return response.end(`hello ${String(headers["remote-user"])}`);
        }
        void fetch(`${apiAddress}${url}`, {
          method,
          headers: headers as Record<string, string>,
          ...(body === "" ? {} : { body }),
        }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
      });
    });
    shape = {
      graylog: await listen(web),
      administrator: { username: "admin", password: "root-password" },
      roles: [{ group: "ops", role: "Admin" }],
      otherwise: "Reader",
      userHeader: "Remote-User",
      reserved: Object.values(accounts),
      remembersMs: 60_000,
    };
    proxy = loginProxy(shape, () => undefined);
    address = await listen(proxy);
  });
  afterEach(async () => {
    for (const server of [proxy, web]) {
      server.closeAllConnections();
      server.close();
    }
    await api.close();
  });

  const ask = (headers: Record<string, string>, init: RequestInit = {}) =>
    fetch(`${address}/api/streams?a=b`, { ...init, headers });
  const roles = (name: string) => api.users.find(({ username }) => username === name)?.["roles"];

  it("D9: lets everybody in under the own name, and makes the user with the role of the groups", async () => {
    const answer = await ask({
      "x-forwarded-user": "jane",
      "x-forwarded-email": "jane@example.org",
      "x-forwarded-groups": "staff,/ops",
    });
    assert.deepEqual([answer.status, answer.headers.get("x-graylog"), await answer.text()], [201, "yes", "hello jane"]);
    assert.equal(seen[0]?.url, "/api/streams?a=b");
    assert.deepEqual(roles("jane"), ["Admin"]);
    assert.equal(api.users.find(({ username }) => username === "jane")?.["email"], "jane@example.org");
    await (await ask({ "x-forwarded-user": "john", "x-forwarded-groups": "" })).text();
    assert.deepEqual(roles("john"), ["Reader"]);
  });

  it("takes a role away with the group, at once", async () => {
    await (await ask({ "x-forwarded-user": "jane", "x-forwarded-groups": "ops" })).text();
    await (await ask({ "x-forwarded-user": "jane", "x-forwarded-groups": "staff" })).text();
    assert.deepEqual(roles("jane"), ["Reader"]);
  });

  it("keeps a user's time zone and start page when the role changes", async () => {
    await (await ask({ "x-forwarded-user": "jane", "x-forwarded-groups": "ops" })).text();
    const choices = { timezone: "Europe/Vienna", startpage: { type: "dashboard", id: "1" } };
    Object.assign(api.users[1] ?? {}, choices);
    await (await ask({ "x-forwarded-user": "jane", "x-forwarded-groups": "staff" })).text();
    const { startpage, timezone } = api.accounts.named("jane");
    assert.deepEqual([roles("jane"), { startpage, timezone }], [["Reader"], choices]);
  });

  it("leaves the roles of a user whom the settings name, which the Job would set back", async () => {
    api.accounts.roles.push({ name: keptRole });
    const user = { email: "e", first_name: "f", last_name: "l", permissions: [], password: "password" };
    const [account] = api.users;
    api.users.push({ ...account, ...user, id: "f".repeat(24), username: "jane", roles: ["Reader", keptRole] });
    await (await ask({ "x-forwarded-user": "jane", "x-forwarded-groups": "ops" })).text();
    assert.deepEqual([roles("jane"), api.writes], [["Reader", keptRole], []]);
  });

  it("asks Graylog once for a user whose role is written in another case", async () => {
    await (await ask({ "x-forwarded-user": "john" })).text();
    proxy.closeAllConnections();
    proxy.close();
    proxy = loginProxy({ ...shape, otherwise: "READER" }, () => undefined);
    address = await listen(proxy);
    await (await ask({ "x-forwarded-user": "john" })).text();
    assert.deepEqual(api.writes, ["POST /users"]);
  });

  it("asks Graylog once for a user whose groups stay", async () => {
    for (let index = 0; index < 3; index++)
      await (await ask({ "x-forwarded-user": "jane", "x-forwarded-groups": "ops" })).text();
    assert.deepEqual(api.writes, ["POST /users"]);
  });

  it("believes no name but the gateway's, and hands on no credentials", async () => {
    const answer = await ask({ "remote-user": "admin", "x-forwarded-user": "jane", authorization: "Bearer stolen" });
    assert.equal(await answer.text(), "hello jane");
    assert.equal(seen[0]?.headers.authorization, undefined);
    const nobody = await ask({ "remote-user": "admin" });
    assert.deepEqual([nobody.status, await nobody.text()], [403, "The gateway named no user."]);
    assert.equal(seen.length, 1);
  });

  it("gives nobody the rights of Graylog's own accounts by being called so", async () => {
    for (const name of ["admin", "Admin", "groundplan", "graylog-sidecar"]) {
      const answer = await ask({ "x-forwarded-user": name, "x-forwarded-groups": "ops" });
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /belongs to Graylog's own account/);
    }
    assert.deepEqual([seen, api.writes], [[], []]);
  });

  it("hands on what a browser sends", async () => {
    await (await ask({ "x-forwarded-user": "jane" }, { method: "POST", body: "x".repeat(100_000) })).text();
    assert.deepEqual([seen[0]?.method, seen[0]?.body.length], ["POST", 100_000]);
  });

  it("says that it is ready without a user", async () => {
    assert.equal((await fetch(`${address}/_status`)).status, 200);
  });

  it("answers 502 where Graylog does not", async () => {
    web.closeAllConnections();
    web.close();
    assert.equal((await ask({ "x-forwarded-user": "jane" })).status, 502);
  });
});
