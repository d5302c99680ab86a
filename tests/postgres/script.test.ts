import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  databaseEnvironment,
  databaseProblems,
  databaseScripts,
  ENTRY_SCRIPT,
  scramVerifier,
  SECRET_VARIABLES,
} from "../../components/postgres/script.ts";
import type { DatabaseSpec } from "../../components/postgres/script.ts";

const spec: DatabaseSpec = { host: "db.data.svc", database: "midpoint", role: "midpoint" };

describe("the specification of a database", () => {
  it("becomes sorted plain variables", () => {
    const full: DatabaseSpec = {
      ...spec,
      port: 6432,
      extensions: ["pg_trgm", "intarray", "pg_trgm"],
      locale: "en_US.utf8",
      maintenanceDatabase: "defaultdb",
      sslMode: "verify-full",
      sslRootCertificate: "/tls/ca.crt",
      waitSeconds: 60,
    };
    const expected = {
      DATABASE_EXTENSIONS: '["pg_trgm","intarray"]',
      DATABASE_LOCALE: "en_US.utf8",
      DATABASE_NAME: "midpoint",
      PGAPPNAME: "groundplan",
      PGCLIENTENCODING: "UTF8",
      PGCONNECT_TIMEOUT: "5",
      PGDATABASE: "defaultdb",
      PGHOST: "db.data.svc",
      PGPORT: "6432",
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: "/tls/ca.crt",
      ROLE_NAME: "midpoint",
      WAIT_SECONDS: "60",
    };
    assert.deepEqual(Object.entries(databaseEnvironment(full)), Object.entries(expected));
    const defaults = {
      ...{ DATABASE_EXTENSIONS: "[]", DATABASE_LOCALE: "", PGDATABASE: "postgres", PGPORT: "5432" },
      ...{ PGSSLMODE: "prefer", PGSSLROOTCERT: "", WAIT_SECONDS: "300" },
    };
    assert.deepEqual(databaseEnvironment(spec), { ...expected, ...defaults });
  });

  const faults: [string, Partial<DatabaseSpec>, RegExp][] = [
    ["an empty host", { host: "" }, /^host is empty$/],
    ["a port out of range", { port: 65536 }, /^port is 65536/],
    ["a fraction of a port", { port: 1.5 }, /^port is 1.5/],
    ["no time to wait", { waitSeconds: 0 }, /^waitSeconds is 0/],
    ["an empty database", { database: "" }, /^database is empty$/],
    ["a role of 64 bytes in 32 letters", { role: "é".repeat(32) }, /^role "é+" has 64 bytes/],
    ["a database of 64 bytes", { database: "d".repeat(64) }, /^database "d+" has 64 bytes/],
    ["NUL", { role: "a\0b" }, /^role is not valid text/],
    ["half a character", { database: "a\ud800" }, /^database is not valid text/],
    ["the server's database", { database: "template1" }, /^database "template1" belongs to the server/],
    ["the maintenance database", { database: "m", maintenanceDatabase: "m" }, /^database "m" belongs to the server/],
    ["the superuser", { role: "postgres" }, /^role "postgres" belongs to the server/],
    ["a reserved role", { role: "pg_monitor" }, /^role "pg_monitor" belongs to the server/],
    ["an empty extension", { extensions: [""] }, /^extension is empty$/],
    ["a path as extension", { extensions: ["../x"] }, /^extension "..\/x" is no extension name/],
    ["an extension with a hyphen at its end", { extensions: ["x-"] }, /^extension "x-" is no extension name/],
    ["an empty locale", { locale: "" }, /^locale is empty$/],
  ];
  for (const [name, change, message] of faults) {
    it(`refuses ${name}`, () => {
      const problems = databaseProblems({ ...spec, ...change });
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", message);
    });
  }

  it("refuses with every problem at once", () => {
    const bad = { ...spec, port: 0, role: "", extensions: ["a--b"] };
    assert.equal(databaseProblems(bad).length, 3);
    assert.throws(() => databaseEnvironment(bad), /role is empty\n- port is 0.*\n- extension "a--b"/);
  });

  it("takes any other name as it is", () => {
    const name = fc.string({ unit: "binary", minLength: 1, maxLength: 63 }).filter((text) => !/^pg_|\0/.test(text));
    fc.assert(
      fc.property(name, (text) => {
        const fits = Buffer.byteLength(text) <= 63;
        assert.equal(databaseProblems({ ...spec, role: text, database: text }).length, fits ? 0 : 2);
        if (fits) assert.equal(databaseEnvironment({ ...spec, role: text }).ROLE_NAME, text);
      }),
    );
  });
});

