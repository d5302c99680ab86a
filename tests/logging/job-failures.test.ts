import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import type { Desired } from "../../components/logging/graylog/desired.ts";
import { Server } from "../../components/logging/graylog/programs/server.ts";
import { programTexts } from "../../components/logging/graylog/program.ts";
import { configure, wanted } from "./configure.ts";
import { GraylogServer } from "./graylog-server.ts";

describe("the Job that configures Graylog, where not all is well", () => {
  let server: GraylogServer;

  beforeEach(async () => {
    server = new GraylogServer("root-password");
    await server.listen();
  });
  afterEach(() => server.close());

  const apply = (desired: Desired, options = {}) => configure(server, desired, options);

  it("finishes what a run left that broke off at any request", async () => {
    await apply(wanted);
    const requests = server.writes.length;
    assert.ok(requests > 15);
    for (let at = 0; at < requests; at++) {
      const other = new GraylogServer("root-password");
      await other.listen();
      try {
        other.breakAt = at;
        const first = await configure(other, wanted);
        assert.equal(first.code, 1, `request ${at}`);
        assert.match(first.sum ?? "", /^failed: fetch failed: /);
        other.breakAt = Infinity;
        assert.equal((await configure(other, wanted)).code, 0, `after request ${at}`);
        await configure(other, wanted);
        assert.deepEqual(other.writes, [], `after request ${at}`);
        for (const list of [other.inputs, other.streams, other.indexSets, other.rules, other.pipelines, other.alerts])
          assert.equal(new Set(list.map(({ title }) => title)).size, list.length, "nothing twice");
      } finally {
        await other.close();
      }
    }
  });

  it("waits for a server that starts slowly, and says once what it waits for", async () => {
    server.starting = 5;
    const { code, lines } = await apply(wanted);
    assert.equal(code, 0);
    assert.equal(lines.filter((line) => line.startsWith("waiting for Graylog at ")).length, 1);
    assert.match(lines[0] ?? "", /: 503 "DEAD"$/);
  });

  it("waits for a server that does not listen yet", async () => {
    const { address } = server;
    await server.close();
    server = new GraylogServer("root-password");
    server.address = address;
    const later = new Promise((resolve) => setTimeout(resolve, 100)).then(() =>
      server.listen(Number(new URL(address).port)),
    );
    const { code, lines } = await apply(wanted);
    await later;
    assert.equal(code, 0);
    assert.match(lines[0] ?? "", /^waiting for Graylog at .*ECONNREFUSED/);
  });

  it("gives up on a server that never starts, with what it saw", async () => {
    server.starting = Infinity;
    const { code, sum } = await apply(wanted, { forMs: 50 });
    assert.equal(code, 1);
    assert.match(sum ?? "", /^failed: Graylog at http:.* is not ready after 0.05 s; at last: 503 "DEAD"$/);
  });

  it("tells a wrong password plainly, and never the password", async () => {
    const { code, lines } = await apply(wanted, { root: "wrong-password" });
    assert.equal(code, 1);
    assert.deepEqual(lines, [
      'failed: Graylog refuses the password of "admin": it runs with another one than its Secret now holds',
    ]);
    assert.deepEqual(server.writes, []);
  });

  it("sets its own user's new password after a rotation", async () => {
    await apply(wanted);
    const { code, lines } = await apply(wanted, { own: "next-password" });
    assert.deepEqual([code, lines.slice(0, -1)], [0, ['updated user "groundplan": password']]);
    assert.equal(server.users[1]?.password, "next-password");
  });

  it("ends with the server's words where it refuses something", async () => {
    const jane = { ...wanted.users[0], roles: ["Nobody"] } as Desired["users"][number];
    const { code, sum, lines } = await apply({ ...wanted, users: [jane] });
    assert.equal(code, 1);
    assert.equal(sum, "failed: POST /users: 400 Invalid role names: nobody");
    assert.equal(
      lines.some((line) => line.includes("password")),
      false,
    );
  });

  it("says in sentences what the server's validation and its parsers answer", async () => {
    const line = {
      type: "syntax_error",
      line: 2,
      position_in_line: 5,
      reason: "mismatched input 'a'\nexpecting Integer",
    };
    const answers: [unknown, string][] = [
      [{ type: "ApiError", message: "Invalid role names: a" }, "Invalid role names: a"],
      [
        {
          message: "Validation failed!",
          validation_errors: { _: [{ error: "No index set" }], title: [{ error: "empty" }] },
        },
        "Validation failed! No index set title: empty",
      ],
      [
        [line, { ...line, reason: "" }, line],
        Array(2).fill("line 2, position 5: mismatched input 'a' expecting Integer").join("; "),
      ],
      [
        { validation_result: { failed: true, errors: { shares: ["It would be ownerless."] } } },
        "shares: It would be ownerless.",
      ],
      ["must not be empty (path = a)", "must not be empty (path = a)"],
    ];
    for (const [answer, expected] of answers) {
      const web = createServer((_, response) =>
        response.writeHead(400).end(typeof answer === "string" ? answer : JSON.stringify(answer)),
      );
      await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
      const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
      await assert.rejects(new Server(address, { username: "a", password: "b" }).send("PUT", "/a", {}), {
        message: `PUT /a: 400 ${expected}`,
        words: expected,
      });
      web.closeAllConnections();
      web.close();
    }
  });

  it("runs from the files that its ConfigMap carries, with nothing else beside them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-"));
    try {
      for (const [name, text] of Object.entries(programTexts("configure"))) writeFileSync(join(folder, name), text);
      writeFileSync(join(folder, "configuration.json"), JSON.stringify(wanted));
      const environment = {
        CONFIGURATION: join(folder, "configuration.json"),
        GRAYLOG_API: server.address,
        ROOT_USERNAME: "admin",
        ROOT_PASSWORD: "root-password",
        OWN_USERNAME: "groundplan",
        OWN_PASSWORD: "own-password",
        WAIT_SECONDS: "5",
      };
      const start = (env: Record<string, string>) =>
        promisify(execFile)(process.execPath, [join(folder, "main.ts")], { env, encoding: "utf8" });
      const { stdout, stderr } = await start(environment);
      assert.match(stdout, /\n13 created, 4 updated, 0 removed, 0 unchanged\n$/);
      assert.equal(stderr, "");
      await assert.rejects(start({ ...environment, ROOT_PASSWORD: "wrong" }), { code: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
