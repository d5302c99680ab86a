// The Job's real script on a real PostgreSQL server. Poolers and managed servers are not here: a role with CREATEROLE and
// CREATEDB stands for the administrator of the latter.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { databaseEnvironment, databaseScripts, ENTRY_SCRIPT, scramVerifier } from "../../components/postgres/script.ts";
import type { DatabaseSpec } from "../../components/postgres/script.ts";
import { postgresPrograms, startServer } from "./server.ts";
import type { Server } from "./server.ts";

const shells = [["sh"], ["dash"], ["busybox", "sh"]].filter(
  ([program = "", ...args]) => spawnSync(program, [...args, "-c", ":"]).status === 0,
);
const SENTINEL = "Role-Sentinel-31c4";
const changes = (lines: string[]) => lines.filter((line) => !line.endsWith(": unchanged"));

describe("the database Job on a PostgreSQL server", function () {
  this.timeout(300_000);
  let server: Server;
  /** Everything that Jobs printed. */
  let printed = "";
  /** The verifiers that Jobs sent as superuser. */
  const verifiers = new Set<string>();

  before(async function () {
    const programs = postgresPrograms();
    if (programs === undefined) {
      console.log("    skipped: no PostgreSQL server programs found (Debian: apt-get install postgresql)");
      return this.skip();
    }
    server = await startServer(programs);
    for (const [name, text] of Object.entries(databaseScripts())) writeFileSync(join(server.folder, name), text);
  });
  after(() => server?.stop());

  const at = (change: Partial<DatabaseSpec>): DatabaseSpec => {
    return { host: "127.0.0.1", port: server.port, database: "app", role: "app", waitSeconds: 10, ...change };
  };

  /** Runs the Job; `environment` adds variables or replaces them. */
  async function job(change: Partial<DatabaseSpec>, password = SENTINEL, environment = {}, shell = ["sh"]) {
    const spec = at(change);
    const secrets = { ...server.superuser, ROLE_VERIFIER: scramVerifier(password, spec.role) };
    if (!("PGUSER" in environment)) verifiers.add(secrets.ROLE_VERIFIER);
    const variables = { ...databaseEnvironment(spec), ...secrets, ...environment };
    const result = await server.run([...shell, join(server.folder, ENTRY_SCRIPT)], variables);
    printed += result.out + result.err;
    return result;
  }

  /** Runs the Job, which must succeed, and returns its lines. */
  async function done(...args: Parameters<typeof job>): Promise<string[]> {
    const { code, out, err } = await job(...args);
    assert.equal(code, 0, out + err);
    assert.equal(err, "");
    return out.trimEnd().split("\n");
  }

  const sql: Server["sql"] = (...args) => server.sql(...args);

  /** The answer to an SQL text, which must succeed. */
  async function answer(...args: Parameters<Server["sql"]>): Promise<string> {
    const { code, out, err } = await sql(...args);
    assert.equal(code, 0, err);
    return out.replace(/\n$/, "");
  }

  /** The catalogues as text. `xmin` is the transaction that wrote a row: it tells of a rewrite with equal values too. */
  async function catalogues(database: string): Promise<string> {
    const tables = "authid auth_members database namespace extension db_role_setting".split(" ");
    return answer(tables.map((table) => `SELECT xmin, * FROM pg_${table} ORDER BY 2`).join("; "), database);
  }

  it("creates a role, a password, a closed database and midPoint's extensions", async function () {
    const extensions = ["intarray", "pg_trgm", "fuzzystrmatch"];
    if (!extensions.every((name) => server.hasExtension(name))) return this.skip();
    const names = { database: "midpoint", role: "midpoint", extensions, locale: "C.UTF-8" };
    assert.deepEqual(await done(names), [
      "role midpoint: created",
      'password of "midpoint": set',
      "database midpoint: created",
      'access to "midpoint": closed to PUBLIC',
      "schema public: reserved",
      "extension intarray: created",
      "extension pg_trgm: created",
      "extension fuzzystrmatch: created",
    ]);
    const facts = `SELECT pg_encoding_to_char(encoding), datcollate, datctype, pg_get_userbyid(datdba) FROM pg_database
      WHERE datname = 'midpoint'; SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles
      WHERE rolname = 'midpoint'; SELECT extname FROM pg_extension ORDER BY 1`;
    assert.deepEqual((await answer(facts, "midpoint", "midpoint", SENTINEL)).split("\n"), [
      ...["UTF8|C.UTF-8|C.UTF-8|midpoint", "t|f|f|f"],
      ...["fuzzystrmatch", "intarray", "pg_trgm", "plpgsql"],
    ]);
    const use =
      "CREATE TABLE t (a int[], b text); SELECT '{1}'::int[] && '{1}', levenshtein('a', 'b'), show_trgm('a') <> '{}'";
    assert.equal(await answer(use, "midpoint", "midpoint", SENTINEL), "t|1|t");
  });

  it("changes nothing the second time, in every shell here", async () => {
    const names = { database: "again", role: "again", extensions: server.hasExtension("intarray") ? ["intarray"] : [] };
    await done(names);
    const before = await catalogues("again");
    for (const shell of shells) {
      const lines = await done(names, SENTINEL, {}, shell);
      assert.ok(lines.length >= 5 && changes(lines).length === 0, lines.join("\n"));
      assert.equal(await catalogues("again"), before);
    }
  });

  it("rotates a password, and nothing else", async () => {
    await done({ role: "rotated", database: "rotated" }, "Old-Password-1");
    const lines = await done({ role: "rotated", database: "rotated" }, "New-Password-2");
    assert.deepEqual(changes(lines), ['password of "rotated": set']);
    assert.equal(await answer("SELECT 1", "rotated", "rotated", "New-Password-2"), "1");
    const old = await sql("SELECT 1", "rotated", "rotated", "Old-Password-1");
    assert.match(old.err, /password authentication failed/);
  });

  it("keeps other roles out", async () => {
    await Promise.all(["ours", "theirs"].map((name) => done({ database: name, role: name })));
    const refused = await sql("SELECT 1", "ours", "theirs", SENTINEL);
    assert.match(refused.err, /permission denied for database "ours"/);
    // With a way into the database, there is still none into its schema.
    await answer("GRANT CONNECT ON DATABASE ours TO theirs");
    for (const statement of ["CREATE TABLE public.t ()", "SELECT FROM public.t"])
      assert.match((await sql(statement, "ours", "theirs", SENTINEL)).err, /permission denied for schema/);
  });

  it("puts right what differs", async () => {
    await answer("CREATE ROLE before; CREATE ROLE differs NOLOGIN CREATEDB CREATEROLE BYPASSRLS");
    await answer("CREATE DATABASE differs OWNER before TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
    await answer("ALTER SCHEMA public OWNER TO before; GRANT CREATE ON SCHEMA public TO PUBLIC", "differs");
    const names = { database: "differs", role: "differs", locale: "C.UTF-8" };
    const keeps = "keeps encoding SQL_ASCII and locale C, not UTF8 C.UTF-8; only a dump and a restore change them";
    assert.deepEqual(await done(names), [
      "role differs: set LOGIN NOCREATEDB NOCREATEROLE NOBYPASSRLS",
      'password of "differs": set',
      "database differs: owner set",
      `database differs: ${keeps}`,
      'access to "differs": closed to PUBLIC',
      "schema public: reserved",
    ]);
    assert.deepEqual(changes(await done(names)), [`database differs: ${keeps}`]);
  });

  // Whatever a shell, psql, libpq or SQL could take for its own.
  const names: [role: string, database: string][] = [
    [`o'brien "x" $HOME $(id) \`id\``, "dbname=postgres user=postgres"],
    ["-c", "postgres://localhost/postgres"],
    [":role :'role' :\"role\"", "back\\slash \\q %I %L %s"],
    ["$quiet$; --", " \u00fcn\u00efc\u00f6de \u6570\u636e \u{1f600} "],
    ["Two\nlines", "'; DROP ROLE x; --"],
  ];
  for (const [role, database] of names)
    it(`takes the role ${JSON.stringify(role)} with the database ${JSON.stringify(database)}`, () =>
      provides(role, database, 'it\'s "$HOME" \\ `id` :x \u00fc\u00df\u017f'));

  it("takes any name and any password", async () => {
    const characters = [..."aZ -_.:'\"\\$`%&|;(){}<>!?*~#=/@\n\t\u00e9\u6570\u{1f600}"];
    const name = fc.string({ unit: fc.constantFrom(...characters), minLength: 8, maxLength: 15 });
    const letters = [...characters.join("").replace(/[^\x20-\x7e]/g, ""), "\u00e9", "\u017f"];
    const password = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 20 });
    await fc.assert(fc.asyncProperty(name, name, password, provides), { numRuns: 4, endOnFailure: true });
  });

  async function provides(role: string, database: string, password: string): Promise<void> {
    await done({ role, database }, password);
    // The last step of the Job, too, was in this database: its schema is closed.
    const open = "SELECT count(*) FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public' AND grantee = 0";
    const login = `SELECT concat_ws('/', current_user, current_database(), (${open}))`;
    assert.equal(await answer(login, database, role, password), `${role}/${database}/0`);
  }

  it("runs several times at once", async () => {
    const jobs = ["one", "two", "same", "same", "same", "same"].map((name) => done({ database: name, role: name }));
    const lines = (await Promise.all(jobs)).flat();
    assert.equal(lines.filter((line) => /^database .*: created$/.test(line)).length, 3);
  });

  const refusals: [string, Partial<DatabaseSpec>, RegExp, Record<string, string>?][] = [
    ["a superuser", { role: "root" }, /ERROR: {2}role root runs the server/],
    ["a template", { database: "mould" }, /ERROR: {2}database mould belongs to the server/],
    [
      "the server's database",
      {},
      /ERROR: {2}database postgres belongs/,
      { DATABASE_NAME: "postgres", PGDATABASE: "template1" },
    ],
    ["an extension that is not there", { extensions: ['no "such" one'] }, /ERROR: .*extension/],
    ["a locale that is not there", { database: "nowhere", locale: "xx'YY" }, /ERROR: .*locale/],
  ];
  for (const [name, change, message, environment] of refusals) {
    it(`refuses ${name}`, async () => {
      await sql("CREATE ROLE root SUPERUSER");
      await sql("CREATE DATABASE mould IS_TEMPLATE true");
      const { code, err } = await job(change, SENTINEL, environment);
      assert.equal(code, 3);
      assert.match(err, message);
      assert.equal(await answer("SELECT count(rolpassword) FROM pg_authid WHERE rolname = 'root'"), "0");
    });
  }

  it("runs nothing that a consumer put into its database", async () => {
    await done({ database: "trap", role: "trap" });
    const body = "RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'trapped %', current_user; END$$";
    const shadows = ["pg_is_in_recovery()", "format(text, text)", "pg_get_userbyid(oid)", "quote_literal(text)"];
    const path = "ALTER DATABASE trap SET search_path = public, pg_catalog";
    const traps = shadows.map((name) => `CREATE FUNCTION public.${name} ${body}`);
    await answer([...traps, path].join("; "), "trap", "trap", SENTINEL);
    assert.match((await sql("SELECT pg_is_in_recovery()", "trap")).err, /trapped postgres/);
    assert.deepEqual(changes(await done({ database: "trap", role: "trap" })), []);
  });

  it("fails in the server's words, and neither they nor the log hold the verifier", async () => {
    await done({ database: "failing", role: "failing" });
    await answer("ALTER DATABASE postgres SET default_transaction_read_only = on");
    const { code, err } = await job({ database: "failing", role: "failing" }, `${SENTINEL}-next`);
    await answer("ALTER DATABASE postgres RESET default_transaction_read_only", "template1");
    assert.notEqual(code, 0);
    assert.match(err, /ERROR: {2}cannot execute ALTER ROLE in a read-only transaction/);
  });

  it("gives up on a server that does not answer or does not let it in", async () => {
    const silent = createServer();
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, "127.0.0.1", () => resolve((silent.address() as AddressInfo).port));
    });
    const results = await Promise.all([
      job({ port: 1, waitSeconds: 3 }),
      job({ port, waitSeconds: 1 }, SENTINEL, { PGCONNECT_TIMEOUT: "2" }),
      job({ waitSeconds: 1 }, SENTINEL, { PGPASSWORD: "Wrong-Sentinel-99" }),
    ]);
    silent.close();
    // One line a second of waiting at most.
    for (const [index, seconds] of [3, 1, 1].entries())
      assert.ok(
        (results[index]?.out.match(/^waiting for PostgreSQL/gm) ?? []).length <= seconds + 1,
        results[index]?.out,
      );
    assert.match(results[0].out, /^waiting for PostgreSQL, \d s left: psql: error: .*failed: Connection refused/);
    assert.match(results[0].err, /^gave up on PostgreSQL after 3 s: psql: error: .*failed: Connection refused/);
    assert.match(results[1].err, /^gave up on PostgreSQL after 1 s: psql: error: .*timeout expired/);
    assert.match(results[2].err, /^gave up on PostgreSQL after 1 s: psql: error: .*authentication failed/);
    assert.ok(results.every(({ code }) => code === 1));
  });

  it("works for an administrator that is no superuser", async () => {
    const verifier = scramVerifier("Manager-Sentinel-5", "manager");
    await answer(`CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD '${verifier}'`);
    const extensions = server.hasExtension("intarray") ? ["intarray"] : [];
    const names = { database: "managed", role: "managed", extensions };
    const manager = { PGUSER: "manager", PGPASSWORD: "Manager-Sentinel-5" };
    const first = await job(names, SENTINEL, manager);
    assert.equal(first.code, 0, first.err);
    assert.match(
      first.err,
      /^psql:\S+ WARNING: {2}a log may show the verifier, never the password.*log_statement.*\n$/,
    );
    assert.match(
      first.out,
      /^role managed: created\n[^]*^access to "managed": closed to PUBLIC\nschema public: reserved$/m,
    );
    const kept = "SELECT xmin, * FROM pg_database ORDER BY 2; SELECT * FROM pg_authid ORDER BY 1";
    const before = await answer(kept);
    const { code, out } = await job(names, SENTINEL, manager);
    assert.equal(code, 0);
    assert.deepEqual(changes(out.trimEnd().split("\n")), ['password of "managed": set']);
    assert.equal(await answer(kept), before);
    assert.equal(await answer("SELECT 1", "managed", "managed", SENTINEL), "1");
  });

  it("verifies the server's certificate and host name, of a server that refuses plaintext", async function () {
    const openssl = (...args: string[]) => {
      const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
      return server.run(["openssl", ...made, ...args], {});
    };
    const file = (name: string) => join(server.folder, name);
    const place = (name: string) => ["-keyout", file(`${name}.key`), "-out", file(`${name}.crt`), "-subj", "/CN=db"];
    // Each is its own CA; the server uses the first.
    if (spawnSync("openssl", ["version"]).status !== 0) return this.skip();
    for (const name of ["db", "other"])
      assert.equal((await openssl(...place(name), "-addext", "subjectAltName=DNS:localhost")).code, 0);
    const settings = `ALTER SYSTEM SET ssl_cert_file = '${file("db.crt")}'; ALTER SYSTEM SET ssl_key_file = '${file("db.key")}'; ALTER SYSTEM SET ssl = on`;
    for (const statement of settings.split("; ")) await answer(statement);
    writeFileSync(file("data/pg_hba.conf"), "hostssl all all all scram-sha-256\n");
    await answer("SELECT pg_reload_conf()");

    const tls = (sslMode: DatabaseSpec["sslMode"], authority?: string, host = "localhost") =>
      job({
        database: "tls",
        role: "tls",
        host,
        sslMode,
        sslRootCertificate: authority && file(authority),
        waitSeconds: 1,
      });
    // The server takes the new files within a moment of the reload.
    let first = await tls("verify-full", "db.crt");
    for (let left = 10; left > 0 && first.code !== 0; left--) first = await tls("verify-full", "db.crt");
    assert.equal(first.code, 0, first.err);
    assert.equal((await tls("require")).code, 0);
    assert.equal((await tls("verify-ca", "db.crt", "127.0.0.1")).code, 0);
    for (const [result, reason] of [
      [await tls("verify-full", "other.crt"), /certificate verify failed/],
      [await tls("verify-full", "db.crt", "127.0.0.1"), /does not match host name/],
      [await tls("disable"), /no pg_hba.conf entry .*no encryption/],
    ] as const) {
      assert.notEqual(result.code, 0);
      assert.match(result.err, reason);
    }
  });

  it("shows no password and no verifier, to people, to other processes or in the log", async () => {
    const log = server.log();
    // The log does hold statements, with and without an error, and the arguments were written down.
    for (const text of [
      "statement: SET search_path = pg_catalog",
      "LOG:  duration: ",
      "STATEMENT:  CREATE TABLE public.t",
    ])
      assert.ok(log.includes(text), text);
    const seen = { log, printed, arguments: server.psqlArguments() };
    assert.ok(seen.arguments.includes("--file=") && printed.includes("created") && verifiers.size > 10);
    // Where the server has it, in the list of statements either.
    if ((await sql("CREATE EXTENSION pg_stat_statements")).code === 0)
      seen.log += await answer("SELECT query FROM pg_stat_statements");
    for (const [place, text] of Object.entries(seen)) {
      assert.ok(!text.includes("Sentinel-"), place);
      for (const key of [...verifiers].flatMap((verifier) => verifier.split(/[$:]/).slice(3)))
        assert.ok(!text.includes(key), place);
    }
  });
});
