import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Socket } from "node:dgram";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { guarded } from "../../../plan/doctor/diagnosis.ts";
import type { Diagnosis } from "../../../plan/doctor/diagnosis.ts";
import { probeNames, probeReach } from "../../../plan/doctor/probes/reach.ts";
import { redactor } from "../../../plan/doctor/redact.ts";
import { jsonReport, textReport } from "../../../plan/doctor/report.ts";
import type { Marks } from "../../../plan/doctor/report.ts";
import { failure, lastLine, runner } from "../../../plan/doctor/run.ts";

const plain = (text: string) => text;
const unmarked: Marks = { strong: plain, dim: plain, level: (_, text) => text };

describe("commands that the doctor runs", () => {
  const sh = (script: string, seconds = 10) => runner(seconds)("sh", ["-c", script]);

  it("give their output, their exit code, or the reason why there is none", async () => {
    assert.deepEqual(await sh("echo out; echo err >&2; exit 3"), {
      kind: "ended",
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
    assert.deepEqual(await runner(1)("groundplan-no-such-program", []), { kind: "missing" });
    assert.deepEqual(await sh("sleep 60", 1), { kind: "timeout", seconds: 1 });
  });

  it("have no standard input to wait for", async () => {
    assert.equal((await sh("cat")).kind, "ended");
  });

  it("are at most so many at once", async () => {
    const run = runner(10, 2);
    const counts = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const result = await run("sh", ["-c", "date +%s%N; sleep 0.2; date +%s%N"]);
        assert.equal(result.kind, "ended");
        return result.kind === "ended" ? result.stdout.trim().split("\n").map(Number) : [];
      }),
    );
    for (const [start = 0] of counts)
      assert.ok(counts.filter(([from = 0, to = 0]) => from <= start && start < to).length <= 2);
  });

  it("fail with the line that names the cause", () => {
    const ended = (stderr: string) => failure("kubectl", { kind: "ended", code: 1, stdout: "", stderr });
    assert.equal(ended("Warning: old\nError from server (Forbidden): nodes is forbidden\n"), "nodes is forbidden");
    assert.equal(ended("\u001b[31merror: \u001b[0mcolours\u0007\n"), "colours");
    assert.equal(ended(""), "kubectl failed with exit code 1");
    assert.equal(failure("kubectl", { kind: "missing" }), "kubectl is not on PATH");
    assert.equal(lastLine("\n=====\n", "nothing"), "nothing");
    assert.equal(lastLine("x".repeat(9999), "").length, 300);
  });
});

