import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { graylogConfiguration } from "../../components/logging/graylog/configuration.ts";
import type { ContentChoices } from "../../components/logging/graylog/configuration.ts";
import type { Desired } from "../../components/logging/graylog/desired.ts";
import { run } from "../../components/logging/graylog/programs/main.ts";
import { programTexts } from "../../components/logging/graylog/program.ts";
import { GraylogServer } from "./graylog-server.ts";

const choices: ContentChoices = {
  inputs: [
    { title: "System Logs (Nodes)", kind: "syslog-udp", port: 30514, threads: 4, source: "system-hosts" },
    { title: "System Logs (Pods)", kind: "syslog-udp", port: 31514, threads: 4, source: "system-k8s" },
    { title: "Logs (GELF)", kind: "gelf-tcp", port: 12201, threads: 4 },
  ],
  indexSets: [
    { prefix: "system", title: "System", shards: 3, replicas: 1, maxSize: 2 ** 30, keep: 10 },
    { prefix: "ewoc", title: "Processing", shards: 3, replicas: 1, maxSize: 10 * 2 ** 30, keep: 10 },
  ],
  defaultIndexSet: "system",
  streams: [
    { title: "System Logs", indexSet: "system", sources: ["system-hosts", "system-k8s"], removeFromDefault: true },
    { title: "Processing Logs", indexSet: "ewoc", sources: ["ewoc"], removeFromDefault: true },
  ],
  rules: [
    {
      title: "drop debug",
      source: 'rule "drop debug"\nwhen to_string($message.level) == "7"\nthen drop_message();\nend',
    },
  ],
  pipelines: [
    {
      title: "tidy",
      source: 'pipeline "tidy"\nstage 0 match either\nrule "drop debug";\nend',
      streams: ["System Logs"],
    },
  ],
  alerts: [
    { title: "many errors", stream: "System Logs", query: "level:<=3", above: 100, withinMs: 300_000, priority: 3 },
  ],
  users: [{ username: "jane", email: "jane@example.org", firstName: "Jane", lastName: "Doe", roles: ["Reader"] }],
  userHeader: "Remote-User",
};

