// Confluence's own PostgreSQL with its arguments and options, and Adminer's login with the side-car's variables.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { initOptions, serverArguments } from "../../components/confluence/database.ts";
import { plannedIn, valueAtPath } from "../documents.ts";
import { postgresPrograms } from "../postgres/server.ts";
import { freePort } from "../ports.ts";

const programs = postgresPrograms();
const adminer = [
  "/usr/share/adminer/adminer.php",
  "/usr/share/adminer/adminer/index.php",
  "/usr/share/adminer/index.php",
].find((path) => existsSync(path));
const hasPhp = spawnSync("php", ["-m"], { encoding: "utf8" }).stdout?.includes("pgsql") ?? false;
const password = "Dedicated1";

describe("Confluence's own database", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "groundplan-confluencedb-"));
  const running: ChildProcess[] = [];
  let port = 0;
  let account: { uid?: number; gid?: number } = {};

  before(async function () {
    if (programs === undefined) {
      console.log("      skipped: no PostgreSQL server here (Debian's package postgresql)");
      return this.skip();
    }
    if (process.getuid?.() === 0) {
      const id = (flag: string) => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
      account = { uid: id("-u"), gid: id("-g") };
      chownSync(folder, account.uid ?? 0, account.gid ?? 0);
    }
    writeFileSync(join(folder, "password"), password);
    chownSync(join(folder, "password"), account.uid ?? process.getuid?.() ?? 0, account.gid ?? process.getgid?.() ?? 0);
    const data = join(folder, "db-files");
    // The image's entry point passes the options on; its locale is en_US.utf8, which a machine may lack.
    const options = [
      ...initOptions.split(" "),
      "-U",
      "confluencedb",
      "--pwfile",
      join(folder, "password"),
      "--auth=scram-sha-256",
    ];
    const env = { LANG: "C.UTF-8", PATH: process.env["PATH"] };
    const made = spawnSync(join(programs, "initdb"), ["-D", data, ...options], { ...account, env, encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    port = await freePort();
    const own = ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"];
    const [program = "", ...given] = serverArguments(60);
    running.push(spawn(join(programs, program), [...given, ...own], { ...account, env, stdio: "ignore" }));
    for (let tries = 0; sql("select 1") !== "1"; tries++) {
      if (tries > 100) throw new Error("PostgreSQL does not answer");
      await sleep(100);
    }
  });
  after(async () => {
    for (const one of running) {
      const ended = new Promise((resolve) => one.on("exit", resolve));
      one.kill("SIGINT");
      await ended;
    }
    rmSync(folder, { recursive: true });
  });

  function sql(text: string): string {
    const env = { PGPASSWORD: password, PATH: process.env["PATH"] };
    const to = ["-h", "127.0.0.1", "-p", String(port), "-U", "confluencedb", "-d", "postgres", "-Atc", text];
    return spawnSync(join(programs ?? "", "psql"), to, { env, encoding: "utf8" }).stdout.trim();
  }

  it("C06: has UTF-8 and the isolation and the connections that Confluence needs", () => {
    assert.equal(sql("show server_encoding"), "UTF8");
    assert.equal(sql("select datcollate from pg_database where datname = 'postgres'"), "C.UTF-8");
    assert.equal(sql("show default_transaction_isolation"), "read committed");
    assert.equal(sql("show max_connections"), "80");
    assert.equal(sql("create database confluencedb"), "CREATE DATABASE");
    assert.equal(sql("select pg_encoding_to_char(encoding) from pg_database where datname = 'confluencedb'"), "UTF8");
  });

  it("C06: the example passes the same arguments and options", async () => {
    const { find } = await plannedIn("confluence");
    const container = "spec.template.spec.containers.0";
    const deployment = find("Deployment", "dep-confluencedb");
    assert.deepEqual(valueAtPath(deployment, `${container}.args`), serverArguments(60));
    assert.equal(valueAtPath(deployment, `${container}.env.[name=POSTGRES_INITDB_ARGS].value`), initOptions);
  });

  it("C07: Adminer logs in at the address that the side-car has as default", async function () {
    if (adminer === undefined || !hasPhp) {
      console.log("      skipped: Debian's packages adminer, php-cli and php-pgsql are missing");
      return this.skip();
    }
    const web = await freePort();
    running.push(
      spawn("php", ["-S", `127.0.0.1:${web}`, adminer], {
        stdio: "ignore",
        env: { ...process.env, ADMINER_DEFAULT_SERVER: "127.0.0.1" },
      }),
    );
    const url = `http://127.0.0.1:${web}/`;
    for (let tries = 0; (await fetch(url).catch(() => undefined)) === undefined; tries++) {
      if (tries > 100) throw new Error("Adminer does not answer");
      await sleep(100);
    }
    const login = async (secret: string): Promise<string> => {
      const auth = {
        driver: "pgsql",
        server: `127.0.0.1:${port}`,
        username: "confluencedb",
        password: secret,
        db: "postgres",
      };
      const body = new URLSearchParams(
        Object.fromEntries(Object.entries(auth).map(([key, value]) => [`auth[${key}]`, value])),
      );
      const answer = await fetch(url, { method: "POST", body, redirect: "manual" });
      assert.equal(answer.status, 302);
      const cookie = answer.headers
        .getSetCookie()
        .map((one) => one.split(";")[0])
        .join("; ");
      const page = await fetch(new URL(answer.headers.get("location") ?? "", url), { headers: { cookie } });
      return page.text();
    };
    assert.match(await login(password), /name=["']?logout|Logout/i);
    assert.doesNotMatch(await login("wrong"), /name=["']?logout/i);
  });
});
