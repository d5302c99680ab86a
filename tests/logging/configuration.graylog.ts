// The configuration Job and the login proxy with a real server. Not tested here: the image, several nodes and a search cluster.
// The messages of a stream are counted by its metric, not searched.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { accounts, userHeader } from "../../components/logging/graylog/configuration.ts";
import type { Desired } from "../../components/logging/graylog/desired.ts";
import { loginProxy } from "../../components/logging/graylog/programs/login.ts";
import { run } from "../../components/logging/graylog/programs/main.ts";
import { Server } from "../../components/logging/graylog/programs/server.ts";
import { freePorts } from "../keycloak/node.ts";
import { wanted as content } from "./configure.ts";
import { findGraylog, startGraylog } from "./graylog-program.ts";
import type { GraylogProgram, RealGraylog } from "./graylog-program.ts";
import { eventually, onFreePorts, sendGelf, sendSyslog } from "./graylog-messages.ts";

type Json = Record<string, unknown>;

const root = { username: accounts.root, password: "root-password" };
const own = { username: accounts.own, password: "own-password" };
const unusable = "Assigned index set is not usable";

describe("a real Graylog", function () {
  this.timeout(1_200_000);
  let program: GraylogProgram;
  let graylog: RealGraylog;
  let api: Server;
  let wanted: Desired;

  before(async function () {
    const found = findGraylog();
    if ("missing" in found) {
      console.log(`    skipped: ${found.missing}`);
      return this.skip();
    }
    program = found;
    wanted = await onFreePorts(content);
    graylog = await startGraylog(program, root.password);
    console.log(`    the server was ready after ${graylog.startup.toFixed(0)} s`);
    api = new Server(graylog.api, root);
  });
  after(async () => {
    await (graylog as RealGraylog | undefined)?.stop();
    const { folder } = (program as GraylogProgram | undefined) ?? {};
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function apply(desired = wanted) {
    const lines: string[] = [];
    const times = { forMs: 60_000, everyMs: 1000 };
    const code = await run({ address: graylog.api, root, own, desired, times }, (line) => lines.push(line));
    return { code, lines };
  }

  const named = async (path: string, list: string, title: string) => {
    const all = (await api.get<Record<string, Json[]>>(path))[list] ?? [];
    const one = all.find((each) => [each["title"], each["index_prefix"], each["username"]].includes(title));
    assert.ok(one !== undefined, `no ${title} in ${path}`);
    return one as Json & { id: string };
  };
  const stream = (title: string) => named("/streams", "streams", title);
  const input = (title: string) => named("/system/inputs", "inputs", title);
  const indexSet = (prefix: string) => named("/system/indices/index_sets", "index_sets", prefix);
  const states = async () => {
    const nodes = await api.get<Record<string, { state: string }[]>>("/cluster/inputstates");
    return Object.values(nodes).flatMap((inputs) => inputs.map(({ state }) => state));
  };

  it("is configured by the first run after a cold start, and all inputs run", async () => {
    const { code, lines } = await apply();
    assert.deepEqual([code, lines.at(-1)], [0, "14 created, 4 updated, 0 removed, 0 unchanged"], lines.join("\n"));
    assert.deepEqual(await states(), ["RUNNING", "RUNNING", "RUNNING", "RUNNING"]);
    const fields = wanted.inputs.map(async ({ title }) => (await input(title))["static_fields"]);
    assert.deepEqual(
      await Promise.all(fields),
      wanted.inputs.map(({ staticFields }) => staticFields),
    );
  });

  it("is unchanged in the second run", async () => {
    assert.deepEqual(await apply(), { code: 0, lines: ["0 created, 0 updated, 0 removed, 16 unchanged"] });
  });

  it("stores the messages of no stream in the default index set", async () => {
    assert.equal((await stream("Default Stream"))["index_set_id"], (await indexSet("system")).id);
  });

  it("routes messages by GELF and syslog to their streams", async () => {
    const [nodes, processing] = await Promise.all([stream("System Logs"), stream("Processing Logs")]);
    const counts = () => Promise.all([nodes.id, processing.id, "000000000000000000000001"].map(counted));
    const before = await counts();
    const port = (title: string) => wanted.inputs.find((one) => one.title === title)?.configuration["port"] as number;
    await sendSyslog(port("System Logs (Nodes)"), 1);
    await sendSyslog(port("System Logs (Pods)"), 2);
    const gelf = (source?: string) => ({ version: "1.1", host: "h", short_message: "text", _input_src: source });
    await sendGelf(port("Logs (GELF)"), [gelf("ewoc"), gelf("ewoc"), gelf("ewoc"), gelf("ewoc"), gelf()]);
    await sendSyslog(port("Processing Logs"), 1);
    const expected = [3, 5, 1].map((added, index) => (before[index] ?? 0) + added);
    await eventually(async () => assert.deepEqual(await counts(), expected));
  });

  /** Messages that a stream has received. */
  async function counted(id: string): Promise<number> {
    return (
      (await api.find<{ count: number }>(`/system/metrics/org.graylog2.plugin.streams.Stream.${id}.incomingMessages`))
        ?.count ?? 0
    );
  }

  it("starts an input that was stopped", async () => {
    const { id } = await input("System Logs (Pods)");
    await api.send("DELETE", `/cluster/inputstates/${id}`);
    await eventually(async () => assert.equal((await states()).length, 3));
    const { code, lines } = await apply();
    assert.deepEqual([code, lines[0]], [0, 'updated input "System Logs (Pods)": state']);
    assert.deepEqual(await states(), ["RUNNING", "RUNNING", "RUNNING", "RUNNING"]);
  });

  it("fails with the server's message if the port of an input is in use, and continues with another port", async () => {
    const other = createTcpServer();
    await new Promise<void>((resolve) => other.listen(0, "0.0.0.0", resolve));
    const [free = 0] = await freePorts(1);
    const at = (port: number) => ({
      ...wanted,
      inputs: wanted.inputs.map((one) =>
        one.title === "Logs (GELF)" ? { ...one, configuration: { ...one.configuration, port } } : one,
      ),
    });
    const { code, lines } = await apply(at((other.address() as AddressInfo).port));
    assert.equal(code, 1);
    assert.match(lines.at(-1) ?? "", /^failed: input "Logs \(GELF\)" does not start: FAILED on node .*: .*in use/);
    other.close();
    wanted = at(free);
    assert.deepEqual((await apply()).lines[0], 'updated input "Logs (GELF)": port');
    assert.deepEqual(await states(), ["RUNNING", "RUNNING", "RUNNING", "RUNNING"]);
  });

  it("reverts changes by hand, including attributes that the settings do not name", async () => {
    const gelf = await input("Logs (GELF)");
    await api.send("PUT", `/system/inputs/${gelf.id}`, {
      ...{ title: gelf["title"] as string, type: gelf["type"] as string, global: true },
      configuration: { ...(gelf["attributes"] as Record<string, string>), override_source: "elsewhere" },
    });
    const logs = await stream("System Logs");
    const [rule] = logs["rules"] as { id: string }[];
    await api.send("DELETE", `/streams/${logs.id}/rules/${rule?.id ?? ""}`);
    await api.send("POST", `/streams/${logs.id}/pause`);
    const share = `/authz/shares/entities/grn::::stream:${logs.id}`;
    const { id: owner } = await named("/users", "users", own.username);
    await api.send("POST", share, { selected_grantee_capabilities: { [`grn::::user:${owner}`]: "own" } });
    const standard = await stream("Default Stream");
    await api.send("PUT", `/streams/${standard.id}`, {
      ...{ title: standard["title"] as string, description: "mine", matching_type: "AND" },
      ...{ remove_matches_from_default_stream: false, index_set_id: (await indexSet("graylog")).id },
    });
    const { code, lines } = await apply();
    assert.equal(code, 0);
    assert.deepEqual(lines.slice(0, -1), [
      'updated input "Logs (GELF)": override_source',
      'updated stream "Default Stream": index_set_id',
      'updated stream "System Logs": rules, disabled, readers',
    ]);
    assert.equal((await stream("Default Stream"))["description"], "mine", "its description is kept");
    assert.deepEqual(await apply(), { code: 0, lines: ["0 created, 0 updated, 0 removed, 16 unchanged"] });
  });

  it("disconnects a pipeline that was deleted while a stream names it", async () => {
    const source = 'pipeline "by hand"\nstage 0 match either\nend';
    const made = (await api.send("POST", "/system/pipelines/pipeline", { title: "", description: "", source })) as Json;
    const { id } = await stream("Processing Logs");
    const connect = { stream_id: id, pipeline_ids: [String(made["id"])] };
    await api.send("POST", "/system/pipelines/connections/to_stream", connect);
    await api.send("DELETE", `/system/pipelines/pipeline/${String(made["id"])}`);
    const more = wanted.pipelines.map((one) => ({ ...one, streams: [...one.streams, "Processing Logs"] }));
    const { code, lines } = await apply({ ...wanted, pipelines: more });
    assert.deepEqual([code, lines[0]], [0, 'updated stream "Processing Logs": pipelines']);
    assert.equal((await apply()).code, 0);
  });

  it("reports all errors of the server's parsers, and changes nothing", async () => {
    const before = await api.get("/streams");
    const [first, second] = wanted.streams;
    const { code, lines } = await apply({
      ...wanted,
      rules: [
        ...wanted.rules,
        { title: "x", description: "", source: 'rule "x"\nwhen regex("(", "a") then foo(); end' },
      ],
      pipelines: [
        ...wanted.pipelines,
        { title: "y", description: "", streams: [], source: 'pipeline "y"\nstage 0 match either rule "none";\nend' },
      ],
      alerts: wanted.alerts.map((alert) => ({ ...alert, query: "level:(<3" })),
      streams: [
        { ...first, rules: [{ field: "a", type: 2, value: "(", inverted: false }] },
        ...(second === undefined ? [] : [{ ...second, indexSet: "ewoc" }]),
      ] as Desired["streams"],
    });
    assert.equal(code, 1);
    const [said = ""] = lines;
    for (const part of [
      /^failed: nothing was changed, because of:\n- rule "x": (?=.*Unclosed group near index 1 \()(?=.*Unknown function foo)/,
      /\n- pipeline "y": there is no rule "none"/,
      /\n- stream "System Logs": Invalid regular expression: Unclosed group/,
      /\n- alert "many errors": Cannot parse query/,
    ])
      assert.match(said, part);
    assert.deepEqual(await api.get("/streams"), before);
  });

  it("reports what the validation of the server rejects as a sentence", async () => {
    await assert.rejects(
      api.send("PUT", "/streams/000000000000000000000001", {
        title: "t",
        index_set_id: (await indexSet("gl-events")).id,
      }),
      { message: `PUT /streams/000000000000000000000001: 400 Validation failed! ${unusable}` },
    );
    const [set] = wanted.indexSets;
    assert.ok(set !== undefined);
    const { code, lines } = await apply({
      ...wanted,
      indexSets: [...wanted.indexSets, { ...set, prefix: "graylog-app", default: false }],
    });
    assert.deepEqual(
      [code, lines.at(-1)],
      [
        1,
        "failed: POST /system/indices/index_sets: 400 Index prefix 'graylog-app' would conflict with existing index set prefix 'graylog'",
      ],
    );
  });

  describe("through the proxy", () => {
    let proxy: HttpServer;
    let address: string;
    before(async () => {
      proxy = loginProxy(
        {
          graylog: graylog.api.replace("/api", ""),
          administrator: own,
          roles: [{ group: "ops", role: "admin" }],
          otherwise: "reader",
          userHeader,
          reserved: Object.values(accounts),
          remembersMs: 0,
        },
        (line) => console.log(line),
      );
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    });
    after(() => (proxy as HttpServer | undefined)?.close());

    /** The titles of the streams that a user sees. */
    async function seen(user: string, groups = ""): Promise<string[]> {
      const headers = { "x-forwarded-user": user, "x-forwarded-groups": groups, accept: "application/json" };
      const session = await fetch(`${address}/api/system/sessions`, { headers });
      const cookie = (session.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
      await session.text();
      const answer = await fetch(`${address}/api/streams`, { headers: { ...headers, cookie } });
      const body = (await answer.json()) as { streams: { title: string }[] };
      return body.streams.map(({ title }) => title).sort();
    }

    it("shows a Reader only the streams that the settings share", async () => {
      assert.deepEqual(await seen("mary"), ["Processing Logs", "System Logs"]);
      const [first, second] = wanted.streams;
      const { lines } = await apply({
        ...wanted,
        streams: [first, { ...second, readers: "none" }] as Desired["streams"],
      });
      assert.equal(lines[0], 'updated stream "Processing Logs": readers');
      assert.deepEqual(await seen("mary"), ["System Logs"]);
      assert.equal((await apply()).lines[0], 'updated stream "Processing Logs": readers');
      assert.deepEqual(await seen("mary"), ["Processing Logs", "System Logs"]);
    });

    it("changes a role and keeps the user's time zone and start page", async () => {
      const user = await named("/users", "users", "mary");
      const choices = { timezone: "Europe/Vienna", startpage: { type: "stream", id: "000000000000000000000001" } };
      await api.send("PUT", `/users/${user.id}`, choices);
      assert.ok((await seen("mary", "ops")).includes("Default Stream"));
      const { roles, startpage, timezone } = await named("/users", "users", "mary");
      assert.deepEqual({ roles, startpage, timezone }, { roles: ["Admin"], ...choices });
    });

    it("keeps the roles that the settings give to a user", async () => {
      assert.deepEqual(await seen("jane", "ops"), ["Processing Logs", "System Logs"]);
      assert.deepEqual((await apply()).lines, ["0 created, 0 updated, 0 removed, 16 unchanged"]);
    });
  });
});