describe("the verifier of a password", () => {
  const password = fc.string({
    unit: fc.constantFrom(..."aZ09 '\"\\$`:\u00e9\u00df\u017f\u20ac\n\u00ad\u{1f600}"),
    maxLength: 12,
  });

  it("is one text for one password and salt", () => {
    // database.postgres.ts logs in with verifiers of this function, so the value is what PostgreSQL takes.
    const expected =
      "SCRAM-SHA-256$4096:Cr/Rwdl+HhIaYG0Zu+LsUg==$WhPIwJK8ge5dP/k1AXBGwgb/NQZukXXXlqO2YhtK28k=:on+P+0aQzfYTRB7LjumChuHgp7kjhZLMdjD6rlsezLk=";
    assert.equal(scramVerifier("pencil", "dev/db/midpoint"), expected);
    assert.notEqual(scramVerifier("pencil", "dev/db/grafana").split("$")[2], expected.split("$")[2]);
    assert.notEqual(scramVerifier("pencil2", "dev/db/midpoint").split("$")[2], expected.split("$")[2]);
  });

  it("is refused, without showing it, for what clients prepare in different ways", () => {
    fc.assert(
      fc.property(password, (text) => {
        const accepted = text !== "" && !/[\u20ac\n\u00ad\u{1f600}]/u.test(text);
        if (accepted)
          return assert.match(scramVerifier(text, "s"), /^SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=$/);
        // One letter may well stand in the message.
        const quiet = (error: Error) => text.length < 4 || !error.message.includes(text);
        assert.throws(() => scramVerifier(text, "s"), quiet);
      }),
      { numRuns: 50 },
    );
    assert.throws(() => scramVerifier("", "s"), /is empty/);
  });
});

describe("the files of the Job", () => {
  it("are the same each time and hold the entry script", () => {
    assert.deepEqual(databaseScripts(), databaseScripts());
    assert.deepEqual(Object.keys(databaseScripts()), ["database.sql", ENTRY_SCRIPT, "server.sql"]);
  });

  describe("refuse in plain words, before they call psql,", () => {
    let folder = "";
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "groundplan-script-"));
      for (const [name, text] of Object.entries(databaseScripts())) writeFileSync(join(folder, name), text);
      // A psql that only says that it was called.
      writeFileSync(join(folder, "psql"), "#!/bin/sh\necho psql was called\n", { mode: 0o755 });
    });
    after(() => rmSync(folder, { recursive: true }));

    const verifier = scramVerifier("pencil", "s");
    const secrets = { PGUSER: "postgres", PGPASSWORD: "super", ROLE_VERIFIER: verifier };
    const cases: [string, Record<string, string>, string][] = [
      ["an empty verifier", { ROLE_VERIFIER: "" }, "ROLE_VERIFIER is empty\n"],
      ["a password in place of it", { ROLE_VERIFIER: "Sentinel" }, "ROLE_VERIFIER is not a SCRAM-SHA-256 verifier\n"],
      ["no administrator", { PGUSER: "" }, "PGUSER or PGPASSWORD is empty\n"],
      ["an administrator without password", { PGPASSWORD: "" }, "PGUSER or PGPASSWORD is empty\n"],
      ["no role", { ROLE_NAME: "" }, "ROLE_NAME is empty\n"],
      ["a long role", { ROLE_NAME: "é".repeat(32) }, "ROLE_NAME has more than 63 bytes; PostgreSQL cuts it off\n"],
      [
        "a long database",
        { DATABASE_NAME: "d".repeat(64) },
        "DATABASE_NAME has more than 63 bytes; PostgreSQL cuts it off\n",
      ],
    ];
    for (const [name, change, message] of cases) {
      it(name, () => {
        const env = { PATH: `${folder}:${process.env.PATH}`, ...databaseEnvironment(spec), ...secrets, ...change };
        const { status, stdout, stderr } = spawnSync("sh", [join(folder, ENTRY_SCRIPT)], { env, encoding: "utf8" });
        assert.deepEqual({ status, stdout, stderr }, { status: 1, stdout: "", stderr: message });
      });
    }
  });

  it("names the variables that come from Secrets", () => {
    assert.deepEqual(Object.values(SECRET_VARIABLES), ["PGUSER", "PGPASSWORD", "ROLE_VERIFIER"]);
    const plain = Object.keys(databaseEnvironment(spec));
    assert.ok(Object.values(SECRET_VARIABLES).every((name) => !plain.includes(name)));
  });
});
