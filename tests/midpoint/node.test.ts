// What happens in a node's containers, with midPoint's own start script where it is at hand and a small program in Java's place.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
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
import { paths } from "../../components/midpoint/environment.ts";
import { nodeScripts } from "../../components/midpoint/scripts.ts";
import { upstream } from "./upstream.ts";

describe("a midPoint node", function () {
  this.timeout(300_000);
  let folder: string;
  /** A path of the containers, in a folder of this test. */
  const at = (path: string) => join(folder, path);
  const moved = (text: string) => text.replace(/(?<![\w.])\/(opt|shared|tmp)\b/g, `${folder}/$1`);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-node-"));
    for (const path of [
      paths.initHome,
      paths.objects,
      paths.scripts,
      `${paths.program}/bin`,
      `${paths.program}/lib`,
      "/tmp",
    ])
      mkdirSync(at(path), { recursive: true });
    for (const [name, text] of Object.entries(nodeScripts()))
      writeFileSync(at(`${paths.scripts}/${name}`), moved(text).replace("sleep 5", "sleep 0"));
    for (const name of ["100-a.xml", "200-b.xml"]) writeFileSync(at(`${paths.objects}/${name}`), "<a/>");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const prepare = (pod: string) => {
    const { status, stderr } = spawnSync("bash", [at(`${paths.scripts}/prepare.sh`)], {
      env: { PATH: process.env["PATH"] ?? "", POD_NAME: pod },
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  };
  const list = (path: string) => (existsSync(at(path)) ? readdirSync(at(path)).sort() : []);

  it("that is the first leaves post-initial objects to be imported; a later one takes them for done", () => {
    prepare("mp-pg-demo-0");
    assert.deepEqual(list(`${paths.initHome}/post-initial-objects`), []);
    prepare("mp-pg-demo-10");
    const done = ["100-a.xml.done", "200-b.xml.done"];
    assert.deepEqual(list(`${paths.initHome}/post-initial-objects`), done);
    prepare("mp-pg-demo-10");
    assert.deepEqual(list(`${paths.initHome}/post-initial-objects`), done);
  });

  it("makes its folders in the shared one, where what was imported stands for all nodes", () => {
    mkdirSync(at("/shared"));
    prepare("mp-pg-demo-0");
    prepare("mp-pg-demo-1");
    assert.deepEqual(list("/shared"), ["connectors", "exports", "keystore", "logs", "poi"]);
    assert.deepEqual(list("/shared/logs"), ["mp-pg-demo-0", "mp-pg-demo-1"]);
    assert.deepEqual(list("/shared/poi"), ["100-a.xml.done", "200-b.xml.done"]);
  });

  /** Starts midPoint's own script with a program in Java's place that takes its time to end. */
  function start(pod: string): { ended: Promise<number | null>; stop: () => void } {
    const script = upstream("midpoint.sh");
    assert.ok(script !== undefined);
    cpSync(script, at(`${paths.program}/bin/midpoint.sh`));
    writeFileSync(at(`${paths.program}/lib/midpoint.jar`), "");
    const java = at("/opt/java");
    writeFileSync(
      java,
      `#!/bin/bash
[ "$1" = -version ] && exit 0
trap 'sleep 1; echo ended >> "${at("/tmp/java")}"; exit 0' TERM
echo started >> "${at("/tmp/java")}"
while :; do sleep 0.1; done
`,
    );
    chmodSync(java, 0o755);
    const child = spawn("bash", [at(`${paths.program}/bin/midpoint.sh`), "container"], {
      env: {
        PATH: `${at("/opt")}:${process.env["PATH"]}`,
        MIDPOINT_HOME: at(paths.home),
        MP_ENTRY_POINT: at(paths.entryPoint),
        PID_FILE: at(paths.process),
        POD_NAME: pod,
      },
      stdio: "ignore",
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    return { ended, stop: () => void child.kill("SIGTERM") };
  }
  const wait = async (holds: () => boolean) => {
    for (let left = 100; left > 0 && !holds(); left--) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(holds());
  };
  const java = () => (existsSync(at("/tmp/java")) ? readFileSync(at("/tmp/java"), "utf8").trim().split("\n") : []);
  const without = function (this: Mocha.Context) {
    if (upstream("midpoint.sh") !== undefined) return;
    console.log("    midPoint's start script is not on this machine: how a node starts and stops is not tested");
    this.skip();
  };

  it("imports what the start script copies, and nothing twice", async function () {
    without.call(this);
    const objects = `${paths.home}/post-initial-objects`;
    mkdirSync(at(objects), { recursive: true });
    writeFileSync(at(`${objects}/100-a.xml.done`), "");
    const { ended, stop } = start("mp-pg-demo-0");
    await wait(() => java().length === 1);
    assert.deepEqual(list(objects), ["100-a.xml.done", "200-b.xml"]);
    stop();
    await ended;
    await wait(() => java().length === 2);
  });

  it("ends Java before the container, which the start script by itself does not", async function () {
    without.call(this);
    const first = start("mp-pg-demo-0");
    await wait(() => java().length === 1 && existsSync(at(paths.process)));
    first.stop();
    await first.ended;
    assert.deepEqual(java(), ["started"], "the start script waits for Java: the hook is no longer needed");
    await wait(() => java().length === 2);
    rmSync(at("/tmp/java"));
    rmSync(at(paths.process));

    const second = start("mp-pg-demo-0");
    await wait(() => java().length === 1 && existsSync(at(paths.process)));
    const hook = spawn("bash", [at(`${paths.scripts}/stop.sh`)], { stdio: "ignore" });
    const code = await new Promise<number | null>((resolve) => hook.on("close", resolve));
    assert.equal(code, 0);
    assert.deepEqual(java(), ["started", "ended"]);
    await second.ended;
  });
});
