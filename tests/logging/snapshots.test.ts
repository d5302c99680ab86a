import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { programTexts } from "../../components/logging/graylog/program.ts";
import { Server } from "../../components/logging/graylog/programs/server.ts";
import { run } from "../../components/logging/graylog/programs/snapshots.ts";
import { desiredSnapshots, pluginPort } from "../../components/logging/snapshots/policy.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";

type Body = Record<string, unknown>;

/**
 * The two APIs as OpenSearch 3.6 and its index management answer: a repository is tried when it is registered, a policy is
 * changed only with the numbers of what it was read as, and is shown with more than was given.
 */
class SearchServer {
  repository?: Body;
  policy?: { body: Body; number: number };
  readonly writes: string[] = [];
  /** What a node says when it tries the bucket. */
  broken?: string;
  private readonly http: HttpServer;

  constructor() {
    this.http = createServer((request, response) => {
      void (async () => {
        let text = "";
        for await (const chunk of request) text += String(chunk);
        const answer = (status: number, body: unknown) => {
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
        };
        const { method = "", url = "", headers } = request;
        if (headers.authorization !== `Basic ${Buffer.from("graylog:p").toString("base64")}`)
          return answer(401, { error: "Unauthorized" });
        const { pathname, searchParams } = new URL(url, "http://x");
        if (method !== "GET") this.writes.push(`${method} ${url}`);
        const body = (text === "" ? {} : JSON.parse(text)) as Body;
        const failed = () => answer(500, { error: { type: "repository_verification_exception", reason: this.broken } });
        switch (`${method} ${pathname}`) {
          case "GET /_snapshot/logs":
            return this.repository === undefined
              ? answer(404, { error: { type: "repository_missing_exception" } })
              : answer(200, { logs: this.repository });
          case "PUT /_snapshot/logs":
            if (this.broken !== undefined) return failed();
            this.repository = body;
            return answer(200, { acknowledged: true });
          case "POST /_snapshot/logs/_verify":
            return this.broken === undefined ? answer(200, { nodes: {} }) : failed();
          case "GET /_plugins/_sm/policies/logs":
            return this.policy === undefined
              ? answer(404, { error: "Snapshot management policy not found" })
              : answer(200, {
                  _seq_no: this.policy.number,
                  _primary_term: 1,
                  sm_policy: { name: "logs", schema_version: 21, last_updated_time: 1, ...this.policy.body },
                });
          case "POST /_plugins/_sm/policies/logs":
            if (this.policy !== undefined) return answer(409, { error: "exists" });
            this.policy = { body, number: 7 };
            return answer(201, {});
          case "PUT /_plugins/_sm/policies/logs":
            if (
              searchParams.get("if_seq_no") !== String(this.policy?.number) ||
              searchParams.get("if_primary_term") !== "1"
            )
              return answer(409, { error: "version conflict" });
            this.policy = { body, number: (this.policy?.number ?? 0) + 1 };
            return answer(200, {});
          default:
            return answer(400, { error: `no handler found for ${method} ${url}` });
        }
      })();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  close(): void {
    this.http.close();
  }
}

const shape = { schedule: "30 1 * * *", keep: "14d", cidrs: ["0.0.0.0/0"] } as const;
const wanted = desiredSnapshots(shape, { bucket: "opensearch" }, ["system_*", "ewoc_*"]);

describe("the Job for snapshots", () => {
  let server: SearchServer;
  let address: string;

  beforeEach(async () => {
    server = new SearchServer();
    address = await server.listen();
  });
  afterEach(() => server.close());

  async function apply(desired = wanted, password = "p") {
    const lines: string[] = [];
    server.writes.length = 0;
    const login = { username: "graylog", password };
    const code = await run(new Server(`http://${address}`, login), desired, (line) => lines.push(line));
    return { code, lines, writes: [...server.writes] };
  }

  it("makes repository and policy, then nothing, then what differs alone", async () => {
    assert.deepEqual(await apply(), {
      code: 0,
      lines: ['created repository "logs"', 'created policy "logs"', "2 created, 0 updated, 0 removed, 0 unchanged"],
      writes: ["PUT /_snapshot/logs", "POST /_plugins/_sm/policies/logs"],
    });
    const second = await apply();
    assert.deepEqual(
      [second.code, second.writes, second.lines],
      [0, ["POST /_snapshot/logs/_verify"], ["0 created, 0 updated, 0 removed, 2 unchanged"]],
    );
    const edited = desiredSnapshots({ ...shape, keep: "30d" }, { bucket: "opensearch" }, ["system_*", "ewoc_*"]);
    const third = await apply(edited);
    assert.deepEqual(third.lines, ['updated policy "logs": deletion', "0 created, 1 updated, 0 removed, 1 unchanged"]);
    assert.equal(third.writes.at(-1), "PUT /_plugins/_sm/policies/logs?if_seq_no=7&if_primary_term=1");
    const moved = desiredSnapshots({ ...shape, keep: "30d" }, { bucket: "other" }, ["system_*", "ewoc_*"]);
    assert.deepEqual((await apply(moved)).lines[0], 'updated repository "logs": settings');
  });

  it("finishes what a run before it began", async () => {
    server.repository = wanted.repository.body;
    assert.deepEqual((await apply()).lines[0], 'created policy "logs"');
  });

  it("fails with the server's words where a node does not reach the bucket, on the first run and on later ones", async () => {
    server.broken = "[logs] path is not accessible on cluster-manager node";
    const first = await apply();
    assert.equal(first.code, 1);
    assert.match(first.lines.at(-1) ?? "", /^failed: PUT \/_snapshot\/logs: 500 .*path is not accessible/);
    delete server.broken;
    await apply();
    server.broken = "403 Forbidden";
    assert.match((await apply()).lines.at(-1) ?? "", /^failed: POST \/_snapshot\/logs\/_verify: 500 .*403 Forbidden/);
  });

  it("tells a wrong password plainly, and never the password", async () => {
    const { code, lines } = await apply(wanted, "wrong-password");
    assert.deepEqual([code, lines.length], [1, 1]);
    assert.match(lines[0] ?? "", /^failed: GET \/_snapshot\/logs: 401/);
    assert.doesNotMatch(lines[0] ?? "", /wrong-password/);
  });

  it("runs from the files that its ConfigMap carries, with nothing else beside them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-"));
    try {
      for (const [name, text] of Object.entries(programTexts("snapshots"))) writeFileSync(join(folder, name), text);
      writeFileSync(join(folder, "wanted.json"), JSON.stringify(wanted));
      const env = { SEARCH_URI: `http://graylog:p@${address}`, SNAPSHOTS: join(folder, "wanted.json") };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, "snapshots.ts")], { env });
      assert.match(stdout, /\n2 created, 0 updated, 0 removed, 0 unchanged\n$/);
      assert.equal(stderr, "");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("snapshots", () => {
  const stack = stackNamed("snapshots");

  it("are a plugin and keys by reference on every node, a Job after the users are known, and a metric", async () => {
    const { resources, result } = await recordStack(stack);
    const values = plannedReleases(resources).find(({ chart }) => chart === "opensearch")?.values as Body;
    assert.deepEqual(values["plugins"], { enabled: true, installList: ["repository-s3"] });
    assert.deepEqual(values["keystore"], [
      {
        secretName: "opensearch-bucket",
        items: [
          { key: "access-key", path: "s3.client.default.access_key" },
          { key: "secret-key", path: "s3.client.default.secret_key" },
        ],
      },
    ]);
    const configuration = (values["config"] as Record<string, string>)["opensearch.yml"] ?? "";
    for (const line of [
      's3.client.default.endpoint: "http://object-store.object-store.svc.cluster.local:7070"',
      "s3.client.default.protocol: http",
      's3.client.default.region: "us-east-1"',
      "s3.client.default.path_style_access: true",
    ])
      assert.ok(configuration.split("\n").includes(line), line);
    const objects = plannedObjects(resources);
    const job = resources.find(({ name }) => name === "logging-snapshots-job");
    const before = job?.dependencies.map((urn) => urn.split("::").at(-1)) ?? [];
    for (const name of ["logging-search-security-job", "buckets-opensearch-job", "logging-search-access"])
      assert.ok(before.includes(name), name);
    const exporter = objects.find(({ kind, name }) => kind === "Deployment" && name === "opensearch-exporter");
    assert.match(JSON.stringify(exporter?.manifest), /--collector\.snapshots/);
    const rules = objects.find(({ kind, name }) => kind === "PrometheusRule" && name === "groundplan-opensearch");
    assert.match(JSON.stringify(rules?.manifest), /OpensearchSnapshotTooOld/);
    assert.deepEqual(
      result.ledger.edges
        .filter(({ purpose }) => /snapshots|bucket opensearch|plugin for buckets/.test(purpose))
        .map(({ from, ports }) => [from.kind === "pods" ? from.labels : {}, ports]),
      [
        [{ "app.kubernetes.io/instance": "opensearch", "app.kubernetes.io/name": "opensearch" }, [7070]],
        [{ "app.kubernetes.io/component": "snapshots-job", "app.kubernetes.io/name": "graylog" }, [9200]],
        [{ "app.kubernetes.io/instance": "opensearch", "app.kubernetes.io/name": "opensearch" }, [443]],
      ],
    );
  });

  it("are kept as long as the settings say, the last one for good", () => {
    const { policy, repository } = wanted;
    assert.deepEqual(repository.body, { type: "s3", settings: { bucket: "opensearch", client: "default" } });
    assert.deepEqual((policy.body["deletion"] as Body)["condition"], { max_age: "14d", min_count: 1 });
    assert.equal((policy.body["snapshot_config"] as Body)["indices"], "system_*,ewoc_*");
    const weekdays = desiredSnapshots({ ...shape, schedule: "*/60 1 ? * sun-tue" }, { bucket: "opensearch" }, []);
    const { creation, deletion } = weekdays.policy.body;
    for (const at of [creation, deletion])
      assert.deepEqual((at as Body)["schedule"], { cron: { expression: "0 1 * * 0,1,2", timezone: "UTC" } });
    assert.equal(pluginPort({ pluginUrl: "http://mirror.example.org:8081/p.zip" }), 8081);
    assert.equal(pluginPort({}), 443);
  });
});
