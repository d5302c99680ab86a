import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { postgresPrograms, startServer } from "../postgres/server.ts";
import type { Result, Server } from "../postgres/server.ts";
import { root as projectRoot, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { deployedBackups, program, resticProgram, root, startStore, writeScripts } from "./deployed.ts";
import type { Deployed, Store } from "./deployed.ts";

/** The account `nobody`, for which PostgreSQL runs: a container has no root either. */
const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** The awkward name of the database. */
export const database = "Odd-Name_1";

/** What a program prints until it ends, and its exit code. */
export function resultOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const result: Result = { code: null, out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (result.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (result.err += text));
    child.on("error", reject).on("close", (code) => resolve({ ...result, code }));
  });
}

/** PostgreSQL, an object store, restic and the scripts of a stack, on this machine. */
export interface Machine {
  readonly server: Server;
  readonly store: Store;
  readonly folder: string;
  /** Another object store, with the same bucket and key. @param place the folder for all that it keeps */
  secondStore(place: string): Store;
  /** Starts the container of a Job or CronJob as the stack deploys it, with the addresses of this machine. */
  start(name: string, change?: Record<string, string>, script?: string): { child: ChildProcess; done: Promise<Result> };
  run(name: string, change?: Record<string, string>, script?: string): Promise<Result>;
  /** restic itself, with the variables of a backup. Default: of the dump of Keycloak's database. */
  restic(args: readonly string[], change?: Record<string, string>, of?: string): Result & { readonly bytes: Buffer };
  stop(): void;
}

/** The machine for the tests of a file; where it lacks something, the hook and its tests are skipped with a line. */
export async function useMachine(hook: Mocha.Context, stack?: TestStack): Promise<Machine> {
  const found = await startMachine(stack);
  if (!("missing" in found)) return found;
  console.log(`      skipped: ${found.missing}`);
  return hook.skip();
}

/**
 * The machine, or what it lacks.
 * @param stack whose scripts run. With its repository in a folder, they run with the accounts of the pods, which needs root
 * @param settings further settings of PostgreSQL, by name
 */
