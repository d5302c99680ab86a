// npm run test:backup: files of claims, by the scripts and the accounts of a stack's pods, with a real restic and a local folder as the
// repository. No volume is attached, and no snapshot of one taken: tests/cluster/volumes-program.cluster.ts runs what does that.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { besidePrefix } from "../../components/backup/file-scripts.ts";
import { stackNamed } from "../stacks.ts";
import { deployedBackups, resticProgram, writeScripts } from "./deployed.ts";
import type { Deployed } from "./deployed.ts";
import { asPod, resultOf } from "./machine.ts";

const stack = stackNamed("midpoint-shared");

describe("backups of files", function () {
  this.timeout(600_000);
  let folder: string;
  let files: string;
  let containers: ReadonlyMap<string, Deployed>;
  let name: string;
  const at = (path: string) => join(folder, path);

  const start = (job: string, change: Record<string, string> = {}, script?: string) => {
    // A hash follows the name of a namespace with a hyphen.
    const full = [...containers.keys()].find(
      (one) => one === job || (job.endsWith("-mp-demo") && one.startsWith(`${job}-`)),
    );
    const container =
      containers.get(full ?? job) ?? assert.fail(`no ${job}; there are ${[...containers.keys()].join(", ")}`);
    const { command, env, user } = container;
    const file = script ?? (command[1] ?? "").slice("/scripts/".length);
    const [first = "", ...args] = asPod(container, [command[0] ?? "", at(`scripts/${file}`)]);
    const child = spawn(first, args, {
      cwd: "/",
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...env,
        PATH: `${at("bin")}:${process.env["PATH"] ?? ""}`,
        HOME: at("tmp"),
        TMPDIR: at("tmp"),
        RESTIC_CACHE_DIR: at(`cache/${user}`),
        RESTIC_REPOSITORY: (env["RESTIC_REPOSITORY"] ?? "").replace(/^\/repository(?=\/)/, at("repository")),
        FILES: files,
        DRILL_FOLDER: at("drill"),
        OPEN_SECONDS: "20",
        ...change,
      },
    });
    return { child, done: resultOf(child) };
  };
  const good = async (...args: Parameters<typeof start>): Promise<string> => {
    const { code, err, out } = await start(...args).done;
    assert.equal(err, "");
    assert.equal(code, 0);
    return out;
  };
  /** A run that must fail with one line. */
  const bad = async (message: RegExp, ...args: Parameters<typeof start>): Promise<void> => {
    const { code, err } = await start(...args).done;
    assert.notEqual(code, 0);
    assert.match(err, /^backup: [^\n]+\n$/);
    assert.match(err, message);
  };
  const snapshots = async (change: Record<string, string> = {}) =>
    JSON.parse(await good("backup-check-mp-demo", change, "snapshots.sh")) as {
      readonly id: string;
      readonly summary?: { readonly total_bytes_processed: number };
    }[];
  const sh = (script: string, cwd = files) => {
    const { status, stderr, stdout } = spawnSync("bash", ["-euc", script], { cwd, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  /** Everything about a folder's content but its numbers of inodes. */
  const content = (where = files) =>
    sh(
      `find . -mindepth 1 \\( -path './${besidePrefix}*' -o -path ./lost+found \\) -prune -o -printf '%P %y %m %U %G %s %l %T@ %n\\0' |
         LC_ALL=C sort -z | tr '\\0' '\\n'
       find . -path './${besidePrefix}*' -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`,
      where,
    );
  const emptied = () => {
    const saved = at(`saved-${Math.random()}`);
    renameSync(files, saved);
    mkdirSync(files);
    chownSync(files, 0, 1000);
    chmodSync(files, 0o2775);
    return saved;
  };

  before(async function () {
    const missing = (what: string) => {
      console.log(`      skipped: ${what}`);
      return this.skip();
    };
    const restic = resticProgram();
    if (process.getuid?.() !== 0) return missing("root is required, for the accounts of pods");
    if (restic === undefined) return missing("restic 0.17 or later is not on PATH or in ~/.cache/groundplan/bin");
    const deployed = await deployedBackups(stack);
    containers = deployed.containers;
    name = [...containers.keys()].find((one) => one.startsWith("backup-files-mp-home")) ?? assert.fail();
    folder = mkdtempSync(join(tmpdir(), "groundplan-files-"));
    files = at("claims/mp-demo/mp home-0");
    chmodSync(folder, 0o755);
    writeScripts(at("scripts"), deployed.scripts);
    for (const [path, mode] of Object.entries({ tmp: 0o1777, cache: 0o1777, drill: 0o1777, bin: 0o755 })) {
      mkdirSync(at(path));
      chmodSync(at(path), mode);
    }
    if (restic.includes("/")) spawnSync("cp", [restic, at("bin/restic")]);
    mkdirSync(at("repository"));
    chownSync(at("repository"), 0, 10001);
    chmodSync(at("repository"), 0o2770);
    mkdirSync(files, { recursive: true });
    // As the kubelet leaves the root of a volume.
    chownSync(files, 0, 1000);
    chmodSync(files, 0o2775);
    sh(`mkdir -m 700 lost+found
      mkdir -p "a b/-c" 'quo"te' "ta	b" "new
line" empty 'é€' .hidden
      printf x >"a b/-c/--exclude" ; printf '' >'quo"te/empty' ; printf y >"new
line/\\$HOME %s \\\\" ; printf z >'é€/*' ; printf h >.hidden/..x
      head -c 3000000 /dev/urandom >big ; truncate -s 20M sparse ; printf end >>sparse
      ln -s /nowhere/at/all dangling ; ln -s big link ; ln big hard ; ln -s -- "new
line" "-l"
      printf k >key ; printf r >read-only ; printf e >script
      chmod 600 key ; chmod 444 read-only ; chmod 755 script ; chmod 1777 empty ; chmod 750 "a b"
      find . -mindepth 1 -not -name lost+found -exec chown -h 1000:1000 {} + ; chmod 2750 'é€'
      touch -h -d 2001-02-03T04:05:06.789 dangling key ; touch -d 1999-01-01 empty`);
    await good("backup-repository-mp-demo");
    await good("backup-repository");
  });
  after(() => {
    if ((folder as string | undefined) !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it("are made by the script that the namespace of the claim has", async () => {
    const { objects } = await import("./deployed.ts").then(({ deployedContainers }) => deployedContainers(stack));
    const maps = objects.filter(({ kind, name: one }) => kind === "ConfigMap" && one === "backup-scripts");
    assert.ok(maps.length > 1);
    for (const { manifest } of maps) {
      const { data } = manifest as { readonly data: Readonly<Record<string, string>> };
      for (const script of ["common.sh", "files.sh", "restore-files.sh", "swap-files.sh"])
        assert.equal(data[script], readFileSync(at(`scripts/${script}`), "utf8"));
    }
  });

  it("keep names, links, holes, owners, modes and times, and are restored with them", async () => {
    const before = content();
    assert.match(await good(name), /mp home-0: snapshot [0-9a-f]{8}, \d+ bytes\n$/);
    const [snapshot, ...others] = await snapshots();
    assert.equal(others.length, 0);
    assert.ok((snapshot?.summary?.total_bytes_processed ?? 0) > 23_000_000, "the size of the files, with holes");
    const saved = emptied();
    assert.match(await good(name, { SNAPSHOT: "latest" }, "restore-files.sh"), /^verified: \d+ files and folders/);
    assert.equal(content(), before);
    assert.equal(content(saved), before);
    assert.ok(Number(sh("stat -c %b sparse")) < 1000, "the file with a hole is written without it");
    // A restore that is repeated completes what a killed one has left.
    sh("rm -r 'é€' ; printf damaged >key ; touch -d 2001-02-03T04:05:06.789 key");
    await good(name, { SNAPSHOT: "latest" }, "restore-files.sh");
    assert.equal(content(), before);
  });

  it("open the repository of their own namespace, and not that of the dumps", async () => {
    const own = containers.get(name)?.env["RESTIC_REPOSITORY"] ?? "";
    assert.match(own, /\.mp-demo$/);
    const dumps = containers.get("backup-check")?.env["RESTIC_REPOSITORY"] ?? "";
    assert.notEqual(dumps, own);
    await bad(/wrong password/, name, { RESTIC_REPOSITORY: dumps.replace(/^\/repository/, at("repository")) });
    // The pods that maintain it are in the namespace of backups, and the recovery password opens both.
    const recovery = containers.get("backup-repository")?.env["RECOVERY_PASSWORD"] ?? "";
    for (const check of ["backup-check", "backup-check-mp-demo"])
      await good(check, { RESTIC_PASSWORD: recovery }, "snapshots.sh");
  });

  it("read unchanged files only once", async () => {
    const size = () => Number(sh("du -sk . | cut -f1", at("repository")));
    const before = size();
    await good(name);
    assert.ok(size() - before < 200, "the repository has grown by less than 200 KiB");
    assert.match(await good("backup-prune-mp-demo"), /^retention: done\n$/);
    assert.equal((await snapshots({ STACK: "midpoint-shared.part" })).length, 0, "nothing of the first step is left");
    await good(name);
    assert.match(await good("backup-check-mp-demo", { SHARES: "1" }), /^check: no errors/);
  });

  it("end with one line where a file cannot be read, and leave no backup", async () => {
    const before = await snapshots();
    sh("printf s >secret ; chmod 600 secret");
    await bad(/a file could not be read: open .*secret: permission denied/, name);
    assert.deepEqual(await snapshots(), before);
    sh("rm secret");
    await bad(/no folder \/none/, name, { FILES: "/none" });
    await bad(/no (matching )?.*(ID|snapshot)/i, name, { SNAPSHOT: "00000000" }, "restore-files.sh");
  });

  it("that are killed at random moments leave no backup that is not whole", async function () {
    if (spawnSync("sh", ["-c", "command -v setpriv"]).status !== 0) return this.skip();
    for (let moment = 0; moment < 10; moment += 1) {
      sh("head -c 20000000 /dev/urandom >changing ; chown 1000:1000 changing");
      const { child, done } = start(name);
      await sleep(200 + Math.random() * 2500);
      if (child.exitCode === null) kill(child);
      await done;
    }
    // The locks of killed runs are of this machine, so restic knows that their processes have ended.
    await good(name);
    await good("backup-prune-mp-demo", { KEEP: "--keep-last 20" });
    const all = await snapshots();
    const source = sh("ls -A");
    for (const { id } of all) {
      const saved = emptied();
      assert.match(await good(name, { SNAPSHOT: id }, "restore-files.sh"), /^verified: /);
      const restored = sh("ls -A | grep -v '^changing$'");
      assert.equal(
        restored,
        source
          .split("\n")
          .filter((one) => !["changing", "lost+found"].includes(one))
          .join("\n"),
      );
      rmSync(files, { recursive: true });
      renameSync(saved, files);
    }
    assert.match(await good("backup-check-mp-demo", { SHARES: "1" }), /^check: no errors/);
  });

  it("are proven by a drill with another account", async () => {
    const drill = [...containers.keys()].find((one) => one.startsWith("drill-files-")) ?? assert.fail();
    assert.match(await good(drill), /^verified: \d+ files and folders of snapshot latest/);
    assert.equal(sh("ls -A", at("drill")), "");
  });

  it("of a share are restored into a folder of it, and exchanged, or put back from wherever the exchange has stopped", async () => {
    rmSync(join(files, "changing"), { force: true });
    await good(name);
    const restored = content();
    const names = { TARGET: `${besidePrefix}restored-1`, OLD: `${besidePrefix}before-1` };
    sh("printf new >key ; printf more >.more ; chown 1000:1000 .more ; rm big");
    const changed = content();
    await good(name, { SNAPSHOT: "latest", INTO: names.TARGET }, "restore-files.sh");
    assert.equal(content(), changed);
    // Each command that moves something fails once, before the next run completes or undoes the exchange.
    const real = sh("command -v mv").trim();
    const shim = at("bin/mv");
    writeFileSync(
      shim,
      `#!/bin/sh\nn=$(($(cat ${at("tmp/count")}) - 1)); echo $n >${at("tmp/count")}; [ $n != 0 ] || kill -9 $PPID\nexec ${real} "$@"\n`,
    );
    chmodSync(shim, 0o755);
    const stopAt = (count: number) => {
      writeFileSync(at("tmp/count"), String(count));
      chmodSync(at("tmp/count"), 0o666);
    };
    let stops = 0;
    for (let count = 1; count < 60; count += 1) {
      stopAt(count);
      const { code } = await start(name, names, "swap-files.sh").done;
      stopAt(-1);
      if (code === 0) break;
      stops += 1;
      if (count % 2 === 0) {
        assert.match(await good(name, { ...names, BACK: "yes" }, "swap-files.sh"), /^undone: /);
        assert.equal(content(), changed);
      } else {
        assert.match(await good(name, names, "swap-files.sh"), /^swapped: /);
        assert.equal(content(), restored);
        assert.equal(content(join(files, names.OLD)), changed);
        assert.match(await good(name, { ...names, BACK: "yes" }, "swap-files.sh"), /^whole: /);
        // Back by another exchange, which makes the old files the restored ones.
        const back = { TARGET: names.OLD, OLD: names.TARGET };
        await good(name, back, "swap-files.sh");
        assert.equal(content(), changed);
      }
    }
    assert.ok(stops > 20, `stopped ${stops} times`);
    assert.equal(content(), restored);
    await bad(/no folder .*restored-1/, name, names, "swap-files.sh");
    // No backup contains the old files.
    await good(name);
    const saved = emptied();
    await good(name, { SNAPSHOT: "latest" }, "restore-files.sh");
    assert.equal(content(), restored);
    assert.ok(!sh("ls -A").includes(besidePrefix));
    rmSync(saved, { recursive: true });
  });
});

function kill({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}
