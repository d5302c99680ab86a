// npm run test:backup: the smoke tests that a stack deploys, with real folders, PostgreSQL, rclone and an S3-compatible server.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresPrograms, startServer } from "../postgres/server.ts";
import type { Result, Server } from "../postgres/server.ts";
import { smokeStack } from "../smoke/stack.ts";
import { deployedContainers, program, root, startStore } from "./deployed.ts";
import type { Deployed, Store } from "./deployed.ts";

/** The account `nobody`: a container has no root either, whom no mode of a folder would stop. */
const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

describe("smoke tests as a stack deploys them", function () {
  this.timeout(300_000);
  let containers: ReadonlyMap<string, Deployed>;
  const folder = mkdtempSync(join(tmpdir(), "groundplan-smoke-"));
  const temporary = join(folder, "tmp");
  const tested = join(folder, "tested");

  before(async () => {
    ({ containers } = await deployedContainers(smokeStack));
    for (const path of [folder, temporary, tested]) {
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o777);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The containers whose name begins with a text; at least one. */
  const named = (start: string): [string, Deployed][] => {
    const found = [...containers].filter(([name]) => name.startsWith(`smoke-${start}`));
    assert.ok(found.length > 0, `${start}: ${[...containers.keys()].join(", ")}`);
    return found;
  };
  const run = ({ command, env }: Deployed, change: Readonly<Record<string, string>> = {}): Promise<Result> =>
    new Promise((resolve, reject) => {
      const [shell = "", ...args] = command;
      const variables = { ...env, PATH: process.env["PATH"] ?? "", TMPDIR: temporary, ...change };
      const child = spawn(shell, args, { ...account, cwd: "/", env: variables, stdio: ["ignore", "pipe", "pipe"] });
      const result: Result = { code: null, out: "", err: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => (result.out += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (result.err += text));
      child.on("error", reject).on("close", (code) => resolve({ ...result, code }));
    });
  const good = async (running: Promise<Result>, message: RegExp) => {
    const { code, err, out } = await running;
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^[^\n]+\n$/);
    assert.match(out, message);
  };
  const bad = async (running: Promise<Result>, message: RegExp) => {
    const { code, err } = await running;
    assert.notEqual(code, 0);
    assert.match(err, /^smoke test: [^\n]+\n$/);
    assert.match(err, message);
  };
  const clean = () => {
    assert.deepEqual(readdirSync(tested), []);
    assert.deepEqual(readdirSync(temporary), []);
  };

  it("N06: a volume of each class and each shared folder is written, flushed and read", async () => {
    const all = [...named("class-"), ...named("folder-")];
    for (const [name, container] of all) {
      assert.equal(container.env["FOLDER"], "/tested", name);
      await good(run(container, { FOLDER: tested }), /MiB written, flushed and read back/);
    }
    clean();
  });

  it("N06: a folder without the right to write, and a full disk, each give one line", async function () {
    const [, container] = named("class-")[0] ?? assert.fail();
    chmodSync(tested, 0o555);
    try {
      await bad(run(container, { FOLDER: tested }), /storage class \S+: .*denied/);
    } finally {
      chmodSync(tested, 0o777);
    }
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", tested]).status !== 0) return this.skip();
    try {
      await bad(run(container, { FOLDER: tested }), /storage class \S+: .*No space left/);
      clean();
    } finally {
      spawnSync("umount", ["-l", tested]);
    }
  });

  it("N06: of two pods with one volume, the second reads what the first wrote, on another node", async () => {
    const [[, writer] = assert.fail(), [, reader] = assert.fail()] = [named("writer-")[0], named("reader-")[0]];
    const here = (NODE: string) => ({ FOLDER: tested, NODE, TRIES: "20" });
    const writing = run(writer, here("node-a"));
    await good(run(reader, here("node-b")), /written on node-a, read on node-b/);
    await good(writing, /read by another pod/);
    for (const name of readdirSync(tested)) rmSync(join(tested, name));
    const alone = run(writer, { ...here("node-a"), TRIES: "3" });
    await bad(run(reader, here("node-a")), /both pods run on node-a/);
    await bad(alone, /no other pod has read/);
    for (const name of readdirSync(tested)) rmSync(join(tested, name));
    await bad(run(reader, { ...here("node-b"), TRIES: "1" }), /the first pod has written nothing/);
    clean();
  });

  describe("X24: of a database", () => {
    let server: Server;
    before(async function () {
      const programs = postgresPrograms();
      if (programs === undefined) return this.skip();
      server = await startServer(programs);
    });
    after(() => (server as Server | undefined)?.stop());

    it("log in with the consumer's own password, and say what the server refuses", async () => {
      for (const [, container] of named("database-")) {
        const { PGDATABASE: name = "", PGPASSWORD: password = "", PGUSER: user } = container.env;
        assert.equal(user, name);
        const made = await server.sql(`CREATE ROLE "${name}" LOGIN PASSWORD '${password}'`);
        assert.equal(made.code, 0, made.err);
        const database = await server.sql(`CREATE DATABASE "${name}" OWNER "${name}"`);
        assert.equal(database.code, 0, database.err);
        const here = { PGHOST: "127.0.0.1", PGPORT: String(server.port), PGSSLMODE: "prefer" };
        await good(run(container, here), new RegExp(`^database ${name}: logged in as ${name}`));
        await bad(run(container, { ...here, PGPASSWORD: "wrong" }), /password authentication failed/);
        await bad(run(container, { ...here, PGDATABASE: "missing" }), /database missing: .*does not exist/);
        await bad(run(container, { ...here, PGPORT: "1" }), /refused/);
      }
      clean();
    });
  });

  describe("X24: of a bucket", () => {
    let store: Store;
    before(async function () {
      const versitygw = program("versitygw");
      if (versitygw === undefined || program("rclone", undefined, ["version"]) === undefined) {
        console.log("      skipped: versitygw and rclone are not on PATH or in ~/.cache/groundplan/bin");
        return this.skip();
      }
      store = startStore(versitygw, 2);
      // The buckets and their keys, by the script of the buckets' own Jobs.
      const { containers: jobs, objects } = await deployedContainers(smokeStack);
      const scripts = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "object-store-scripts");
      const script = String((scripts?.manifest["data"] as Record<string, string>)["bucket.sh"]);
      for (const [name, { env }] of jobs) {
        if (!/-bucket$/.test(name) || env["BUCKET"] === undefined) continue;
        const own = join(folder, "bin");
        mkdirSync(own, { recursive: true });
        if (versitygw.includes("/")) spawnSync("ln", ["-sf", versitygw, join(own, "versitygw")]);
        const done = spawnSync("sh", ["-c", script], {
          encoding: "utf8",
          env: {
            ...env,
            PATH: `${own}:${process.env["PATH"] ?? ""}`,
            ADMIN_ACCESS_KEY: root.access,
            ADMIN_SECRET_KEY: root.secret,
            ADMIN_ENDPOINT_URL: store.endpoint,
          },
        });
        assert.equal(done.status, 0, done.stderr);
      }
    });
    after(() => (store as Store | undefined)?.stop());

    it("write, read and delete with the consumer's own key, and say what the store refuses", async () => {
      const here = () => ({ RCLONE_CONFIG_STORE_ENDPOINT: store.endpoint });
      for (const [, container] of named("bucket-")) {
        const { BUCKET: bucket = "" } = container.env;
        await good(run(container, here()), new RegExp(`^bucket ${bucket}: an object written, read and deleted`));
        // The server's own folder for uploads.
        assert.deepEqual(
          readdirSync(join(store.objects, bucket)).filter((name) => name !== ".sgwtmp"),
          [],
        );
        const wrong = { RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY: "wrong" };
        await bad(run(container, { ...here(), ...wrong }), /signature|denied/i);
        await bad(
          run(container, { ...here(), BUCKET: "missing" }),
          /bucket missing: .*(NoSuchBucket|not exist|not found)/,
        );
        await bad(run(container, { RCLONE_CONFIG_STORE_ENDPOINT: "http://127.0.0.1:1" }), /refused/);
      }
      clean();
    });
  });
});
