// The search cluster's certificates, users and rights, as a stack deploys them, read by a real OpenSearch. Not proven here: the
// image, several nodes, snapshots.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { searchHost, searchPaths } from "../../components/logging/opensearch.ts";
import { defaultCluster } from "../../components/kit/environment.ts";
import { program } from "../../index.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { record } from "../../plan/recorder.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { generated } from "../cluster/generated.ts";
import { stackNamed } from "../stacks.ts";
import { administer, findSearch, hashOf, startSearch } from "./search-server.ts";
import type { SearchProgram } from "./search-server.ts";

type Data = Readonly<Record<string, string>>;

const stack = stackNamed("grafana-logs");
const users = { graylog: "search-password", metrics: "search-metrics-password", reader: "search-reader-password" };
const names = Object.keys(users) as (keyof typeof users)[];
const passwordOf = (user: keyof typeof users, rotation = 1) => `password-of-${user}-${rotation}`;

describe("a real OpenSearch", function () {
  this.timeout(300_000);
  let search: SearchProgram;
  let server: Awaited<ReturnType<typeof startSearch>>;
  let first: Awaited<ReturnType<typeof deployed>>;
  let authority: string;
  let host: string;

  /** What a stack deploys, with passwords whose hashes are real. */
  async function deployed(rotation: number) {
    const { resources } = await record(
      program,
      stack.name,
      readStackFile(stack.file, stack.set),
      (type, name, inputs) => {
        const user = names.find((one) => name === `logging-${users[one]}`);
        if (user === undefined || !type.endsWith(":RandomPassword")) return generated(type, name, inputs);
        const password = passwordOf(user, rotation);
        return { result: pulumi.secret(password), bcryptHash: pulumi.secret(hashOf(search, password)) };
      },
    );
    const objects = plannedObjects(resources, ({ value }) => value);
    const secret = (name: string) =>
      objects.find((one) => one.kind === "Secret" && one.name === name)?.manifest["stringData"] as Data;
    const release = plannedReleases(resources).find(({ chart }) => chart === "opensearch");
    const { config } = release?.values as { config: Data };
    const job = objects.find(({ kind, name }) => kind === "Job" && name.startsWith("opensearch-security"));
    const command = /securityadmin\.sh ([^;]*);/.exec(JSON.stringify(job?.manifest))?.[1]?.split(" ") ?? [];
    return {
      namespace: release?.namespace ?? "",
      configuration: config["opensearch.yml"] ?? "",
      certificates: secret("opensearch-certificates"),
      administrator: secret("opensearch-administrator"),
      security: secret("opensearch-security"),
      command,
    };
  }

  before(async function () {
    const programs = findSearch();
    if ("missing" in programs) {
      console.log(`    skipped: ${programs.missing}`);
      return this.skip();
    }
    search = programs;
    first = await deployed(1);
    const { certificates, configuration, namespace, security } = first;
    host = searchHost(namespace, { cluster: defaultCluster });
    authority = certificates["ca.crt"] ?? "";
    const within = (folder: string, data: Data) =>
      Object.fromEntries(
        Object.entries(data).map(([name, text]) => [`${folder.replace(/^.*\/config\//, "")}/${name}`, text]),
      );
    server = await startSearch(search, {
      "opensearch.yml": configuration,
      ...within(searchPaths.certificates, certificates),
      ...within(searchPaths.security, security),
    });
  });
  after(() => (server as typeof server | undefined)?.stop());

  function ask(method: string, path: string, login?: string, body?: unknown, ca = authority): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ host: "127.0.0.1", port: server.port, servername: host, ca, method, path },
          headers: { "content-type": "application/json" },
          ...(login === undefined ? {} : { auth: login }),
        },
        (answer) => {
          answer.resume();
          answer.once("end", () => resolve(answer.statusCode ?? 0));
        },
      );
      sent.once("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
  const as = (user: keyof typeof users, rotation = 1) => `${user}:${passwordOf(user, rotation)}`;
  const statuses = async (user: keyof typeof users, asked: readonly [string, string, unknown?][]) =>
    Promise.all(asked.map(async ([method, path, body]) => [method, path, await ask(method, path, as(user), body)]));

  it("W19: speaks TLS as the stack's own CA certifies, and lets in nobody without a generated password", async () => {
    assert.equal(await ask("GET", "/", as("graylog")), 200);
    await assert.rejects(ask("GET", "/", as("graylog"), undefined, ""), /certificate/);
    assert.deepEqual(
      [await ask("GET", "/"), await ask("GET", "/", "admin:admin"), await ask("GET", "/", "graylog:wrong")],
      [401, 401, 401],
    );
  });

  it("lets Graylog do with indices what it does, and makes none by a misspelt name", async () => {
    const asked: [string, string, unknown?][] = [
      ["PUT", "/system_0", { settings: { number_of_shards: 3, number_of_replicas: 0 } }],
      ["PUT", "/_index_template/system", { index_patterns: ["system_*"], template: {} }],
      ["PUT", "/system_0/_alias/system_deflector"],
      ["POST", "/system_deflector/_doc?refresh=true", { message: "hello", timestamp: "2026-11-21 18:00:00.000" }],
      ["PUT", "/system_0/_settings", { "index.blocks.write": true }],
      ["GET", "/_cluster/health"],
      ["GET", "/_nodes/stats"],
      ["POST", "/sistem_deflector/_doc", {}],
      ["PUT", "/private"],
    ];
    const given: unknown[] = [];
    for (const [method, path, body] of asked) given.push(await ask(method, path, as("graylog"), body));
    assert.deepEqual(given, [200, 200, 200, 201, 200, 200, 200, 404, 200]);
  });

  it("lets the exporter see the state of the cluster, and no message", async () => {
    const given = await statuses("metrics", [
      ["GET", "/"],
      ["GET", "/_cluster/health"],
      ["GET", "/_nodes/stats"],
      ["GET", "/_cluster/settings"],
      ["GET", "/system_0/_search"],
      ["PUT", "/mine"],
      ["DELETE", "/system_0"],
    ]);
    assert.deepEqual(
      given.map(([, , status]) => status),
      [200, 200, 200, 200, 403, 403, 403],
    );
  });

  it("lets Grafana read the index sets, and neither write nor read anything else", async () => {
    const given = await statuses("reader", [
      ["GET", "/"],
      ["GET", "/system_0/_search"],
      ["GET", "/system_0/_mapping"],
      ["GET", "/system_0/_field_caps?fields=*"],
      ["GET", "/private/_search"],
      ["GET", "/.opendistro_security/_search"],
      ["PUT", "/system_0/_doc/1", {}],
      ["DELETE", "/system_0"],
    ]);
    assert.deepEqual(
      given.map(([, , status]) => status),
      [200, 200, 200, 200, 403, 403, 403, 403],
    );
  });

  it("X2: takes new passwords from the Job, and the old ones no longer", async () => {
    const { command, security } = await deployed(2);
    const folder = join(search.home, "job");
    // What the first `up` made of keys and certificates stays.
    for (const [name, data] of Object.entries({ administrator: first.administrator, security })) {
      mkdirSync(join(folder, name), { recursive: true });
      for (const [file, text] of Object.entries(data)) writeFileSync(join(folder, name, file), text);
    }
    const here = command
      .map((part) => part.replace(/^\/(administrator|security)/, join(folder, "$1")))
      .map((part, at) => (command[at - 1] === "-p" ? String(server.port) : part));
    assert.ok(here.includes(host) && here.includes("-cd"));
    const { status, text } = administer(search, here, host);
    assert.equal(status, 0, text);
    assert.deepEqual([await ask("GET", "/", as("graylog")), await ask("GET", "/", as("graylog", 2))], [401, 200]);
    assert.deepEqual([await ask("GET", "/", as("reader")), await ask("GET", "/", as("reader", 2))], [401, 200]);
  });
});
