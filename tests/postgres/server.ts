import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../ports.ts";

/** What a finished program left behind. */
export interface Result {
  code: number | null;
  out: string;
  err: string;
}

/** A PostgreSQL server of this test run, on the loopback address, with passwords required and every statement logged. */
export interface Server {
  port: number;
  /** The superuser's connection variables. */
  superuser: { PGUSER: string; PGPASSWORD: string };
  /** A folder that belongs to the server's account. */
  folder: string;
  /** Runs a program as the server's account, with these variables and nothing else than PATH. */
  run(command: string[], environment: Record<string, string>): Promise<Result>;
  /** One SQL text, `;` between its statements, by default as the superuser in the database postgres. */
  sql(text: string, database?: string, user?: string, password?: string): Promise<Result>;
  /** What the server wrote to its log so far. */
  log(): string;
  /** The arguments of every psql that {@link run} started, one a line. */
  psqlArguments(): string;
  hasExtension(name: string): boolean;
  stop(): void;
}

/**
 * Folder of the newest PostgreSQL programs here: $PG_BIN, Debian's layout, or pg_config. Undefined without them, and
 * before PostgreSQL 15, whose psql is the first with `\getenv`.
 */
export function postgresPrograms(): string | undefined {
  const output = (program: string, flag: string) => String(spawnSync(program, [flag], { encoding: "utf8" }).stdout);
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [process.env.PG_BIN, ...versions.map((version) => join(debian, version, "bin"))];
  const complete = (folder: string) =>
    ["initdb", "pg_ctl", "pg_config"].every((name) => existsSync(join(folder, name))) &&
    Number(/\d+/.exec(output(join(folder, "psql"), "--version"))?.[0] ?? 0) >= 15;
  return [...folders, output("pg_config", "--bindir").trim()].find(
    (folder) => folder !== undefined && complete(folder),
  );
}

/** The account for the server: PostgreSQL refuses root. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

/** @param more further settings of the server, by name */
export async function startServer(programs: string, more: Readonly<Record<string, string>> = {}): Promise<Server> {
  const port = await freePort();
  const user = account();
  const folder = mkdtempSync(join(tmpdir(), "groundplan-postgres-"));
  const at = (...names: string[]) => join(folder, ...names);
  const own = (path: string) => {
    if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
  };
  const call = (program: string, ...args: string[]) => {
    // Files, not pipes: the server would hold a pipe open.
    const options = { ...user, cwd: folder, stdio: "ignore" } as const;
    const { status } = spawnSync(join(programs, program), args, options);
    if (status === 0) return;
    throw new Error(
      `${program} failed: ${existsSync(at("log")) ? readFileSync(at("log"), "utf8") : `status ${status}`}`,
    );
  };
  const pkg = (flag: string) => spawnSync(join(programs, "pg_config"), [flag], { encoding: "utf8" }).stdout.trim();

  own(folder);
  const superuser = { PGUSER: "postgres", PGPASSWORD: "Superuser-Sentinel-7d1f" };
  writeFileSync(at("password"), superuser.PGPASSWORD, { mode: 0o600 });
  own(at("password"));
  call(
    "initdb",
    "-D",
    at("data"),
    "-U",
    superuser.PGUSER,
    "--pwfile",
    at("password"),
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
  );
  rmSync(at("password"));

  // What can show a statement's text does.
  const modules = ["auto_explain", "pg_stat_statements"].filter((name) =>
    existsSync(join(pkg("--pkglibdir"), `${name}.so`)),
  );
  const settings = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    // A vacuum would change the catalog rows that the tests compare.
    autovacuum: "off",
    log_statement: "all",
    log_min_duration_statement: "0",
    shared_preload_libraries: modules.join(","),
    ...(modules.includes("auto_explain") ? { "auto_explain.log_min_duration": "0" } : {}),
    ...more,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(at("data", "postgresql.conf"), lines.join(""));

  // In front of the real psql, a script that writes down its arguments.
  mkdirSync(at("bin"));
  writeFileSync(at("arguments"), "");
  own(at("arguments"));
  const recorder = `#!/bin/sh\nprintf '%s\\n' "$@" >>'${at("arguments")}'\nexec '${join(programs, "psql")}' "$@"\n`;
  writeFileSync(at("bin", "psql"), recorder);
  chmodSync(at("bin", "psql"), 0o755);

  const stop = () => {
    if (!existsSync(folder)) return;
    spawnSync(join(programs, "pg_ctl"), ["stop", "-D", at("data"), "-m", "immediate"], { ...user, stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", stop);
  try {
    call("pg_ctl", "start", "-w", "-D", at("data"), "-l", at("log"));
  } catch (error) {
    stop();
    throw error;
  }

  const run: Server["run"] = ([program = "", ...args], environment) =>
    new Promise((resolve, reject) => {
      const env = { PATH: `${at("bin")}:${process.env.PATH}`, ...environment };
      // The root folder is not writable for this account, as in a container with a read-only root file system.
      const child = spawn(program, args, { ...user, cwd: "/", env, stdio: ["ignore", "pipe", "pipe"] });
      const result: Result = { code: null, out: "", err: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => (result.out += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (result.err += text));
      child.on("error", reject).on("close", (code) => resolve({ ...result, code }));
    });
  return {
    port,
    superuser,
    folder,
    run,
    sql: (text, database = "postgres", PGUSER = superuser.PGUSER, PGPASSWORD = superuser.PGPASSWORD) => {
      const place = { PGHOST: "127.0.0.1", PGPORT: String(port), PGDATABASE: database, PGCLIENTENCODING: "UTF8" };
      return run(["psql", "-XwAtq", "-v", "ON_ERROR_STOP=1", "-c", text], { ...place, PGUSER, PGPASSWORD });
    },
    log: () => readFileSync(at("log"), "utf8"),
    psqlArguments: () => readFileSync(at("arguments"), "utf8"),
    hasExtension: (name) => existsSync(join(pkg("--sharedir"), "extension", `${name}.control`)),
    stop,
  };
}
