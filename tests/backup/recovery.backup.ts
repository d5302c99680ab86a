// npm run test:backup: the commands of docs/recovery.md that run inside of containers, as they stand there, with real PostgreSQL
// servers. In the place of kubectl and Pulumi are scripts that start what follows `--` here, and print what a stack has.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresPrograms, startServer } from "../postgres/server.ts";
import type { Server } from "../postgres/server.ts";
import { root } from "../stacks.ts";

/** The one block of commands in a section of docs/recovery.md that has a text. */
function block(title: string, text: string): string {
  const [, section = ""] = readFileSync(join(root, "docs", "recovery.md"), "utf8").split(`\n## ${title}\n`);
  const [own = ""] = section.split("\n## ");
  const blocks = [...own.matchAll(/^ *```(?:console|sh)\n([^]*?)^ *```$/gm)].map(([, commands = ""]) => commands);
  const found = blocks.filter((commands) => commands.includes(text));
  assert.equal(found.length, 1, `${title}: ${text}`);
  return found[0]?.replace(/^ {3}/gm, "") ?? "";
}

describe("recovery inside of containers", function () {
  this.timeout(300_000);
  let old: Server;
  let other: Server;
  let folder: string;
  let programs: string;
  const sql = async (server: Server, text: string, database?: string) => {
    const { code, err, out } = await server.sql(text, database);
    assert.equal(code, 0, err);
    return out.trim();
  };
  const run = (script: string) => {
    const { status, stderr, stdout } = spawnSync("bash", ["-euo", "pipefail", "-c", script], {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: `${folder}:${programs}:${process.env["PATH"] ?? ""}`,
        POSTGRES_PASSWORD_FILE: join(folder, "password"),
        PGPOOL_POSTGRES_PASSWORD_FILE: join(folder, "password"),
      },
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const program = (name: string, lines: readonly string[]) => {
    writeFileSync(join(folder, name), ["#!/bin/sh", ...lines, ""].join("\n"));
    chmodSync(join(folder, name), 0o755);
  };

  before(async function () {
    const found = postgresPrograms();
    if (found === undefined || spawnSync("jq", ["--version"]).status !== 0) {
      console.log("      skipped: PostgreSQL 15 or later, or jq, is not installed");
      return this.skip();
    }
    programs = found;
    [old, other] = [await startServer(found), await startServer(found)];
    folder = mkdtempSync(join(tmpdir(), "groundplan-recovery-"));
    writeFileSync(join(folder, "password"), old.superuser.PGPASSWORD);
    program("kubectl", [
      'case "$*" in',
      '  "get clusters.postgresql.cnpg.io pgsqlha "*) printf pgsqlha-1; exit ;;',
      `  "exec "*" pgsqlha-1 "*) export PGHOST=127.0.0.1 PGPORT=${other.port} PGPASSWORD='${other.superuser.PGPASSWORD}' ;;`,
      `  "exec "*) export PGPORT=${old.port} ;;`,
      '  *) echo "unexpected: kubectl $*" >&2; exit 1 ;;',
      "esac",
      'while [ "$1" != -- ]; do shift; done',
      "shift",
      'exec "$@"',
    ]);
    program("npx", [`[ "$1 $2 $3" = "pulumi stack output" ]`, `echo '{"postgresql":{"password":"New-Sentinel-42"}}'`]);
  });
  after(() => {
    for (const server of [old, other] as (Server | undefined)[]) server?.stop();
    if ((folder as string | undefined) !== undefined) rmSync(folder, { recursive: true });
  });

  it("moves a database between engines, with its rows and its owner", async () => {
    const title = "Moving between engines";
    await sql(old, "CREATE ROLE rdm LOGIN; CREATE ROLE stranger");
    await sql(old, "CREATE DATABASE rdm OWNER rdm");
    await sql(old, "CREATE TABLE record (id int PRIMARY KEY, title text); ALTER TABLE record OWNER TO rdm", "rdm");
    await sql(old, "INSERT INTO record SELECT n, 'Ä ' || n FROM generate_series(1, 1000) n", "rdm");
    // The other engine's Job has made its role and its empty database. A role by hand is not there.
    await sql(old, "GRANT SELECT ON record TO rdm", "rdm");
    await sql(other, "CREATE ROLE rdm LOGIN");
    await sql(other, "CREATE DATABASE rdm OWNER rdm");
    assert.match(run(block(title, "pg_dump")), / rdm\.dump$/m);
    run(block(title, "pg_restore --username"));
    const rows = "SELECT md5(string_agg(id || title, ',' ORDER BY id)) FROM record";
    assert.equal(await sql(other, rows, "rdm"), await sql(old, rows, "rdm"));
    assert.equal(await sql(other, "SELECT tableowner FROM pg_tables WHERE tablename = 'record'", "rdm"), "rdm");
  });

  it("sets a new password of the superuser, which no log shows", async () => {
    run(block("A new password for the superuser", "ALTER ROLE postgres"));
    const login = (password: string) => old.sql("SELECT 1", "postgres", "postgres", password);
    assert.equal((await login("New-Sentinel-42")).out.trim(), "1");
    assert.notEqual((await login(old.superuser.PGPASSWORD)).code, 0);
    assert.ok(!old.log().includes("New-Sentinel-42"));
  });
});
