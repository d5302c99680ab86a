// npm run test:backup: barman-cloud with the options that a stack's objects lead to, a real PostgreSQL and an object store.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { plannedObjects } from "../../plan/objects.ts";
import { postgresPrograms } from "../postgres/server.ts";
import type { Result } from "../postgres/server.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { barmanOf } from "./barman.ts";
import type { Barman } from "./barman.ts";
import { program } from "./deployed.ts";
import { startMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";

/** The account `nobody`, as which PostgreSQL runs. */
const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** CloudNativePG 1.30, config/manager/default-monitoring.yaml, `pg_stat_archiver`: whether the alert PostgresqlArchiveFails fires. */
const fails =
  "SELECT coalesce(extract(epoch FROM last_failed_time), -1) > coalesce(extract(epoch FROM last_archived_time), -1) FROM pg_stat_archiver";

describe("the archive of PostgreSQL as a stack deploys it", function () {
  this.timeout(300_000);
  const stack = stackNamed("point-in-time");
  let machine: Machine;
  let barman: Barman;
  const folder = (...names: string[]) => join(machine.server.folder, ...names);
  const sql = async (text: string, place?: string) => {
    const result = await machine.server.sql(text, place);
    assert.equal(result.code, 0, result.err);
    return result.out.trim();
  };
  /** A command of barman-cloud, as the server's account. */
  const cloud = (command: string, ...args: readonly string[]): Result => {
    const { superuser, port } = machine.server;
    const env = { PATH: process.env["PATH"], HOME: folder(), PGHOST: "127.0.0.1", PGPORT: `${port}` };
    const { status, stderr, stdout } = spawnSync(`barman-cloud-${command}`, [...args], {
      ...account,
      cwd: folder(),
      env: { ...env, ...superuser, ...barman.env },
      encoding: "utf8",
    });
    return { code: status, out: stdout, err: stderr };
  };
  const good = ({ code, err, out }: Result) => {
    assert.equal(code, 0, err);
    return out;
  };
  const shell = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");
  /** A script in which a command has the plugin's variables: those of the server have no secrets. */
  const script = (name: string, words: readonly string[], last: string) => {
    const variables = Object.entries(barman.env).map(([key, value]) => `${key}='${value}'`);
    writeFileSync(
      folder(name),
      `#!/bin/sh\nexport HOME='${folder()}' ${variables.join(" ")}\nexec ${shell(words)} ${last}\n`,
    );
    chmodSync(folder(name), 0o755);
    return folder(name);
  };
  const until = async (what: string, isTrue: () => Promise<boolean>) => {
    for (const end = Date.now() + 60_000; !(await isTrue()); await sleep(200))
      assert.ok(Date.now() < end, `${what}: ${machine.server.log().split("\n").slice(-30).join("\n")}`);
  };
  const archived = async () => {
    const [, file = ""] = /([0-9A-F]{24})/.exec(await sql("SELECT pg_walfile_name(pg_switch_wal())")) ?? [];
    await until(
      `archive of ${file}`,
      async () => (await sql("SELECT last_archived_wal FROM pg_stat_archiver")) >= file,
    );
  };
  const backups = () =>
    (
      JSON.parse(good(cloud("backup-list", "--format", "json", ...barman.store, ...barman.place))) as {
        backups_list: { backup_id: string; backup_name: string; status: string; end_time: string }[];
      }
    ).backups_list;

  before(async function () {
    const skip = (missing: string) => {
      console.log(`      skipped: ${missing}`);
      return this.skip();
    };
    if (program("barman-cloud-backup") === undefined)
      return skip("barman-cloud is not on PATH (Debian's package barman-cli-cloud)");
    const found = await startMachine(stack, {
      archive_mode: "on",
      wal_level: "replica",
      checkpoint_completion_target: "0.1",
      checkpoint_timeout: "30s",
    });
    if ("missing" in found) return skip(found.missing);
    machine = found;
    const { resources } = await recordStack(stack);
    barman = barmanOf(
      plannedObjects(resources, ({ value }) => value),
      machine.store.endpoint,
    );
    const archive = ["barman-cloud-wal-archive", ...barman.compression.wal, ...barman.store, ...barman.place];
    await sql(`ALTER SYSTEM SET archive_command = '${script("archive", archive, '"$1"')} %p'`);
    await sql("SELECT pg_reload_conf()");
  });
  // The machine is missing where this was skipped.
  after(() => (machine as Machine | undefined)?.stop());

  it("is empty before the first log file, as the plugin requires of it", () => {
    good(cloud("check-wal-archive", ...barman.store, ...barman.place));
  });

  it("receives the log, and a base backup by the name of its object", async () => {
    await sql("CREATE DATABASE wiki");
    await sql(
      "CREATE TABLE page (id int PRIMARY KEY, body text); INSERT INTO page SELECT i, md5(i::text) FROM generate_series(1, 5000) i",
      "wiki",
    );
    await archived();
    good(
      cloud(
        "backup",
        "--user",
        "postgres",
        "--name",
        "backup-1",
        ...barman.compression.data,
        ...barman.store,
        ...barman.place,
      ),
    );
    assert.deepEqual(
      backups().map(({ backup_name, status }) => [backup_name, status]),
      [["backup-1", "DONE"]],
    );
  });

  it("is refused to another, new server", () => {
    const { code, err } = cloud("check-wal-archive", ...barman.store, ...barman.place);
    assert.notEqual(code, 0);
    assert.match(err, /Expected empty archive/);
  });

  it("shows in the server's statistics when the store is away, and catches up afterwards", async () => {
    machine.store.signal("SIGSTOP");
    // A failed attempt is repeated at once, so the server soon has one of them.
    await sql("ALTER SYSTEM SET archive_command = 'timeout 2 " + folder("archive") + " %p'");
    await sql("SELECT pg_reload_conf()");
    await sql("INSERT INTO page VALUES (6000, 'while the store was away')", "wiki");
    await sql("SELECT pg_switch_wal()");
    await until("a failed attempt", async () => (await sql(fails)) === "t");
    machine.store.signal("SIGCONT");
    await sql("ALTER SYSTEM SET archive_command = '" + folder("archive") + " %p'");
    await sql("SELECT pg_reload_conf()");
    await until("the next attempt", async () => (await sql(fails)) === "f");
    await archived();
  });

  describe("recovered as it was at a time", () => {
    let time = "";
    let pages = "";
    let copied: Machine["server"]["sql"];
    const data = () => folder("recovered");

    before(async () => {
      pages = await sql("SELECT count(*), md5(string_agg(body, '' ORDER BY id)) FROM page", "wiki");
      await sleep(1100);
      // The form of the settings has no fractions of a second.
      time = await sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");
      await sleep(1100);
      await sql("DELETE FROM page WHERE id > 100; INSERT INTO page VALUES (7000, 'after the mistake')", "wiki");
      await sql("DROP TABLE IF EXISTS nothing; CREATE TABLE later ()", "wiki");
      await archived();
    });

    it("has exactly the rows of that time, beside a server that stays in use", async () => {
      const { resources } = await recordStack({
        ...stack,
        set: [...(stack.set ?? []), `postgresql.pointInTime.recovery.at=${time}`],
      });
      const copy = plannedObjects(resources, ({ value }) => value).find(
        ({ kind, name }) => kind === "Cluster" && name !== "pgsqlha",
      );
      const spec = copy?.manifest["spec"] as {
        bootstrap: { recovery: { source: string; recoveryTarget: Record<string, string> } };
        externalClusters: { name: string; plugin: { parameters: { serverName: string } } }[];
      };
      const { recoveryTarget, source } = spec.bootstrap.recovery;
      const [external] = spec.externalClusters.filter(({ name }) => name === source);
      const server = external?.plugin.parameters.serverName ?? "";
      const place = [barman.place[0], server];
      assert.deepEqual(Object.keys(recoveryTarget), ["targetTime"]);
      // CloudNativePG, "Recovery": the closest backup that was completed before the time.
      const target = new Date(recoveryTarget["targetTime"] ?? "");
      const base = backups().filter(({ end_time }) => new Date(`${end_time}Z`) < target || new Date(end_time) < target);
      assert.equal(base.length, 1);
      good(cloud("restore", ...barman.store, ...place, base[0]?.backup_id ?? "", data()));
      const restore = script("restore", ["barman-cloud-wal-restore", ...barman.store, ...place], '"$1" "$2"');
      const port = machine.server.port;
      mkdirSync(folder("copy-socket"), { recursive: true });
      appendFileSync(
        join(data(), "postgresql.auto.conf"),
        [
          `restore_command = '${restore} %f %p'`,
          // As the operator writes it (cloudnative-pg/machinery, pkg/postgres/time): PostgreSQL refuses times that end with Z here.
          `recovery_target_time = '${target.toISOString().slice(0, -1).replace("T", " ")}000+00:00'`,
          "recovery_target_action = 'promote'",
          "archive_mode = 'off'",
          `unix_socket_directories = ''`,
          // The port of the live server, at another address: as Services of a cluster have it.
          "listen_addresses = '127.0.0.2'",
          `port = '${port}'`,
          "log_statement = 'none'",
          "",
        ].join("\n"),
      );
      writeFileSync(join(data(), "recovery.signal"), "");
      const programs = postgresPrograms() ?? "";
      const started = spawnSync(
        join(programs, "pg_ctl"),
        ["start", "-w", "-t", "120", "-D", data(), "-l", folder("copy.log")],
        {
          ...account,
          stdio: "ignore",
        },
      );
      assert.equal(started.status, 0, spawnSync("tail", ["-n", "30", folder("copy.log")], { encoding: "utf8" }).stdout);
      const login = { PGHOST: "127.0.0.2", PGPORT: `${port}`, ...machine.server.superuser };
      copied = (text, database = "postgres") =>
        machine.server.run(["psql", "-XwAtq", "-v", "ON_ERROR_STOP=1", "-c", text], { ...login, PGDATABASE: database });
      await until(
        "the end of the recovery",
        async () => (await copied("SELECT pg_is_in_recovery()")).out.trim() === "f",
      );
      const rows = await copied("SELECT count(*), md5(string_agg(body, '' ORDER BY id)) FROM page", "wiki");
      assert.equal(rows.out.trim(), pages);
      assert.equal((await copied("SELECT to_regclass('later') IS NULL", "wiki")).out.trim(), "t");
      assert.equal(await sql("SELECT count(*) FROM page", "wiki"), "101");
    });

    it("gives a database back: the script of a restore copies it beside the present one", async () => {
      const env = { PGDATABASE: "wiki", RECOVERED: "127.0.0.2", TABLES: "page", TARGET: "restored_wiki" };
      const { code, err, out } = await machine.run("dump-keycloak", env, "restore.sh");
      assert.equal(code, 0, err);
      assert.match(out, /verified: 1 tables of 127\.0\.0\.2 in restored_wiki_part\n$/);
      assert.equal(
        await sql("SELECT count(*), md5(string_agg(body, '' ORDER BY id)) FROM page", "restored_wiki"),
        pages,
      );
      assert.equal(await sql("SELECT count(*) FROM page", "wiki"), "101");
    });

    it("copies nothing from a server that is away", async () => {
      const env = { PGDATABASE: "wiki", RECOVERED: "127.0.0.3", TABLES: "page", TARGET: "restored_none" };
      const { code, err } = await machine.run("dump-keycloak", env, "restore.sh");
      assert.notEqual(code, 0);
      assert.match(err, /^backup: restore of wiki of 127\.0\.0\.3: pg_dump: error: [^\n]*\n$/);
      assert.equal(await sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'restored_none%'"), "0");
    });

    after(() => {
      spawnSync(join(postgresPrograms() ?? "", "pg_ctl"), ["stop", "-D", data(), "-m", "immediate"], { ...account });
      rmSync(data(), { recursive: true, force: true });
    });
  });

  it("keeps a base backup as long as the policy of the store says", () => {
    const remove = (policy: string) =>
      good(cloud("backup-delete", ...barman.store, "--retention-policy", policy, ...barman.place));
    assert.equal(barman.policy, "RECOVERY WINDOW OF 7 DAYS");
    remove(barman.policy);
    assert.equal(backups().length, 1);
  });
});
