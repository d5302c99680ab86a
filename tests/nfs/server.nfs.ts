// The configuration of the NFS server in a real NFS-Ganesha (Debian's packages nfs-ganesha and nfs-ganesha-vfs), with the capabilities
// that its container has, and a client in user space (libnfs-utils). It runs in a network namespace of its own, so that the port is
// free. The image's Ganesha is newer, and no kernel mounts anything here. Files are small: libnfs 4.0.0 cannot encode a write of 4 KiB
// for NFS 4.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  folderCapabilities,
  folderScript,
  serverCapabilities,
  serverCommand,
  serverConfiguration,
  serverPaths,
} from "../../components/nfs/exports.ts";
import type { FolderSpec } from "../../components/nfs/exports.ts";
import { MidPoint } from "../../components/midpoint/midpoint.ts";

const midpoint: FolderSpec = { path: "/midpoint", account: MidPoint.account };
// The account of the image atlassian/confluence (docker-atlassian-confluence-server, README.md, "Data directory").
const confluence: FolderSpec = { path: "/confluence", account: { user: 2002, group: 2002 } };
const volumes: FolderSpec = { path: "/volumes" };
const folders = [midpoint, confluence, volumes];

/** Why the test cannot run here. */
function missing(): string | undefined {
  const programs = ["ganesha.nfsd", "nfs-cp", "nfs-cat", "nfs-ls", "setpriv", "unshare", "nsenter"].filter(
    (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0,
  );
  if (programs.length > 0) return `missing programs: ${programs.join(", ")}`;
  if (!existsSync("/usr/lib/x86_64-linux-gnu/ganesha/libfsalvfs.so") && !existsSync("/usr/lib/ganesha/libfsalvfs.so"))
    return "missing library: libfsalvfs.so of Debian's package nfs-ganesha-vfs";
  if (process.getuid?.() !== 0) return "the server needs root";
  return spawnSync("unshare", ["--net", "true"]).status === 0 ? undefined : "no network namespaces";
}

/** `setpriv` with the capabilities of a container, as its runtime sets them. */
function limited(capabilities: readonly string[]): string[] {
  const set = ["-all", ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(",");
  return ["setpriv", `--bounding-set=${set}`, `--inh-caps=${set}`, "--no-new-privs"];
}

describe("the NFS server's configuration in a real NFS-Ganesha", function () {
  this.timeout(120_000);
  const home = mkdtempSync(join(tmpdir(), "groundplan-nfs-"));
  const data = join(home, "exports");
  let network: ChildProcess | undefined;
  let server: ChildProcess | undefined;
  let log = "";

  const inNetwork = (command: readonly string[]) => ["nsenter", `--net=/proc/${network?.pid}/ns/net`, ...command];
  const client = (program: string, ...args: string[]) => {
    const [file = "", ...rest] = inNetwork([program, ...args]);
    return spawnSync(file, rest, { encoding: "utf8", timeout: 30_000 });
  };
  const url = (path: string, account: { user: number; group: number }) =>
    `nfs://127.0.0.1${path}?version=4&uid=${account.user}&gid=${account.group}`;

  async function start(): Promise<void> {
    log = "";
    const command = serverCommand.map((word) =>
      word.replace(serverPaths.configuration, home).replace(serverPaths.run, home),
    );
    const [file = "", ...args] = inNetwork([...limited(serverCapabilities), ...command]);
    server = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [server.stdout, server.stderr]) stream?.on("data", (text) => (log += String(text)));
    for (let tries = 0; !log.includes("NFS SERVER INITIALIZED"); tries++) {
      if (tries > 300 || server.exitCode !== null) throw new Error(`the server did not start:\n${log}`);
      await sleep(100);
    }
  }

  async function stop(): Promise<void> {
    if (server === undefined || server.exitCode !== null) return;
    server.kill("SIGTERM");
    await once(server, "exit");
  }

  function prepare(list: readonly FolderSpec[]): void {
    writeFileSync(join(home, "ganesha.conf"), serverConfiguration(list, data));
    const [file = "", ...args] = limited(folderCapabilities);
    execFileSync(file, [...args, "sh", "-c", folderScript(list, data)]);
  }

  before(async function () {
    const reason = missing();
    if (reason !== undefined) {
      console.log(`    skipped: ${reason}`);
      this.skip();
    }
    mkdirSync(data);
    network = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up && exec sleep 600"], { stdio: "ignore" });
    await sleep(500);
    prepare(folders);
    await start();
  });
  after(async () => {
    await stop();
    network?.kill();
    rmSync(home, { recursive: true, force: true });
  });

  it("starts, and finds no mistake in it", () => {
    assert.doesNotMatch(log, /CONFIG :CRIT|unknown (parameter|block)|error parsing/i);
    assert.match(log, /NFS SERVER INITIALIZED/);
  });

  for (const [who, { account, path }] of [
    ["midPoint", midpoint],
    ["Confluence", confluence],
  ] as const) {
    it(`M18: ${who}'s account writes and reads a file, which belongs to it`, () => {
      assert.ok(account !== undefined);
      const file = join(home, "text");
      const text = `${who}\n`.repeat(100);
      writeFileSync(file, text);
      const copied = client("nfs-cp", file, url(`${path}/a file`, account));
      assert.equal(copied.status, 0, copied.stderr);
      assert.equal(client("nfs-cat", url(`${path}/a file`, account)).stdout, text);
      const { gid, uid } = statSync(join(data, path, "a file"));
      assert.deepEqual([uid, gid], [account.user, account.group]);
    });
  }

  it("M17: what root on a node creates, as the kubelet creates a subPath, belongs to the consumer", () => {
    const root = { user: 0, group: 0 };
    const file = join(home, "text");
    const copied = client("nfs-cp", file, url("/midpoint/of-root", root));
    assert.equal(copied.status, 0, copied.stderr);
    assert.equal(statSync(join(data, "midpoint", "of-root")).uid, MidPoint.account.user);
  });

  it("on a share for volumes, root stays root, and another account may not write", () => {
    const file = join(home, "text");
    assert.equal(client("nfs-cp", file, url("/volumes/pv", { user: 0, group: 0 })).status, 0);
    assert.equal(statSync(join(data, "volumes", "pv")).uid, 0);
    assert.notEqual(client("nfs-cp", file, url("/volumes/other", { user: 1000, group: 1000 })).status, 0);
    assert.deepEqual(readdirSync(join(data, "volumes")), ["pv"]);
  });

  it("exports nothing else: not what it keeps itself, not the claim's root", () => {
    const listed = client("nfs-ls", url("/", { user: 0, group: 0 }));
    assert.deepEqual(
      listed.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" ").at(-1))
        .sort(),
      ["confluence", "midpoint", "volumes"],
    );
    assert.notEqual(client("nfs-ls", url("/.ganesha", { user: 0, group: 0 })).status, 0);
  });

  it("finds every file again after a restart with one more folder", async () => {
    await stop();
    assert.equal(server?.exitCode, 0, log);
    prepare([{ path: "/a" }, ...folders]);
    await start();
    const text = readFileSync(join(data, "midpoint", "a file"), "utf8");
    // It first waits for the clients that it remembers.
    let read = client("nfs-cat", url("/midpoint/a file", MidPoint.account));
    for (let tries = 0; read.stderr.includes("NFS4ERR_GRACE") && tries < 60; tries++) {
      await sleep(1000);
      read = client("nfs-cat", url("/midpoint/a file", MidPoint.account));
    }
    assert.equal(read.stdout, text, read.stderr);
    assert.equal(statSync(join(data, "midpoint")).mode & 0o777, 0o770);
  });
});
