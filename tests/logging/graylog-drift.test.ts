// Inputs, streams, pipelines and accounts that Graylog or its users change. configuration.graylog.ts tests the same with a real server.
import assert from "node:assert/strict";
import type { Desired } from "../../components/logging/graylog/desired.ts";
import { configure, wanted } from "./configure.ts";
import { GraylogServer } from "./graylog-server.ts";
import { defaultStreamId } from "./graylog-streams.ts";

describe("the Job that configures Graylog, and a server of two nodes", () => {
  let server: GraylogServer;

  beforeEach(async () => {
    server = new GraylogServer("root-password");
    await server.listen();
  });
  afterEach(() => server.close());

  const apply = (desired: Desired = wanted, options = {}) => configure(server, desired, options);
  const nothing = { code: 0, lines: ["0 created, 0 updated, 0 removed, 15 unchanged"] };
  const again = async () => {
    const { code, lines } = await apply();
    assert.deepEqual({ code, lines }, nothing);
  };
  const states = () =>
    [...server.running.states.values()].map((inputs) => [...inputs.values()].map(({ state }) => state));
  const allRunning = [
    ["RUNNING", "RUNNING", "RUNNING"],
    ["RUNNING", "RUNNING", "RUNNING"],
  ];
  const inputNamed = (name: string) => server.inputs.find(({ title }) => title === name)?.id ?? "";

  describe("inputs", () => {
    for (const [name, slowness, lag] of [
      ["that start at once", 1, 0],
      ["that start slowly", 8, 0],
      ["on a node that follows a change late", 1, 6],
    ] as const)
      it(`are all running after the first run: ${name}`, async () => {
        Object.assign(server.running, { slowness, lag });
        const { code, sum } = await apply(wanted, { forMs: 30_000 });
        assert.deepEqual([code, sum], [0, "13 created, 4 updated, 0 removed, 0 unchanged"]);
        assert.deepEqual(states(), allRunning);
        assert.deepEqual(
          server.writes.filter((write) => write.startsWith("PUT /cluster/inputstates")),
          [],
          "each waits for the one before it, and none has to be started",
        );
        await again();
      });

    it("still run on every node after a static field was changed, when a node follows late", async () => {
      await apply();
      Object.assign(server.running, { slowness: 1, lag: 6 });
      const inputs = wanted.inputs.map((input) => ({ ...input, staticFields: { input_src: "changed" } }));
      assert.equal((await apply({ ...wanted, inputs }, { forMs: 30_000 })).code, 0);
      for (let reads = 0; reads < 40; reads++) server.running.read();
      assert.deepEqual(states(), allRunning);
      assert.equal(server.writes.length, 5, "two changes of a field, and one for the input without one");
    });

    it("are started after they were stopped, on one node or on all", async () => {
      await apply();
      for (const node of ["node-2", undefined]) {
        server.running.stop(inputNamed("System Logs (Pods)"), node);
        const { code, lines } = await apply();
        assert.deepEqual([code, lines[0]], [0, 'updated input "System Logs (Pods)": state']);
        assert.deepEqual(states(), allRunning);
        await again();
      }
    });

    it("end the run with the server's message while their port is in use", async () => {
      server.running.taken.add(12201);
      const { code, sum } = await apply();
      assert.equal(code, 1);
      assert.equal(
        sum,
        'failed: input "Logs (GELF)" does not start: FAILED on node node-1: bind(..) failed with error(-98): Address already in use.; FAILED on node node-2: bind(..) failed with error(-98): Address already in use.',
      );
      assert.equal((await apply()).code, 1, "and again, until it is free");
      server.running.taken.clear();
      assert.equal((await apply()).lines[0], 'updated input "Logs (GELF)": state');
      assert.deepEqual(states(), allRunning);
    });

    it("that never start end the run", async () => {
      server.running.slowness = Infinity;
      const { code, sum } = await apply(wanted, { forMs: 300 });
      assert.equal(code, 1);
      assert.equal(
        sum,
        'failed: input "System Logs (Nodes)" does not start: STARTING on node node-1; STARTING on node node-2',
      );
    });

    it("lose attributes that the settings do not name", async () => {
      await apply();
      const attributes = server.inputs[0]?.attributes ?? {};
      Object.assign(attributes, {
        override_source: "elsewhere",
        charset_name: "",
        tls_key_password: { is_set: false },
      });
      assert.equal((await apply()).lines[0], 'updated input "System Logs (Nodes)": override_source');
      const { charset_name, override_source, tls_key_password, ...named } = server.inputs[0]?.attributes ?? {};
      assert.deepEqual(named, wanted.inputs[0]?.configuration);
      assert.deepEqual([charset_name, override_source, tls_key_password], ["", null, { is_set: false }]);
      await again();
    });
  });

  describe("streams", () => {
    it("without rules: the Default Stream uses the default index set and keeps its description", async () => {
      await apply();
      const [standard] = server.flows.own;
      assert.equal(standard?.["index_set_id"], server.indexSets.find((set) => set["index_prefix"] === "system")?.id);
      assert.equal(standard?.["description"], "Graylog's");
      const other = wanted.indexSets.map((set) => ({ ...set, default: set.prefix === "ewoc" }));
      const { lines } = await apply({ ...wanted, indexSets: other });
      assert.deepEqual(lines.slice(0, -1), [
        'updated index set "ewoc": default',
        'updated stream "Default Stream": index_set_id',
      ]);
      assert.deepEqual(server.writes.at(-1), `PUT /streams/${defaultStreamId}`);
    });

    it("are visible to a Reader if the settings share them, and other shares are kept", async () => {
      const [first, second] = wanted.streams;
      assert.ok(first !== undefined && second !== undefined);
      await apply({ ...wanted, streams: [first, { ...second, readers: "none" }] });
      const seen = async () => {
        const { password, username } = server.users.find((user) => user.username === "jane") ?? {};
        const authorization = `Basic ${btoa(`${username ?? ""}:${password ?? ""}`)}`;
        const answer = await fetch(`${server.address}/streams`, { headers: { authorization } });
        return ((await answer.json()) as { streams: { title: string }[] }).streams.map(({ title }) => title);
      };
      assert.deepEqual(await seen(), ["System Logs"]);
      const shares = server.flows.shares.get(server.streams[1]?.id ?? "");
      Object.assign(shares ?? {}, { "grn::::user:john": "manage" });
      assert.equal((await apply()).lines[0], 'updated stream "Processing Logs": readers');
      assert.deepEqual(await seen(), ["System Logs", "Processing Logs"]);
      assert.deepEqual(Object.values(server.flows.shares.get(server.streams[1]?.id ?? "") ?? {}), [
        "own",
        "manage",
        "view",
      ]);
      await again();
    });
  });

  it("disconnects deleted pipelines, and keeps those created by hand", async () => {
    await apply();
    const [connection] = server.connections;
    const byHand = { id: "f".repeat(24), title: "by hand", description: "mine", source: 'pipeline "by hand" end' };
    server.pipelines.push(byHand);
    connection?.pipeline_ids.push("e".repeat(24), byHand.id);
    const { code, lines } = await apply();
    assert.deepEqual([code, lines.slice(0, -1)], [0, ['updated stream "System Logs": pipelines']]);
    assert.deepEqual(server.connections[0]?.pipeline_ids, [server.pipelines[0]?.id, byHand.id].sort());
    await again();
  });

  it("checks everything with the server's parsers before it changes anything", async () => {
    const { code, lines } = await apply({
      ...wanted,
      rules: [{ title: "drop debug", description: "", source: 'rule "drop debug"\nwhen true\nthen frop();\nend' }],
      pipelines: wanted.pipelines.map((one) => ({ ...one, source: one.source.replace("drop debug", "drop bugs") })),
      streams: wanted.streams.map((stream) => ({
        ...stream,
        rules: [{ field: "input_src", type: 2, value: "sys(", inverted: false }],
      })),
      alerts: wanted.alerts.map((alert) => ({ ...alert, query: "level:(<=3" })),
    });
    assert.equal(code, 1);
    assert.deepEqual(lines[0]?.split("\n"), [
      "failed: nothing was changed, because of:",
      '- rule "drop debug": line 1, position 19: Unknown function frop',
      '- pipeline "tidy": there is no rule "drop bugs"',
      '- stream "System Logs": Invalid regular expression: Unclosed group near index 1 sys(',
      '- stream "Processing Logs": Invalid regular expression: Unclosed group near index 1 sys(',
      '- alert "many errors": Cannot parse query, cause: incomplete query',
    ]);
    assert.deepEqual([server.writes, server.users.length], [[], 1]);
  });

  it("accepts a pipeline with a rule that was created by hand", async () => {
    server.rules.push({ id: "f".repeat(24), title: "drop bugs", description: "", source: "" });
    const pipelines = wanted.pipelines.map((one) => ({
      ...one,
      source: one.source.replace("drop debug", "drop bugs"),
    }));
    assert.equal((await apply({ ...wanted, pipelines })).code, 0);
  });

  it("ends with the message of the server if it rejects a prefix", async () => {
    const [set] = wanted.indexSets;
    for (const prefix of ["graylog-app", "gray", "gl", "gl-system-events-2", "syst", "system-2"]) {
      const indexSets = [...wanted.indexSets, { ...set, prefix, default: false }] as Desired["indexSets"];
      const { code, sum } = await apply({ ...wanted, indexSets });
      assert.equal(code, 1);
      assert.match(
        sum ?? "",
        /^failed: POST \/system\/indices\/index_sets: 400 Index prefix '.*' would conflict with existing/,
      );
    }
  });

  describe("accounts", () => {
    it("with roles in another case are unchanged", async () => {
      const users = wanted.users.map((user) => ({ ...user, roles: ["reader"] }));
      await apply({ ...wanted, users });
      assert.deepEqual(server.users[2]?.["roles"], ["Reader", "Kept by Groundplan"]);
      const { lines } = await apply({ ...wanted, users });
      assert.deepEqual(lines, nothing.lines);
    });

    it("keep their own choices when the settings change them", async () => {
      await apply();
      const choices = { timezone: "Europe/Vienna", startpage: { type: "stream", id: defaultStreamId } };
      Object.assign(server.users[2] ?? {}, choices);
      const users = wanted.users.map((user) => ({ ...user, lastName: "Roe" }));
      assert.equal((await apply({ ...wanted, users })).lines[0], 'updated user "jane": last_name');
      const { last_name, startpage, timezone } = server.accounts.named("jane");
      assert.deepEqual({ last_name, startpage, timezone }, { last_name: "Roe", ...choices });
    });

    it("that neither the settings nor the proxy created are listed, except those of programs", async () => {
      await apply();
      const account = { password: "x", roles: ["Reader"], read_only: false, service_account: false };
      server.users.push({ ...account, id: "d".repeat(24), username: "john", last_name: "Doe" });
      server.users.push({ ...account, id: "c".repeat(24), username: "mary", last_name: "(gateway)" });
      const { code, lines } = await apply();
      assert.deepEqual(
        { code, lines },
        {
          code: 0,
          lines: [
            'left user "john": neither the settings nor the login proxy created it; delete it by hand if it is not needed',
            ...nothing.lines,
          ],
        },
      );
    });
  });
});
