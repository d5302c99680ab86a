import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostScript, hostScripts, scriptsFor } from "../../../plan/doctor/host-scripts.ts";
import { reviewFiles } from "../../../plan/output.ts";
import { review } from "../../../plan/review.ts";
import { planStack } from "../../plans.ts";
import { stackNamed } from "../../stacks.ts";
import { modest } from "./samples.ts";

/** A shell at hand, of those that a host may have. */
const shells = ["sh", "dash", "bash", "busybox"].filter((shell) => spawnSync(shell, ["--help"]).error === undefined);

describe("X25: host scripts", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-host-"));
    for (const name of ["bin", "etc", "proc"]) mkdirSync(join(folder, name));
    fake("id", "echo 0");
    fake("mountpoint", "exit 1");
    for (const name of [
      "apt-get",
      "dnf",
      "zypper",
      "pacman",
      "systemctl",
      "exportfs",
      "sysctl",
      "modprobe",
      "mount.nfs",
      "mount",
    ])
      fake(name, `echo ${name} "$@" >> ${folder}/log`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fake = (name: string, line: string) => {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  };
  /** Runs a script as root of a pretend machine: its files stand below the test's folder, its programs only say their names. */
  const on = (script: string, ...args: string[]) => {
    const text = script
      .replaceAll("/etc/", `${folder}/etc/`)
      .replaceAll("/proc/", `${folder}/proc/`)
      .replaceAll('mkdir -p "$path"', ":");
    const env = { PATH: `${folder}/bin:${process.env["PATH"] ?? ""}` };
    const { status, stdout, stderr } = spawnSync("sh", ["-s", "--", ...args], { input: text, env, encoding: "utf8" });
    const log = existsSync(`${folder}/log`) ? readFileSync(`${folder}/log`, "utf8") : "";
    return { status, stdout, stderr, log };
  };
  const file = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  for (const name of hostScripts) {
    it(`${name} is a script for every shell, the same each time`, () => {
      const text = hostScript(name, { clients: "192.168.3.0/24" });
      assert.equal(text, hostScript(name, { clients: "192.168.3.0/24" }));
      assert.match(text, /^#!\/bin\/sh\n# .*\n# usage: /);
      for (const shell of shells) {
        const words = shell === "busybox" ? ["sh", "-n"] : ["-n"];
        const { status, stderr } = spawnSync(shell, words, { input: text, encoding: "utf8" });
        assert.deepEqual([status, stderr], [0, ""], shell);
      }
    });

    it(`${name} has nothing that shellcheck minds`, function () {
      const { error, status, stdout } = spawnSync("shellcheck", ["-s", "sh", "-"], {
        input: hostScript(name),
        encoding: "utf8",
      });
      if (error !== undefined) {
        console.log("    skipped: shellcheck is not on PATH");
        return this.skip();
      }
      assert.equal(status, 0, stdout);
    });
  }

  it("refuses to run without root, and touches nothing", () => {
    fake("id", "echo 1000");
    for (const name of hostScripts) {
      const { status, stderr, log } = on(hostScript(name));
      assert.deepEqual([status, stderr, log], [1, "run this as root\n", ""]);
    }
  });

  const systems: [string, string, string][] = [
    ["Ubuntu", "ID=ubuntu\nID_LIKE=debian\n", "apt-get install -y --no-install-recommends nfs-common"],
    ["Rocky", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install -y nfs-utils"],
    ["Amazon Linux", 'ID="amzn"\nID_LIKE="fedora"\n', "dnf install -y nfs-utils"],
    ["SLES", 'ID="sles"\nID_LIKE="suse"\n', "zypper --non-interactive install --no-recommends nfs-client"],
    ["Manjaro", "ID=manjaro\nID_LIKE=arch\n", "pacman -S --needed --noconfirm nfs-utils"],
    ["a child of Debian", "ID=novelty\nID_LIKE=debian\n", "apt-get install -y --no-install-recommends nfs-common"],
  ];
  for (const [name, release, expected] of systems) {
    it(`nfs on ${name}`, () => {
      file("etc/os-release", release);
      const { status, log, stderr } = on(hostScript("nfs"));
      assert.equal(status, 0, stderr);
      assert.ok(log.includes(expected), log);
    });
  }

  it("nfs on Flatcar installs nothing; on an unknown system it says so", () => {
    file("etc/os-release", "ID=flatcar\nID_LIKE=coreos\n");
    const flatcar = on(hostScript("nfs"));
    assert.equal(flatcar.status, 0, flatcar.stderr);
    assert.doesNotMatch(flatcar.log, /apt-get|dnf|zypper|pacman/);
    file("etc/os-release", "ID=plan9\n");
    assert.deepEqual([on(hostScript("nfs")).status], [1]);
  });

  it("N: exports what the seed exports, once, however often it runs", () => {
    file("etc/os-release", "ID=debian\n");
    file("etc/fstab", "");
    const script = hostScript("nfs-server", { clients: "192.168.3.0/24" });
    const disk = "69c7df98-0349-4c47-84ce-514a1699ccf1";
    assert.equal(on(script, "192.168.3.0/24", disk).status, 0);
    assert.equal(on(script, "192.168.3.0/24", disk).status, 0);
    assert.equal(
      readFileSync(join(folder, "etc/exports.d/groundplan-storage.exports"), "utf8"),
      "/storage 192.168.3.0/24(rw,sync,no_wdelay,no_root_squash,insecure)\n",
    );
    assert.equal(readFileSync(join(folder, "etc/fstab"), "utf8"), `UUID=${disk} /storage ext4 defaults,noatime 0 2\n`);
    assert.match(on(script).log, /systemctl enable --now rpcbind nfs-server\nexportfs -ra/);
  });

  it("an export to every machine is refused", () => {
    file("etc/os-release", "ID=debian\n");
    for (const range of ["0.0.0.0/0", "::/0", "*", "10.0.0.0/0"]) {
      const { status, stderr, log } = on(hostScript("nfs-server"), range);
      assert.deepEqual([status, log], [1, ""], range);
      assert.match(stderr, /is every machine: give the address range of the nodes/);
    }
  });

  it("exports to several ranges, and a folder of one account to that account", () => {
    file("etc/os-release", "ID=debian\n");
    file("etc/fstab", "");
    for (const name of ["chown", "chmod"]) fake(name, `echo ${name} "$@" >> ${folder}/log`);
    const account = { user: 1000, group: 1001 };
    const script = hostScript("nfs-server", { path: "/exports", clients: "10.0.0.0/24 10.0.1.0/24", account });
    const { log, status, stderr } = on(script);
    assert.equal(status, 0, stderr);
    assert.equal(
      readFileSync(join(folder, "etc/exports.d/groundplan-exports.exports"), "utf8"),
      "/exports 10.0.0.0/24(rw,sync,no_wdelay,root_squash,insecure) 10.0.1.0/24(rw,sync,no_wdelay,root_squash,insecure)\n",
    );
    assert.match(log, /^chown 1000:1001 \/exports\nchmod 2770 \/exports$/m);
    assert.match(on(script, "10.0.0.0/24 0.0.0.0/0").stderr, /^0\.0\.0\.0\/0 is every machine/);
    const { error, stdout } = spawnSync("shellcheck", ["-s", "sh", "-"], { input: script, encoding: "utf8" });
    if (error === undefined) assert.equal(stdout, "");
  });

  it("X25: a plan writes the scripts of its hosts, with the nodes' ranges, or with none where these are every address", async () => {
    for (const [range, expected] of [
      ["cluster.nodeCidrs=[10.1.0.0/16, 10.2.0.0/16]", 'clients="${1:-10.1.0.0/16 10.2.0.0/16}"'],
      ["cluster.nodeCidrs=[0.0.0.0/0]", 'clients="${1:?the address range'],
    ] as const) {
      const stack = { ...stackNamed("midpoint-shared"), name: `hosts-${range}` };
      const plan = await planStack({ ...stack, set: [...(stack.set ?? []), range] });
      const files = await reviewFiles(review(plan, "2026-11-21"));
      const names = [...files.keys()].filter((path) => path.startsWith("hosts/"));
      assert.ok(names.includes("hosts/nfs.sh"), names.join(" "));
      const server = files.get("hosts/nfs-server-192.168.3.12-backup.sh") ?? assert.fail(names.join(" "));
      assert.ok(server.includes(expected), server);
      assert.match(server, /^chown 10001:10001 "\$path"$/m);
      // A provisioner acts as root.
      assert.match(files.get("hosts/nfs-server-192.168.3.10-storage.sh") ?? "", /no_root_squash/);
    }
  });

  it("an export without clients is refused: it would be open to all", () => {
    file("etc/os-release", "ID=debian\n");
    const { status, stderr } = on(hostScript("nfs-server"));
    assert.notEqual(status, 0);
    assert.match(stderr, /the address range of the nodes is required/);
    assert.equal(existsSync(join(folder, "etc/exports.d")), false);
  });

  it("sysctl raises what is too low, and leaves what is higher", () => {
    const count = join(folder, "proc/sys/vm/max_map_count");
    const written = join(folder, "etc/sysctl.d/99-groundplan.conf");
    file("proc/sys/vm/max_map_count", "1048576\n");
    assert.match(on(hostScript("sysctl")).stdout, /max_map_count is 1048576;/);
    assert.equal(existsSync(written), false);
    file("proc/sys/vm/max_map_count", "65530\n");
    assert.match(on(hostScript("sysctl")).stderr, /is still 65530/);
    fake("sysctl", `sed -n 's/vm.max_map_count = //p' "$2" > ${count}`);
    const { status, stdout } = on(hostScript("sysctl"));
    assert.equal(status, 0);
    assert.equal(readFileSync(written, "utf8"), "vm.max_map_count = 262144\n");
    assert.match(stdout, /kubectl annotate node \S+ groundplan\/vm\.max_map_count=262144 --overwrite/);
  });

  it("a stack gets the scripts that its hosts need", () => {
    const share = { by: "PersistentVolume a", server: "10.0.0.9", path: "/a/b", driver: false };
    const names = (more: Partial<typeof modest>) => [...scriptsFor({ ...modest, ...more }).keys()];
    assert.deepEqual(names({}), []);
    assert.deepEqual(names({ mapCount: ["x"] }), ["sysctl.sh"]);
    assert.deepEqual(names({ nfs: [share, { ...share, by: "b" }] }), ["nfs.sh", "nfs-server-10.0.0.9-a-b.sh"]);
    assert.deepEqual(names({ nfs: [{ ...share, driver: true }] }), ["nfs-server-10.0.0.9-a-b.sh"]);
    assert.deepEqual(names({ nfs: [{ by: "StorageClass c", driver: true }] }), []);
  });
});
