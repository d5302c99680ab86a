import assert from "node:assert/strict";
import type { Desired } from "../../components/logging/graylog/desired.ts";
import { configure, wanted } from "./configure.ts";
import { GraylogServer } from "./graylog-server.ts";

describe("the Job that configures Graylog", () => {
  let server: GraylogServer;

  beforeEach(async () => {
    server = new GraylogServer("root-password");
    await server.listen();
  });
  afterEach(() => server.close());

  const apply = (desired: Desired, options = {}) => configure(server, desired, options);

  it("creates everything in the first run", async () => {
    const { code, sum } = await apply(wanted);
    assert.deepEqual([code, sum], [0, "13 created, 4 updated, 0 removed, 0 unchanged"]);
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

  it("D10, X22: changes nothing in the second run", async () => {
    await apply(wanted);
    const { code, lines } = await apply(wanted);
    assert.deepEqual([code, server.writes, lines], [0, [], ["0 created, 0 updated, 0 removed, 15 unchanged"]]);
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
    const byHand = {
      id: "f".repeat(24),
      title: "by hand",
      creator_user_id: "admin",
      attributes: {},
      static_fields: {},
    };
    server.inputs.push(byHand);
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
      'left user "john": neither the settings nor the login proxy created it; delete it by hand if it is not needed',
      "0 created, 1 updated, 8 removed, 5 unchanged",
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
});
