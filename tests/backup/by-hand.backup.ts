// npm run test:backup: the commands of docs/backup.md for a restore without the cluster and the state, as they stand there, with the
// repositories that the scripts of a stack have written and a new PostgreSQL server.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { postgresPrograms, startServer } from "../postgres/server.ts";
import type { Server } from "../postgres/server.ts";
import { deployedBackups } from "./deployed.ts";
import { startMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { stackNamed } from "../stacks.ts";

const stack = stackNamed("thanos");

/** The blocks of commands in a section of a document. */
function commandsOf(file: string, title: string): string {
  const [, section = ""] = readFileSync(file, "utf8").split(`\n## ${title}\n`);
  const lines = (section.split("\n## ")[0] ?? "").split("\n");
  return lines.flatMap((line) => (line.startsWith("    ") ? [line.slice(4)] : [])).join("\n");
}

describe("without the cluster and the state", function () {
  this.timeout(300_000);
  let machine: Machine;
  let other: Server;
  let env: Readonly<Record<string, string>>;
  let files: string;
  const good = async (...args: Parameters<Machine["run"]>) => {
    const { code, err } = await machine.run(...args);
    assert.equal(err, "");
    assert.equal(code, 0);
  };
  const sql = async (server: Server, text: string, database?: string) => {
    const { code, err, out } = await server.sql(text, database);
    assert.equal(code, 0, err);
    return out.trim();
  };

  before(async function () {
    const programs = postgresPrograms();
    const found = await startMachine(stack);
    if ("missing" in found || programs === undefined) {
      console.log(`      skipped: ${"missing" in found ? found.missing : "PostgreSQL is not installed"}`);
      return this.skip();
    }
    machine = found;
    other = await startServer(programs);
    const { containers } = await deployedBackups(stack);
    env = containers.get("backup-repository")?.env ?? {};
    files = join(machine.folder, "claims/chat/conduit-pv-claim");
    mkdirSync(files, { recursive: true });
    writeFileSync(join(files, "database"), "rows of RocksDB");
    for (const path of ["claims", "claims/chat", "claims/chat/conduit-pv-claim"])
      chmodSync(join(machine.folder, path), 0o755);
    await sql(machine.server, "CREATE ROLE keycloak LOGIN PASSWORD 'Sentinel'; CREATE ROLE reader NOLOGIN");
    await sql(machine.server, "CREATE DATABASE keycloak OWNER keycloak");
    const rows =
      "CREATE TABLE realm (name text); INSERT INTO realm VALUES ('master'), ('prod'); ALTER TABLE realm OWNER TO keycloak; GRANT SELECT ON realm TO reader";
    await sql(machine.server, rows, "keycloak");
    await good("backup-repository");
    await good("dump-keycloak");
    await good("backup-roles");
    const repository = (env["RESTIC_REPOSITORY"] ?? "").replace(/^s3:http:\/\/[^/]+/, `s3:${machine.store.endpoint}`);
    const ofChat = { RESTIC_REPOSITORY: `${repository}.chat`, RESTIC_PASSWORD: "only-of-chat" };
    await good("backup-repository", ofChat);
    await good("backup-check", { ...ofChat, FILES: files, KIND: "files" }, "files.sh");
    env = { ...env, RESTIC_REPOSITORY: repository };
  });
  after(() => {
    (machine as Machine | undefined)?.stop();
    (other as Server | undefined)?.stop();
  });

  it("databases, roles and files come back by the commands of docs/backup.md and the recovery password", async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, RECOVERY_PASSWORD, RESTIC_REPOSITORY } = env;
    const target = join(machine.folder, "restored");
    const script = commandsOf("docs/backup.md", "Without the cluster and the state")
      .replaceAll("s3:https://s3.example.org/example-backup/prod", RESTIC_REPOSITORY ?? "")
      .replace("RESTIC_PASSWORD=…", `RESTIC_PASSWORD=${RECOVERY_PASSWORD}`)
      .replace("AWS_ACCESS_KEY_ID=…", `AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID}`)
      .replace("AWS_SECRET_ACCESS_KEY=…", `AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY}`)
      .replaceAll("/claims/chat/conduit-pv-claim", files)
      .replace("FOLDER", target);
    assert.ok(!script.includes("…"), "every placeholder has a value");
    const { status, stderr, stdout } = spawnSync("bash", ["-euo", "pipefail", "-c", script], {
      encoding: "utf8",
      env: {
        ...other.superuser,
        HOME: join(machine.folder, "tmp"),
        PATH: `${join(machine.folder, "bin")}:${process.env["PATH"] ?? ""}:${postgresPrograms()}`,
        PGHOST: "127.0.0.1",
        PGPORT: String(other.port),
      },
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /keycloak\.dump/);
    assert.equal(await sql(other, "SELECT string_agg(name, ',' ORDER BY name) FROM realm", "keycloak"), "master,prod");
    const owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'realm'";
    assert.equal(await sql(other, owner, "keycloak"), "keycloak");
    assert.equal(await sql(other, "SELECT has_table_privilege('reader', 'realm', 'SELECT')", "keycloak"), "t");
    assert.equal(readFileSync(join(target, "database"), "utf8"), "rows of RocksDB");
    // People and programs log in with the passwords that they have.
    const login = await other.sql("SELECT current_user", "keycloak", "keycloak", "Sentinel");
    assert.equal(login.out.trim(), "keycloak", login.err);
  });
});