describe("the Job that configures Graylog", () => {
  let server: GraylogServer;
  let address: string;

  beforeEach(async () => {
    server = new GraylogServer("root-password");
    address = await server.listen();
  });
  afterEach(() => server.close());

  async function apply(desired: Desired, { root = "root-password", own = "own-password", forMs = 2000 } = {}) {
    const lines: string[] = [];
    server.writes.length = 0;
    const code = await run(
      {
        address,
        root: { username: "admin", password: root },
        own: { username: "groundplan", password: own },
        desired,
        times: { forMs, everyMs: 10 },
      },
      (line) => lines.push(line),
    );
    return { code, lines, sum: lines.at(-1) };
  }

  const wanted = graylogConfiguration(choices);

  it("creates everything in the first run", async () => {
    const { code, sum } = await apply(wanted);
    assert.deepEqual([code, sum], [0, "13 created, 3 updated, 0 removed, 0 unchanged"]);
    assert.deepEqual(
      server.inputs.map(({ title, static_fields, creator_user_id }) => [title, static_fields, creator_user_id]),
      [
        ["System Logs (Nodes)", { input_src: "system-hosts" }, "groundplan"],
        ["System Logs (Pods)", { input_src: "system-k8s" }, "groundplan"],
        ["Logs (GELF)", {}, "groundplan"],
      ],
    );
    const [first, system, processing] = server.indexSets;
    assert.deepEqual(
      [first, system, processing].map((set) => set?.["default"]),
      [false, true, false],
    );
    assert.deepEqual(
      server.streams.map(({ title, matching_type, disabled, index_set_id }) => [
        title,
        matching_type,
        disabled,
        index_set_id,
      ]),
      [
        ["System Logs", "OR", false, system?.id],
        ["Processing Logs", "AND", false, processing?.id],
      ],
    );
    assert.deepEqual(server.connections, [
      { stream_id: server.streams[0]?.id, pipeline_ids: [server.pipelines[0]?.id] },
    ]);
    assert.deepEqual(server.header, { enabled: true, username_header: "Remote-User" });
    assert.deepEqual(server.users[2]?.["roles"], ["Reader", "Kept by Groundplan"]);
  });

  it("changes nothing in the second run", async () => {
    await apply(wanted);
    const { code, lines } = await apply(wanted);
    assert.deepEqual([code, server.writes, lines], [0, [], ["0 created, 0 updated, 0 removed, 14 unchanged"]]);
  });

  // Each edit, what the run says of it, and the requests that it sends.
  const edits: [string, (before: Desired) => Desired, string[], RegExp[]][] = [
    [
      "the size of an index set",
      (it) => ({
        ...it,
        indexSets: it.indexSets.map((set) => ({ ...set, keep: set.prefix === "ewoc" ? 20 : set.keep })),
      }),
      ['updated index set "ewoc": retention_strategy'],
      [/^PUT \/system\/indices\/index_sets\/\w+$/],
    ],
    [
      "the threads of an input",
      (it) => ({
        ...it,
        inputs: it.inputs.map((input) =>
          input.title === "Logs (GELF)"
            ? { ...input, configuration: { ...input.configuration, number_worker_threads: 8 } }
            : input,
        ),
      }),
      ['updated input "Logs (GELF)": number_worker_threads'],
      [/^PUT \/system\/inputs\/\w+$/],
    ],
    [
      "a static field",
      (it) => ({
        ...it,
        inputs: it.inputs.map((input) =>
          input.title === "System Logs (Pods)" ? { ...input, staticFields: { input_src: "pods" } } : input,
        ),
      }),
      ['updated input "System Logs (Pods)": static field input_src'],
      [/^DELETE \/system\/inputs\/\w+\/staticfields\/input_src$/, /^POST \/system\/inputs\/\w+\/staticfields$/],
    ],
    [
      "a rule of a stream",
      (it) => ({
        ...it,
        streams: it.streams.map((stream) =>
          stream.title === "Processing Logs"
            ? { ...stream, rules: stream.rules.map((rule) => ({ ...rule, value: "other" })) }
            : stream,
        ),
      }),
      ['updated stream "Processing Logs": rules'],
      [/^POST \/streams\/\w+\/rules$/, /^DELETE \/streams\/\w+\/rules\/\w+$/],
    ],
    [
      "the source of a rule",
      (it) => ({ ...it, rules: it.rules.map((rule) => ({ ...rule, source: rule.source.replace("7", "6") })) }),
      ['updated rule "drop debug": source'],
      [/^PUT \/system\/pipelines\/rule\/\w+$/],
    ],
    [
      "what an alert counts",
      (it) => ({ ...it, alerts: it.alerts.map((alert) => ({ ...alert, above: 5 })) }),
      ['updated alert "many errors": config'],
      [/^PUT \/events\/definitions\/\w+$/],
    ],
    [
      "a user's roles",
      (it) => ({ ...it, users: it.users.map((user) => ({ ...user, roles: ["Admin"] })) }),
      ['updated user "jane": roles'],
      [/^PUT \/users\/\w+$/],
    ],
    [
      "the login at the gateway",
      (it) => ({ ...it, userHeader: null }),
      ["updated login by the gateway's header: enabled"],
      [/^PUT \/system\/authentication\/http-header-auth-config$/],
    ],
  ];

  for (const [what, edit, said, sent] of edits)
    it(`changes that alone after an edit of ${what}`, async () => {
      await apply(wanted);
      const { code, lines } = await apply(edit(wanted));
      assert.equal(code, 0);
      assert.deepEqual(lines.slice(0, -1), said);
      assert.equal(server.writes.length, sent.length, server.writes.join("; "));
      sent.forEach((pattern, index) => assert.match(server.writes[index] ?? "", pattern));
      assert.deepEqual((await apply(edit(wanted))).code, 0);
      assert.deepEqual(server.writes, [], "and nothing afterwards");
    });

  it("removes what it made and nobody wants, and nothing of people's", async () => {
    await apply(wanted);
    server.inputs.push({ ...server.inputs[0], id: "f".repeat(24), title: "by hand", creator_user_id: "admin" });
    server.streams.push({ ...server.streams[0], id: "e".repeat(24), title: "by hand", description: "mine" });
    server.users.push({ id: "d".repeat(24), username: "john", password: "x", roles: ["Reader"] });
    const { code, lines } = await apply({
      ...wanted,
      inputs: [],
      indexSets: wanted.indexSets.slice(0, 1),
      streams: wanted.streams.slice(0, 1),
      rules: [],
      pipelines: [],
      alerts: [],
      users: [],
    });
    assert.equal(code, 0);
    assert.deepEqual(lines, [
      'left index set "ewoc": nobody wants it any more, and it may hold logs; delete it by hand',
      'removed input "System Logs (Nodes)"',
      'removed input "System Logs (Pods)"',
      'removed input "Logs (GELF)"',
      'removed alert "many errors"',
      'removed stream "Processing Logs"',
      'updated stream "System Logs": pipelines',
      'removed pipeline "tidy"',
      'removed rule "drop debug"',
      'removed user "jane"',
      "0 created, 1 updated, 8 removed, 4 unchanged",
    ]);
    assert.deepEqual(
      server.inputs.map(({ title }) => title),
      ["by hand"],
    );
    assert.deepEqual(
      server.streams.map(({ title }) => title),
      ["System Logs", "by hand"],
    );
    assert.deepEqual(
      server.users.map(({ username }) => username),
      ["admin", "groundplan", "john"],
    );
    assert.equal(server.indexSets.length, 3, "logs are kept");
  });

  it("finishes what a run left that broke off at any request", async () => {
    await apply(wanted);
    const requests = server.writes.length;
    assert.ok(requests > 15);
    for (let at = 0; at < requests; at++) {
      const other = new GraylogServer("root-password");
      const own = server;
      const ownAddress = address;
      server = other;
      address = await other.listen();
      try {
        other.breakAt = at;
        const first = await apply(wanted);
        assert.equal(first.code, 1, `request ${at}`);
        assert.match(first.sum ?? "", /^failed: fetch failed: /);
        other.breakAt = Infinity;
        assert.equal((await apply(wanted)).code, 0, `after request ${at}`);
        await apply(wanted);
        assert.deepEqual(other.writes, [], `after request ${at}`);
        for (const list of [other.inputs, other.streams, other.indexSets, other.rules, other.pipelines, other.alerts])
          assert.equal(new Set(list.map(({ title }) => title)).size, list.length, "nothing twice");
      } finally {
        await other.close();
        server = own;
        address = ownAddress;
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
    const port = Number(new URL(address).port);
    await server.close();
    server = new GraylogServer("root-password");
    const later = new Promise((resolve) => setTimeout(resolve, 100)).then(() => server.listen(port));
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

  it("runs from the files that its ConfigMap carries, with nothing else beside them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-"));
    try {
      for (const [name, text] of Object.entries(programTexts("configure"))) writeFileSync(join(folder, name), text);
      writeFileSync(join(folder, "configuration.json"), JSON.stringify(wanted));
      const environment = {
        CONFIGURATION: join(folder, "configuration.json"),
        GRAYLOG_API: address,
        ROOT_USERNAME: "admin",
        ROOT_PASSWORD: "root-password",
        OWN_USERNAME: "groundplan",
        OWN_PASSWORD: "own-password",
        WAIT_SECONDS: "5",
      };
      const start = (env: Record<string, string>) =>
        promisify(execFile)(process.execPath, [join(folder, "main.ts")], { env, encoding: "utf8" });
      const { stdout, stderr } = await start(environment);
      assert.match(stdout, /\n13 created, 3 updated, 0 removed, 0 unchanged\n$/);
      assert.equal(stderr, "");
      await assert.rejects(start({ ...environment, ROOT_PASSWORD: "wrong" }), { code: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