describe("addresses that the doctor asks", () => {
  let server: Server;
  let base = "";
  before((done) => {
    server = createServer((request, response) => {
      if (request.url === "/silent") return;
      const status = { "/there": 200, "/login": 401, "/away": 307 }[request.url ?? ""] ?? 404;
      response.writeHead(status, status === 307 ? { location: "/silent" } : {}).end();
    }).listen(0, "127.0.0.1", () => {
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("answer with their status, and are not followed elsewhere", async () => {
    for (const [path, status] of [
      ["/there", 200],
      ["/login", 401],
      ["/away", 307],
      ["/none", 404],
    ] as const)
      assert.deepEqual((await probeReach(base + path, 5)).status, { got: status });
  });

  it("say why they do not", async () => {
    assert.deepEqual((await probeReach(`${base}/silent`, 1)).status, { why: "it did not answer within 1 s" });
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    assert.deepEqual((await probeReach(`http://127.0.0.1:${port}/`, 5)).status, { why: "it refuses connections" });
    const { status } = await probeReach(base.replace("http", "https"), 5);
    assert.ok("why" in status);
  });
});

describe("names that the doctor looks up", () => {
  let socket: Socket;
  let address = "";
  // A name server that knows one name, denies those below `none` and keeps silent about the rest.
  before((done) => {
    socket = createSocket("udp4", (query, { port, address: from }) => {
      const labels = query.subarray(12).toString("latin1");
      const isA = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1;
      const known = labels.includes("known");
      if (!known && !labels.includes("none")) return;
      const head = Buffer.from(query.subarray(0, 12));
      head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
      head.writeUInt16BE(known && isA ? 1 : 0, 6);
      head.writeUInt32BE(0, 8);
      const question = query.subarray(12, query.indexOf(0, 12) + 5);
      const answer = Buffer.from("c00c00010001000000010004c0000201", "hex");
      socket.send(Buffer.concat([head, question, ...(known && isA ? [answer] : [])]), port, from);
    }).bind(0, "127.0.0.1", () => {
      address = `127.0.0.1:${socket.address().port}`;
      done();
    });
  });
  after(() => socket.close());

  it("are known, unknown, or not answered", async () => {
    const names = ["known.example.org", "none.example.org", "silent.example.org"];
    const [known, none, silent] = await probeNames(names, 1, [address]);
    assert.deepEqual(known?.addresses, { got: ["192.0.2.1"] });
    assert.deepEqual(none?.addresses, { got: [] });
    assert.ok(silent !== undefined && "why" in silent.addresses);
  });
});

describe("what the doctor prints", () => {
  const findings: Diagnosis[] = [
    {
      check: "b",
      area: "nodes",
      level: "fail",
      found: "a sentence that is a good deal longer than one line of sixty columns can be",
      needed: "less",
      fix: "shorten it",
      commands: ["x".repeat(80)],
    },
    { check: "a", area: "tools", level: "ok", found: "well", needed: "never shown", fix: "never shown" },
    { check: "c", area: "network", level: "unknown", found: "who knows" },
  ];

  it("fits 60 columns, commands whole, areas in order, no advice for what is well", () => {
    const text = textReport("Stack prod: is everything there?", findings, unmarked, 60);
    assert.deepEqual(
      text.split("\n").filter((line) => line.length > 60),
      [`          $ ${"x".repeat(80)}`],
    );
    assert.ok(text.indexOf("Tools") < text.indexOf("Nodes") && text.indexOf("Nodes") < text.indexOf("Network"));
    assert.doesNotMatch(text, /never shown/);
    assert.match(text, /1 to fix before up, 1 unknown, 1 ok$/);
  });

  it("is the same as JSON, with counts", () => {
    const { counts, findings: listed } = JSON.parse(jsonReport("prod", "ours", findings)) as {
      counts: object;
      findings: Diagnosis[];
    };
    assert.deepEqual(counts, { ok: 1, warn: 0, fail: 1, unknown: 1 });
    assert.deepEqual(
      listed.map(({ check }) => check),
      ["a", "b", "c"],
    );
    assert.equal(jsonReport("prod", "ours", findings), jsonReport("prod", "ours", findings.toReversed()));
  });

  it("turns a judgement that stumbles into a line", () => {
    const broken = () => {
      throw new TypeError("x is not iterable");
    };
    assert.deepEqual(
      guarded("c", "nodes", broken).map(({ level, found }) => [level, /not iterable/.test(found)]),
      [["unknown", true]],
    );
  });

  it("hides what is secret, and leaves what is not", () => {
    const clean = redactor({ MY_TOKEN: "abcdef-123456", PATH: "/usr/bin/x", X_PASSWORD: "short" });
    const cases: [string, string][] = [
      ["has abcdef-123456 in it", "has (hidden) in it"],
      ["at /usr/bin/x", "at /usr/bin/x"],
      ["short is a word", "short is a word"],
      ["s3://key:secret@bucket/x", "s3://(hidden)@bucket/x"],
      ["https://10.0.0.1:6443/", "https://10.0.0.1:6443/"],
      ["https://x.example.org/a@b", "https://x.example.org/a@b"],
      ["Authorization: Bearer abcdefghijk", "Authorization: Bearer (hidden)"],
      ["token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.sig_x", "token (hidden)"],
      ["GET /?a=1&access_token=xyz", "GET /?a=1&access_token=(hidden)"],
      ["-----BEGIN EC PRIVATE KEY-----\nMIG\n-----END EC PRIVATE KEY-----", "(hidden)"],
      ["image@sha256:abc", "image@sha256:abc"],
    ];
    for (const [text, expected] of cases) assert.equal(clean(text), expected);
  });
});
