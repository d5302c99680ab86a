// npm run test:backup: a repository in a shared folder, by the scripts and the accounts of a stack's pods, with a local folder.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "../postgres/server.ts";
import { stackNamed } from "../stacks.ts";
import { startMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";

const dump = "dump-keycloak";

describe("backups in a shared folder", function () {
  this.timeout(300_000);
  let machine: Machine;
  let folder: string;
  const good = async (running: Promise<Result>): Promise<string> => {
    const { code, err, out } = await running;
    assert.equal(err, "");
    assert.equal(code, 0);
    return out;
  };
  /** A run that must fail with one line. */
  const bad = async (running: Promise<Result>, message: RegExp): Promise<void> => {
    const { code, err } = await running;
    assert.notEqual(code, 0);
    assert.match(err, /^backup: [^\n]+\n$/);
    assert.match(err, message);
  };
  const sql = async (text: string, place = "keycloak") => {
    const result = await machine.server.sql(text, place);
    assert.equal(result.code, 0, result.err);
    return result.out.trim();
  };
  const snapshots = async () => JSON.parse(await good(machine.run("backup-check", {}, "snapshots.sh"))) as object[];

  before(async function () {
    const missing = (what: string) => {
      console.log(`      skipped: ${what}`);
      return this.skip();
    };
    if (process.getuid?.() !== 0) return missing("root is required, for the accounts of pods");
    const found = await startMachine(stackNamed("midpoint-shared"));
    if ("missing" in found) return missing(found.missing);
    machine = found;
    // An export as docs/backup.md describes it.
    folder = join(machine.folder, "repository");
    mkdirSync(folder);
    chownSync(folder, 0, 10001);
    chmodSync(folder, 0o2770);
    await sql("CREATE ROLE keycloak", "postgres");
    await sql("CREATE DATABASE keycloak OWNER keycloak", "postgres");
    await sql(`CREATE TABLE realm (id int, name text); INSERT INTO realm VALUES (1, 'master');
      CREATE TABLE databasechangelog (id text); INSERT INTO databasechangelog VALUES ('1')`);
  });
  // The machine is missing where this was skipped.
  after(() => (machine as Machine | undefined)?.stop());

  it("find no repository before its Job has run", () => bad(machine.run(dump), /no repository at \//));

  it("are written, pruned and checked by pods with different accounts", async () => {
    assert.match(await good(machine.run("backup-repository")), /: created\npassword: added\n$/);
    assert.match(await good(machine.run(dump)), /^\/postgresql\/keycloak.dump: snapshot /);
    for (let run = 0; run < 5; run += 1) await good(machine.run("backup-roles"));
    await good(machine.run("backup-prune"));
    // The dump, and of the roles the last three and the first.
    assert.equal((await snapshots()).length, 5);
    assert.match(await good(machine.run("backup-check", { SHARES: "1" })), /^check: no errors/);
    const owners = new Set(
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => lstatSync(join(folder, name)).uid),
    );
    assert.ok(owners.size > 1, "the files belong to one account");
  });

  it("are closed for accounts without the group", () => {
    const list = (path: string) =>
      spawnSync("setpriv", ["--reuid", "10002", "--regid", "10002", "--clear-groups", "ls", path], {
        encoding: "utf8",
      });
    assert.equal(list(machine.folder).status, 0);
    for (const path of [folder, join(folder, readdirSync(folder)[0] ?? "")])
      assert.match(list(path).stderr, /Permission denied/);
  });

  it("get a new password by a rotation", async () => {
    const rotated = { RESTIC_PASSWORD: "another-password" };
    await good(machine.run("backup-repository", rotated));
    await bad(machine.run(dump), /wrong password/);
    await good(machine.run(dump, rotated));
    await good(machine.run("backup-repository"));
  });

  it("are restored beside the database, swapped, and proven by a drill", async () => {
    await sql("UPDATE realm SET name = 'changed'");
    const target = "restored_1";
    const change = { SNAPSHOT: "latest", TABLES: "realm", TARGET: target };
    assert.match(await good(machine.run(dump, change, "restore.sh")), /^rows \["public\.realm", 1\]$/m);
    assert.match(await good(machine.run(dump, { TARGET: target, OLD: "before_1" }, "swap.sh")), /^swapped: /);
    assert.equal(await sql("SELECT name FROM realm"), "master");
    assert.match(await good(machine.run("drill-keycloak")), /^verified: 2 tables/m);
  });

  describe("that cannot be written to", () => {
    const place = () => join(machine.folder, "small");
    const other = () => ({ RESTIC_REPOSITORY: join(place(), "prod"), STALL_SECONDS: "10", WATCH_SECONDS: "1" });
    const mount = (...options: string[]) => spawnSync("mount", [...options, place()]).status;
    before(async function () {
      mkdirSync(place());
      if (mount("-t", "tmpfs", "-o", "size=2m,mode=2770,gid=10001", "tmpfs") !== 0) return this.skip();
      await good(machine.run("backup-repository", other()));
      await good(machine.run(dump, other()));
    });
    after(() => void spawnSync("umount", ["-l", place()]));

    it("end with one line where it is read-only", async () => {
      assert.equal(mount("-o", "remount,ro"), 0);
      try {
        await bad(machine.run(dump, other()), /prod is read-only/);
        await bad(machine.run("backup-prune", other()), /prod is read-only/);
        const missing = { ...other(), RESTIC_REPOSITORY: join(place(), "new") };
        await bad(machine.run("backup-repository", missing), /read-only file system/);
      } finally {
        assert.equal(mount("-o", "remount,rw"), 0);
      }
      await good(machine.run(dump, other()));
    });

    it("end with one line where it is full, and a dump leaves no snapshot", async () => {
      const before = await good(machine.run("backup-check", other(), "snapshots.sh"));
      await sql(
        "CREATE TABLE big AS SELECT i, md5(random()::text) || md5(random()::text) FROM generate_series(1, 60000) i",
      );
      const { child, done } = machine.start(dump, other());
      await bad(done, /no space left/);
      assert.equal(spawnSync("pgrep", ["-g", String(child.pid), "-x", "restic"]).status, 1);
      assert.equal(await sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump'"), "0");
      await sql("DROP TABLE big");
      assert.equal(await good(machine.run("backup-check", other(), "snapshots.sh")), before);
      assert.throws(() => writeFileSync(join(place(), "filler"), Buffer.alloc(4 * 2 ** 20)), /ENOSPC/);
      await bad(machine.run("backup-roles", other()), /no space left/);
    });
  });
});
