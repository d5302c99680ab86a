// npm run test:backup: the scripts that a stack deploys, with real PostgreSQL, restic and an S3-compatible server.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, statSync, readFileSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseBytes } from "../../components/kit/quantities.ts";
import type { Result } from "../postgres/server.ts";
import { database, useMachine } from "./machine.ts";
import type { Store } from "./deployed.ts";
import type { Machine } from "./machine.ts";

/** How many bytes of rows the large table has: `BACKUP_TEST_SIZE=1Gi npm run test:backup`. */
const size = parseBytes(process.env["BACKUP_TEST_SIZE"] ?? "64Mi");

const dump = "dump-keycloak";
const target = "restored_20261120_030000";

interface Snapshot {
  readonly id: string;
  readonly paths: readonly string[];
}

describe("backups as a stack deploys them", function () {
  this.timeout(900_000);
  let machine: Machine;
  const own = { PGDATABASE: database };
  const sql = async (text: string, place = database) => {
    const result = await machine.server.sql(text, place);
    assert.equal(result.code, 0, result.err);
    return result.out.trim();
  };
  const good = async (running: Promise<Result>): Promise<string> => {
    const result = await running;
    assert.equal(result.code, 0, result.err);
    assert.equal(result.err, "");
    return result.out;
  };
  /** A run that must fail with one line. */
  const bad = async (running: Promise<Result>, message: RegExp): Promise<void> => {
    const { code, err } = await running;
    assert.notEqual(code, 0);
    assert.match(err, /^backup: [^\n]+\n$/);
    assert.match(err, message);
  };
  const snapshots = async (path = `/postgresql/${database}.dump`): Promise<Snapshot[]> => {
    const all = JSON.parse(await good(machine.run(dump, own, "snapshots.sh"))) as Snapshot[];
    return all.filter(({ paths }) => paths[0] === path);
  };
  /** Everything in a database, in the order of the rows, as one checksum. */
  const content = (name: string): string => {
    const env = {
      ...process.env,
      ...machine.server.superuser,
      PGHOST: "127.0.0.1",
      PGPORT: String(machine.server.port),
      PGDATABASE: name,
    };
    const script =
      "pg_dump --format=plain | grep -avE '^.(un)?restrict |^-- Dumped|^-- Name: (DATABASE|SCHEMA)' | sha256sum";
    const { stdout, status } = spawnSync("bash", ["-o", "pipefail", "-c", script], { env, encoding: "utf8" });
    assert.equal(status, 0);
    return stdout.trim();
  };

  before(async function () {
    machine = await useMachine(this);
    await sql(
      `CREATE ROLE "${database}" LOGIN PASSWORD 'Sentinel'; CREATE ROLE "Read ""er" NOLOGIN; CREATE ROLE "1 of; two" NOLOGIN; GRANT "Read ""er" TO "1 of; two"`,
      "postgres",
    );
    await sql(
      `CREATE DATABASE "${database}" OWNER "${database}" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
      "postgres",
    );
    await sql(
      `REVOKE ALL ON DATABASE "${database}" FROM PUBLIC; GRANT CONNECT ON DATABASE "${database}" TO "Read ""er"`,
      "postgres",
    );
    await sql(`
      ALTER SCHEMA public OWNER TO "${database}"; REVOKE ALL ON SCHEMA public FROM PUBLIC;
      CREATE EXTENSION pg_trgm; CREATE EXTENSION hstore;
      CREATE TABLE realm (id int PRIMARY KEY, name text); INSERT INTO realm VALUES (1, 'master');
      CREATE TABLE databasechangelog (id text); INSERT INTO databasechangelog VALUES ('1');
      ALTER TABLE realm OWNER TO "${database}"; GRANT SELECT ON realm TO "Read ""er";
      CREATE SCHEMA "We""ird sch'ema \u00e9";
      CREATE TABLE "We""ird sch'ema \u00e9"."a|b $HOME \\ %I
second line" ("col ""umn" text, "select" hstore);
      INSERT INTO "We""ird sch'ema \u00e9"."a|b $HOME \\ %I
second line" VALUES (E'tab\\t\\\\N null \u20ac', 'a=>1'), (NULL, NULL), ('', '');
      CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM realm;
      CREATE SEQUENCE "Seq"; SELECT nextval('"Seq"');
      SELECT lo_from_bytea(16001, decode(repeat('00ff', 200000), 'hex')); SELECT lo_from_bytea(16002, '');
      CREATE TABLE big (id bigint PRIMARY KEY, body text);
      INSERT INTO big SELECT i, (SELECT string_agg(md5(i::text || ':' || j), '') FROM generate_series(1, 32) j) FROM generate_series(1, ${Math.ceil(size / 1024)}) i`);
  });
  // The machine is missing where this was skipped.
  after(() => (machine as Machine | undefined)?.stop());

  it("find no repository before its Job has run", () => bad(machine.run(dump, own), /no repository at s3:/));

  it("have a repository that the Job creates once", async () => {
    assert.match(await good(machine.run("backup-repository")), /: created\npassword: added\n$/);
    assert.match(await good(machine.run("backup-repository")), /: exists\npassword: unchanged\n$/);
  });

  it("keep a database and the roles", async () => {
    assert.match(
      await good(machine.run(dump, own)),
      new RegExp(`^/postgresql/${database}.dump: snapshot [0-9a-f]{64}, [0-9]+ bytes\n$`),
    );
    await good(machine.run("backup-roles"));
    assert.equal((await snapshots()).length, 1);
    const roles = machine.restic(["dump", "--path", "/postgresql/roles.sql", "latest", "/postgresql/roles.sql"]);
    for (const text of [
      `CREATE ROLE "${database}"`,
      `CREATE ROLE "Read ""er"`,
      `GRANT "Read ""er" TO "1 of; two"`,
      "SCRAM-SHA-256$",
    ])
      assert.ok(roles.out.includes(text), text);
  });

  it("C17: of two servers have folders of their own, so that equal names are kept apart", async () => {
    const other = { DUMPS: "/postgresql-confluence" };
    await good(machine.run(dump, { ...own, ...other }));
    await good(machine.run("backup-roles", other));
    assert.equal((await snapshots()).length, 1);
    assert.equal((await snapshots("/postgresql-confluence/Odd-Name_1.dump")).length, 1);
    await bad(
      machine.run(dump, { ...own, DUMPS: "/none", SNAPSHOT: "latest", TARGET: "x" }, "restore.sh"),
      /no.*snapshot/i,
    );
    assert.match(await good(machine.run("drill-keycloak", { ...own, ...other })), /^verified: \d+ tables/m);
  });

  it("keep the roles without passwords for a user who may not read them", async () => {
    await sql("CREATE ROLE manager LOGIN CREATEROLE PASSWORD 'manager'", "postgres");
    await good(machine.run("backup-roles", { PGUSER: "manager", PGPASSWORD: "manager" }));
    const roles = machine.restic(["dump", "--path", "/postgresql/roles.sql", "latest", "/postgresql/roles.sql"]);
    assert.ok(roles.out.includes("CREATE ROLE manager"));
    assert.ok(!roles.out.includes("SCRAM-SHA-256$"));
    await good(machine.run("backup-roles"));
  });

  it("are restored beside the database, with the same rows, owners and rights", async () => {
    const before = content(database);
    const [snapshot] = await snapshots();
    await sql("UPDATE realm SET name = 'changed'");
    const out = await good(
      machine.run(dump, { ...own, SNAPSHOT: snapshot?.id ?? "", TARGET: target, TABLES: "realm big" }, "restore.sh"),
    );
    assert.match(out, /^rows \["public\.realm", 1\]$/m);
    assert.match(out, /a\|b \$HOME/);
    assert.equal(content(target), before);
    assert.notEqual(content(database), before);
    const rights = (name: string) =>
      sql(`SELECT pg_get_userbyid(datdba), datcollate, datacl FROM pg_database WHERE datname = '${name}'`);
    assert.equal(await rights(target), await rights(database));
  });

  it("are never restored over a database that exists", async () => {
    const before = content(target);
    const out = await good(machine.run(dump, { ...own, SNAPSHOT: "latest", TARGET: target }, "restore.sh"));
    assert.equal(out, `restored already: ${target}\n`);
    assert.equal(content(target), before);
  });

  it("leave no half database where a restore fails", async () => {
    const other = "restored_other";
    const run = (change: Record<string, string>) =>
      machine.run(dump, { ...own, SNAPSHOT: "latest", TARGET: other, ...change }, "restore.sh");
    await bad(run({ TABLES: "nothing" }), /no table public.nothing/);
    await bad(run({ SNAPSHOT: "0000000000" }), /no matching|not found|no snapshot/i);
    await bad(run({ PGDATABASE: "missing" }), /no database missing/);
    assert.equal(await sql(`SELECT count(*) FROM pg_database WHERE datname LIKE '${other}%'`), "0");
  });

  it("take the database's place in one transaction, although clients are connected", async () => {
    const old = "before_20261120_030000";
    const waiting = machine.server.sql("SELECT pg_sleep(60)", database);
    await sleep(500);
    const change = { ...own, TARGET: target, OLD: old };
    assert.match(await good(machine.run(dump, change, "swap.sh")), /^swapped: /);
    assert.notEqual((await waiting).code, 0);
    assert.equal(await sql("SELECT name FROM realm"), "master");
    assert.equal(await sql("SELECT name FROM realm", old), "changed");
    assert.match(await good(machine.run(dump, change, "swap.sh")), /^swapped already/);
    await sql(`DROP DATABASE ${old}`, "postgres");
  });

  it("X11: are proven by a drill on a server of its own, which leaves nothing", async () => {
    const out = await good(machine.run("drill-keycloak", own));
    assert.match(out, /^verified: \d+ tables/m);
    assert.deepEqual(
      readdirSync(join(machine.folder, "drill")).filter((name) =>
        existsSync(join(machine.folder, "drill", name, "data")),
      ),
      [],
    );
    await bad(machine.run("drill-keycloak", { ...own, TABLES: "nothing" }), /no table public.nothing/);
    await bad(machine.run("drill-keycloak", { ...own, PGDATABASE: "missing" }), /missing/);
  });

  it("are pruned by the rule: of five in one day the last three and the first, and another path is not counted", async () => {
    for (let run = 0; run < 4; run += 1) await good(machine.run(dump, own));
    assert.equal((await snapshots()).length, 5);
    const [first, , ...last] = (await snapshots()).map(({ id }) => id);
    await good(machine.run("backup-prune"));
    assert.deepEqual(
      (await snapshots()).map(({ id }) => id),
      // restic keeps the oldest as long as days, weeks or months are missing.
      [first, ...last],
    );
    assert.equal((await snapshots("/postgresql/roles.sql")).length, 3);
    assert.match(await good(machine.run("backup-check", { SHARES: "1" })), /^check: no errors/);
  });

  it("open with a new password after a rotation, and no longer with the old one", async () => {
    const rotated = { RESTIC_PASSWORD: "another-password" };
    await bad(machine.run(dump, { ...own, ...rotated }), /wrong password/);
    assert.match(
      await good(machine.run("backup-repository", rotated)),
      /password: added\npassword [0-9a-f]+: removed\n$/,
    );
    await bad(machine.run(dump, own), /wrong password/);
    await good(machine.run(dump, { ...own, ...rotated }));
    assert.match(await good(machine.run("backup-repository")), /password: added\npassword [0-9a-f]+: removed\n$/);
    await bad(machine.run("backup-repository", { RECOVERY_PASSWORD: "wrong" }), /wrong password/);
  });

  it("leave no snapshot that looks whole and is not, killed at ten moments", async () => {
    // With changed rows, so that each run has something to store.
    const started = Date.now();
    await good(machine.run(dump, own));
    const length = Date.now() - started;
    let whole = await snapshots();
    const moments = Array.from({ length: 10 }, () => Math.random());
    console.log(`      moments: ${moments.map((share) => Math.round(share * length)).join(", ")} ms of ${length} ms`);
    for (const [index, share] of moments.entries()) {
      await sql(`UPDATE big SET body = md5(id::text || '${index}') || body WHERE id % 3 = 0`);
      const expected = sha(await dumped());
      const { child, done } = machine.start(dump, own);
      await sleep(share * length);
      // Every third moment only pg_dump is killed, and every other third the connection of pg_dump.
      if (index % 3 === 1) spawnSync("pkill", ["-9", "-g", String(child.pid), "pg_dump"]);
      else if (index % 3 === 2)
        await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'");
      // It may have ended already.
      else spawnSync("kill", ["-9", "--", `-${child.pid ?? 0}`]);
      const { code } = await done;
      const now = await snapshots();
      const fresh = now.filter(({ id }) => whole.every((one) => one.id !== id));
      if (code === 0) assert.equal(fresh.length, 1);
      for (const { id } of fresh) {
        // It ended before it was killed: then it has all of the dump.
        const stored = machine.restic(["dump", id, `/postgresql/${database}.dump`]);
        assert.equal(stored.code, 0, stored.err);
        assert.equal(sha(stored.bytes), expected);
      }
      whole = now;
    }
    const unlocked = machine.restic(["unlock"]);
    assert.equal(unlocked.code, 0, unlocked.err);
    await good(machine.run("backup-check", { SHARES: "1" }));
  });

  /** The dump itself, without the time in its header. */
  const dumped = (): Promise<Buffer> => {
    const env = {
      ...process.env,
      ...machine.server.superuser,
      PGHOST: "127.0.0.1",
      PGPORT: String(machine.server.port),
      PGDATABASE: database,
    };
    const { stdout, status } = spawnSync("pg_dump", ["--format=custom", "--compress=0"], {
      env,
      maxBuffer: 2 ** 31 - 1,
    });
    assert.equal(status, 0);
    return Promise.resolve(stdout);
  };
  // The header has the time of the dump in its first 64 bytes (pg_dump, "WriteHead").
  const sha = (bytes: Buffer) => createHash("sha256").update(bytes.subarray(64)).digest("hex");

  it("say in one line that the server is away, or refuses", async () => {
    await bad(machine.run(dump, { ...own, PGPORT: "1" }), /refused/);
    await bad(machine.run(dump, { ...own, PGPASSWORD: "wrong" }), /password authentication failed/);
    await bad(machine.run(dump, { PGDATABASE: "missing" }), /"missing" does not exist/);
    await bad(machine.run("backup-roles", { PGPORT: "1" }), /refused/);
  });

  it("say in one line that the bucket is away, or does not exist", async () => {
    const { RESTIC_REPOSITORY: repository } = { RESTIC_REPOSITORY: `s3:${machine.store.endpoint}/missing/prod` };
    await bad(
      machine.run(dump, { ...own, RESTIC_REPOSITORY: "s3:http://127.0.0.1:1/backup/prod", OPEN_SECONDS: "12" }),
      /did not answer in 12 s: .*refused/,
    );
    await bad(machine.run(dump, { ...own, RESTIC_REPOSITORY: repository }), /missing/);
    await bad(machine.run(dump, { ...own, AWS_SECRET_ACCESS_KEY: "wrong" }), /signature|denied|key/i);
  });

  it("say in one line that the repository is damaged", async () => {
    const data = join(machine.store.objects, "backup");
    const packs = readdirSync(data, { recursive: true, encoding: "utf8" })
      .filter((name) => name.includes("/data/") && statSync(join(data, name)).isFile())
      .sort((a, b) => statSync(join(data, b)).size - statSync(join(data, a)).size);
    const path = join(data, packs[0] ?? "");
    const bytes = readFileSync(path);
    const broken = Buffer.from(bytes);
    for (let at = 1000; at < broken.length - 1000; at += 500) broken[at] = (broken[at] ?? 0) ^ 255;
    writeFileSync(path, broken);
    try {
      await bad(machine.run("backup-check", { SHARES: "1" }), /check: .*(damaged|errors|ciphertext|hash|contains)/i);
    } finally {
      writeFileSync(path, bytes);
    }
    await good(machine.run("backup-check", { SHARES: "1" }));
  });

  it("say in one line that the disk is full", async function () {
    const full = join(machine.folder, "full");
    mkdirSync(full);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", full]).status !== 0) return this.skip();
    try {
      const small = { RESTIC_REPOSITORY: join(full, "repository") };
      await good(machine.run("backup-repository", small));
      assert.throws(() => writeFileSync(join(full, "filler"), Buffer.alloc(4 * 2 ** 20)), /ENOSPC/);
      await bad(machine.run("backup-roles", small), /no space left/);
    } finally {
      spawnSync("umount", ["-l", full]);
    }
  });

  describe("whose store fails during a dump", () => {
    const place = () => join(machine.folder, "second");
    let second: Store | undefined;
    /** Packs are small, so that restic stops reading before the end of the dump. */
    const small = () => ({
      ...own,
      RESTIC_REPOSITORY: `s3:${second?.endpoint}/backup/prod`,
      RESTIC_PACK_SIZE: "4",
      WATCH_SECONDS: "1",
    });
    const packs = () =>
      readdirSync(second?.objects ?? "", { recursive: true, encoding: "utf8" }).filter((name) =>
        /\/data\/../.test(name),
      ).length;

    /** A disk with room for a share of the dump, and a store on it. Only root can mount it. */
    const onDisk = async (test: Mocha.Context, share: number) => {
      const options = `size=${Math.round((size / 2 ** 20) * share)}m`;
      if (spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", place()]).status !== 0) return test.skip();
      second = machine.secondStore(place());
      await good(machine.run("backup-repository", small()));
    };
    beforeEach(() => void mkdirSync(place(), { recursive: true }));
    afterEach(() => {
      if (second === undefined) return;
      second.signal("SIGKILL");
      spawnSync("umount", ["-l", place()]);
      second.stop();
    });
    const nothingLeft = async (group: number | undefined) => {
      assert.equal(await sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump'"), "0");
      assert.equal(spawnSync("pgrep", ["-g", String(group), "-x", "restic"]).status, 1);
    };
    /** Starts a backup, and does something once it has stored the first data. */
    const during = async (change: Record<string, string>, act: () => void) => {
      const running = machine.start(dump, { ...small(), ...change });
      while (packs() < 2) await sleep(20);
      act();
      return running;
    };

    it("end with one line where the store is full", async function () {
      await onDisk(this, 0.25);
      const { child, done } = machine.start(dump, { ...small(), STALL_SECONDS: "10" });
      await bad(done, /failed for \d+ s, and restic was stopped: .*space/);
      await nothingLeft(child.pid);
    });

    it("end with one line where the store is gone", async function () {
      await onDisk(this, 2);
      const { child, done } = await during({ STALL_SECONDS: "10" }, () => second?.signal("SIGKILL"));
      await bad(done, /failed for \d+ s.*: .*refused/);
      await nothingLeft(child.pid);
    });

    it("end with one line where the store no longer answers", async function () {
      await onDisk(this, 2);
      const change = { STALL_SECONDS: "10", STUCK_SECONDS: "5" };
      const { child, done } = await during(change, () => second?.signal("SIGSTOP"));
      await bad(done, /failed for \d+ s.*: .*(timeout|canceled|deadline)/);
      await nothingLeft(child.pid);
    });

    it("go on where the store comes back", async function () {
      await onDisk(this, 2);
      const { done } = await during({ STALL_SECONDS: "60", STUCK_SECONDS: "3" }, () => {
        second?.signal("SIGSTOP");
        setTimeout(() => second?.signal("SIGCONT"), 8000);
      });
      await good(done);
    });
  });
});