export async function startMachine(
  stack: TestStack = stackNamed("thanos"),
  settings: Readonly<Record<string, string>> = {},
): Promise<Machine | { readonly missing: string }> {
  const programs = postgresPrograms();
  const restic = resticProgram();
  const versitygw = program("versitygw");
  if (programs === undefined) return { missing: "PostgreSQL 15 or later is not installed" };
  if (restic === undefined) return { missing: "restic 0.17 or later is not on PATH or in ~/.cache/groundplan/bin" };
  if (versitygw === undefined) return { missing: "versitygw is not on PATH or in ~/.cache/groundplan/bin" };

  const { bucket, containers, scripts } = await deployedBackups(stack);
  const server = await startServer(programs, settings);
  const store = startStore(versitygw);
  const folder = join(server.folder, "backup");
  const at = (name: string) => join(folder, name);
  writeScripts(at("scripts"), scripts);
  // Other accounts than that of the server read the scripts, and come to a repository in a folder.
  chmodSync(server.folder, 0o755);
  for (const name of ["tmp", "cache", "drill", "bin"]) {
    mkdirSync(at(name));
    chmodSync(at(name), 0o1777);
    if (account.uid !== undefined) chownSync(at(name), account.uid, account.gid);
  }
  for (const [name, path] of [
    ["restic", restic],
    ["versitygw", versitygw],
  ] as const) {
    if (!path.includes("/")) continue;
    spawnSync("cp", [path, at(`bin/${name}`)]);
    chmodSync(at(`bin/${name}`), 0o755);
  }
  for (const name of ["pg_dump", "pg_dumpall", "pg_restore", "psql", "initdb", "pg_ctl", "postgres"])
    symlinkSync(join(programs, name), at(`bin/${name}`));
  const path = `${at("bin")}:${process.env["PATH"] ?? ""}`;

  const here = (env: Readonly<Record<string, string>>): Record<string, string> => ({
    ...env,
    PATH: path,
    HOME: at("tmp"),
    TMPDIR: at("tmp"),
    RESTIC_CACHE_DIR: at("cache"),
    RESTIC_REPOSITORY: (env["RESTIC_REPOSITORY"] ?? "")
      .replace(/^s3:http:\/\/[^/]+/, `s3:${store.endpoint}`)
      .replace(/^\/repository(?=\/)/, at("repository")),
    OPEN_SECONDS: "20",
    ...(env["PGHOST"] === undefined ? {} : { PGHOST: "127.0.0.1", PGPORT: String(server.port), ...server.superuser }),
    ...(env["DRILL_FOLDER"] === undefined ? {} : { DRILL_FOLDER: at("drill/folder") }),
  });
  const deployed = (name: string) => {
    const container = containers.get(name);
    if (container === undefined) throw new Error(`no ${name}; the stack has ${[...containers.keys()].join(", ")}`);
    return container;
  };
  const start: Machine["start"] = (name, change = {}, script) => {
    const container = deployed(name);
    const { command, env } = container;
    const [shell = "", file = ""] = command;
    const own = file
      .replace(/^\/program\//, `${join(projectRoot, "components/backup/programs")}/`)
      .replace(/^\/scripts\/.*/, (whole) => join(at("scripts"), script ?? whole.slice("/scripts/".length)));
    const isFolder = container.groups.length > 0;
    // Every pod has a cache of its own.
    const cache = at(`cache/${container.user}`);
    const begin = shell === "node" ? process.execPath : shell;
    const [first = "", ...args] = isFolder ? asPod(container, [begin, own]) : [begin, own];
    const child = spawn(first, args, {
      ...(isFolder ? {} : account),
      cwd: "/",
      env: { ...here(env), ...(isFolder && { RESTIC_CACHE_DIR: cache }), ...change },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return { child, done: resultOf(child) };
  };

  // The bucket with its keys and its policy, by the containers of its Jobs.
  const prepare = (where: Store) => {
    const users = [...containers.keys()].filter((name) => /^backup-.*\/admin$/.test(name));
    const policies = users.map((name) => name.replace(/\/admin$/, ""));
    for (const name of ["backup-bucket", ...users, ...policies]) {
      const { command, env } = deployed(name);
      const program = join(projectRoot, "components/storage", (command[1] ?? "").replace("/program/", "programs/"));
      const [first, ...args] = command[0] === "node" ? [process.execPath, program] : ["sh", "-c", bucket];
      const made = spawnSync(first ?? "", args, {
        encoding: "utf8",
        env: {
          ...env,
          PATH: path,
          ADMIN_ACCESS_KEY: root.access,
          ADMIN_SECRET_KEY: root.secret,
          ADMIN_ENDPOINT_URL: where.endpoint,
        },
      });
      if (made.status !== 0) throw new Error(`${name}: ${made.stderr}`);
    }
    return where;
  };
  if (bucket !== "") prepare(store);
  return {
    server,
    store,
    folder,
    secondStore: (place) => prepare(startStore(versitygw, 1, place)),
    start,
    run: (...args) => start(...args).done,
    restic: (args, change = {}, of = "dump-keycloak") => {
      const variables = { ...here(deployed(of).env), ...change };
      const { status, stderr, stdout } = spawnSync("restic", ["-o", "s3.bucket-lookup=path", ...args], {
        ...account,
        env: variables,
        maxBuffer: 2 ** 31 - 1,
      });
      return {
        code: status,
        out: stdout.length < 2 ** 24 ? stdout.toString() : "",
        err: stderr.toString(),
        bytes: stdout,
      };
    },
    stop: () => {
      store.stop();
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A command with the account and the groups of a pod: a user with a name in the image has that name's number here. */
export function asPod({ group, groups, user }: Deployed, command: readonly string[]): string[] {
  const number = (flag: string) => spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout.trim();
  const [own, ownGroup] = user === 70 ? [number("-u"), number("-g")] : [user, group];
  return ["setpriv", "--reuid", `${own}`, "--regid", `${ownGroup}`, "--groups", groups.join(","), "--", ...command];
}
