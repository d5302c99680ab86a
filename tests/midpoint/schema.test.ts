// The script of the schema against a real PostgreSQL and midPoint's own SQL, with psql in ninja's place: like ninja it runs all
// scripts of a call on one connection. It does not show that ninja itself starts.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { paths } from "../../components/midpoint/environment.ts";
import { nodeScripts } from "../../components/midpoint/scripts.ts";
import { MidPoint } from "../../components/midpoint/midpoint.ts";
import { postgresPrograms, startServer } from "../postgres/server.ts";
import type { Result, Server } from "../postgres/server.ts";
import { upstream } from "./upstream.ts";

const parts = ["postgres", "postgres-quartz", "postgres-audit", "postgres-upgrade", "postgres-audit-upgrade"];

describe("midPoint's schema", function () {
  this.timeout(300_000);
  let server: Server;
  let folder: string;
  let prepared = 0;

  before(async function () {
    const programs = postgresPrograms();
    if (programs === undefined || parts.some((name) => upstream(`${name}.sql`) === undefined)) {
      console.log("    PostgreSQL's programs or midPoint's SQL are not on this machine: the schema is not made");
      this.skip();
    }
    server = await startServer(programs ?? "");
    if (MidPoint.extensions.some((name) => !server.hasExtension(name))) {
      console.log("    PostgreSQL lacks an extension of midPoint's schema: the schema is not made");
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "groundplan-schema-"));
    const at = (path: string) => join(folder, path);
    for (const name of parts) {
      const target = at(`${paths.program}/doc/config/sql/native/${name}.sql`);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(upstream(`${name}.sql`) ?? "", target);
    }
    mkdirSync(at(paths.scripts), { recursive: true });
    for (const [name, text] of Object.entries(nodeScripts()))
      writeFileSync(at(`${paths.scripts}/${name}`), text.replaceAll("/opt/", `${folder}/opt/`));
    mkdirSync(at(`${paths.program}/bin`), { recursive: true });
    const ninja = at(`${paths.program}/bin/ninja.sh`);
    // -B run-sql --mode MODE --scripts FILE...
    writeFileSync(
      ninja,
      `#!/bin/bash
[ "$1 $2 $3 $5" = "-B run-sql --mode --scripts" ] || { echo "arguments: $*" >&2; exit 9; }
shift 5
files=()
for file in "$@"; do [ -e "$file" ] || { echo "no $file" >&2; exit 9; }; files+=(-f "$file"); done
exec '${join(programs ?? "", "psql")}' -Xq -v ON_ERROR_STOP=1 "\${files[@]}"
`,
    );
    chmodSync(ninja, 0o755);
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
    // A skipped suite has started none.
    (server as Server | undefined)?.stop();
  });

  /** A new database that its role owns, with the extensions that the platform makes, and a way to run the script in it. */
  async function database() {
    const name = `midpoint${prepared++}`;
    const made = async (text: string, where?: string) => {
      const { code, err } = await server.sql(text, where);
      assert.equal(code, 0, err);
    };
    await made(`CREATE ROLE ${name} LOGIN PASSWORD 'pw'`);
    await made(`CREATE DATABASE ${name} OWNER ${name}`);
    await made(MidPoint.extensions.map((extension) => `CREATE EXTENSION ${extension}`).join("; "), name);
    const run = () =>
      new Promise<Result>((resolve, reject) => {
        const env = {
          PATH: process.env["PATH"] ?? "",
          PGHOST: "127.0.0.1",
          PGPORT: String(server.port),
          PGDATABASE: name,
          PGUSER: name,
          PGPASSWORD: "pw",
        };
        const child = spawn("bash", [join(folder, paths.scripts, "schema.sh")], { env });
        const result: Result = { code: null, out: "", err: "" };
        child.stdout.setEncoding("utf8").on("data", (text: string) => (result.out += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (result.err += text));
        child.on("error", reject).on("close", (code) => resolve({ ...result, code }));
      });
    const ask = async (text: string) => {
      const { code, out, err } = await server.sql(text, name, name, "pw");
      assert.equal(code, 0, err);
      return out.trim();
    };
    return { run, ask, name };
  }
  const states = ({ out }: Result) => out.match(/^\w+: \w+$/gm)?.join(", ");
  const created = "repository: created, quartz: created, audit: created";
  const exists = "repository: exists, quartz: exists, audit: exists";
  const numbers =
    "SELECT string_agg(name || ' ' || value, ', ' ORDER BY name) FROM m_global_metadata WHERE name LIKE 'schema%'";

  it("is made where it is missing, left where it is, and owned by the role alone", async () => {
    const { run, ask, name } = await database();
    const first = await run();
    assert.deepEqual([first.code, states(first)], [0, created], first.err);
    const tables = await ask(`SELECT count(*) FROM pg_tables WHERE schemaname = '${name}'`);
    assert.ok(Number(tables) >= 90, tables);
    assert.equal(await ask(numbers), "schemaAuditChangeNumber 10, schemaChangeNumber 51");
    const second = await run();
    assert.deepEqual([second.code, states(second)], [0, exists], second.err);
    assert.equal(await ask(`SELECT count(*) FROM pg_tables WHERE schemaname = '${name}'`), tables);
  });

  it("is made once by two pods that start together", async () => {
    const { run, ask } = await database();
    const both = await Promise.all([run(), run()]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
      both.map(({ err }) => err).join(),
    );
    // Each part was made by one of them, whichever.
    for (const part of ["repository", "quartz", "audit"])
      assert.deepEqual(both.map(({ out }) => (out.includes(`${part}: created`) ? 1 : 0)).sort(), [0, 1], part);
    assert.equal(await ask(numbers), "schemaAuditChangeNumber 10, schemaChangeNumber 51");
  });

  it("is completed where a pod was stopped between two parts", async () => {
    const { run, ask } = await database();
    await run();
    const quartz = await ask(
      "SELECT string_agg(tablename, ',') FROM pg_tables WHERE tablename LIKE 'qrtz%' AND schemaname = current_user",
    );
    await ask(`DROP TABLE ${quartz} CASCADE`);
    assert.equal(states(await run()), "repository: exists, quartz: created, audit: exists");
  });

  it("is brought up to date where it is older", async () => {
    const { run, ask } = await database();
    await run();
    await ask("UPDATE m_global_metadata SET value = '50' WHERE name = 'schemaChangeNumber'");
    const { code, err } = await run();
    assert.equal(code, 0, err);
    assert.equal(await ask(numbers), "schemaAuditChangeNumber 10, schemaChangeNumber 51");
  });

  it("says so where it is half made", async () => {
    const { run, ask } = await database();
    await run();
    await ask("DELETE FROM m_global_metadata WHERE name = 'schemaChangeNumber'");
    const half = await run();
    assert.notEqual(half.code, 0);
    assert.match(half.err, /groundplan: repository is half made: drop the schema midpoint\d+ and start again/);
  });

  it("fails where there is no database, so that the pod tries again", async () => {
    const { run, name } = await database();
    await server.sql(`ALTER ROLE ${name} NOLOGIN`);
    const { code, err } = await run();
    assert.notEqual(code, 0);
    assert.match(err, /not permitted to log in/);
  });

  it("is a script that bash reads", () => {
    for (const [name, text] of Object.entries(nodeScripts()).filter(([file]) => file.endsWith(".sh")))
      assert.equal(spawnSync("bash", ["-n"], { input: text }).status, 0, name);
  });
});
