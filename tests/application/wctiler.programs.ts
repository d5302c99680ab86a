// WCTiler's configuration of examples/worldcereal.yaml in the real programs: nginx, uwsgi and MapProxy.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { declaredModules } from "../../stacks/settings/modules.ts";
import { recordStack, stackNamed } from "../stacks.ts";

const { settings } = (await recordStack(stackNamed("worldcereal"))).result;
const mapproxy = declaredModules(settings).find(({ application }) => application.name === "wctiler")?.application;
const uwsgiIni = mapproxy?.files[0]?.content ?? "";
const nginxConf = mapproxy?.sidecars[0]?.files[0]?.content ?? "";

/** A virtual environment with PyPI's uwsgi and MapProxy. */
const home = process.env["WCTILER_VENV"] ?? join(homedir(), ".cache", "groundplan", "wctiler");
const missing = [
  spawnSync("nginx", ["-v"]).error && "nginx is not on PATH (Debian's package nginx-light)",
  (spawnSync(join(home, "bin", "uwsgi"), ["--version"]).error ??
    spawnSync(join(home, "bin", "python"), ["-c", "import mapproxy"]).status) !== 0 &&
    `no uwsgi and MapProxy in ${home}: python3 -m venv ${home} && ${home}/bin/pip install uwsgi MapProxy`,
].find((text) => typeof text === "string");

const mapproxyYaml = `
services: { tms: {} }
layers: [{ name: map, title: Map, sources: [map_cache] }]
caches: { map_cache: { grids: [GLOBAL_WEBMERCATOR], sources: [debug], disable_storage: true } }
sources: { debug: { type: debug } }
globals: { cache: { base_dir: FOLDER/cache, lock_dir: FOLDER/locks } }
`;

const tile = "/tms/1.0.0/map/EPSG3857/0/0/0.png";

/** A request line of 30,000 bytes. */
const long = `${tile}?marker=`.padEnd(30_000 - "GET  HTTP/1.1".length, "x");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function status(port: number, path: string): Promise<{ status: number; type: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          body: Buffer.concat(parts),
        }),
      );
    });
    sent.on("error", reject).end();
  });
}

describe("WCTiler in the real programs", function () {
  this.timeout(120_000);
  const folders: string[] = [];
  const running: ChildProcess[] = [];

  before(function () {
    if (missing === undefined) return;
    console.log(`    skipped: ${missing}`);
    this.skip();
  });
  afterEach(async () => {
    for (const program of running.splice(0)) {
      if (program.exitCode !== null || program.signalCode !== null) continue;
      const ended = new Promise((resolve) => program.once("exit", resolve));
      program.kill("SIGTERM");
      // uwsgi can miss a signal while it starts its workers.
      const killed = setTimeout(() => program.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(killed);
    }
  });
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  /** Starts both programs with the example's files, at ports and in a folder of their own. */
  async function start(change: { readonly nginx?: RegExp; readonly uwsgi?: RegExp } = {}) {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-wctiler-"));
    folders.push(folder);
    mkdirSync(join(folder, "tmp"));
    const [http, socket, stats] = [await freePort(), await freePort(), await freePort()];
    const placed = (text: string) =>
      text
        .replaceAll("/tmp/", `${folder}/tmp/`)
        .replaceAll("/mapproxy", folder)
        .replaceAll("127.0.0.1:3031", `127.0.0.1:${socket}`)
        .replaceAll("127.0.0.1:1717", `127.0.0.1:${stats}`)
        .replace("listen 8080", `listen 127.0.0.1:${http}`);
    const without = (text: string, line?: RegExp) => {
      if (line === undefined) return text;
      assert.match(text, line);
      return text.replace(line, "");
    };
    writeFileSync(join(folder, "uwsgi.ini"), placed(without(uwsgiIni, change.uwsgi)));
    writeFileSync(join(folder, "nginx.conf"), placed(without(nginxConf, change.nginx)));
    writeFileSync(join(folder, "mapproxy.yaml"), mapproxyYaml.replaceAll("FOLDER", folder));
    writeFileSync(
      join(folder, "app.py"),
      `from mapproxy.wsgiapp import make_wsgi_app\napplication = make_wsgi_app("${folder}/mapproxy.yaml")\n`,
    );
    // A file, because nginx cannot open the sockets that Node gives a child.
    const log = join(folder, "output.txt");
    const file = openSync(log, "a");
    const output = () => readFileSync(log, "utf8");
    const launch = (command: string, args: string[]) => {
      const env = { ...process.env, UWSGI_HOME: home };
      running.push(spawn(command, args, { cwd: folder, env, stdio: ["ignore", file, file] }));
    };
    launch(join(home, "bin", "uwsgi"), ["--ini", join(folder, "uwsgi.ini")]);
    launch("nginx", ["-c", join(folder, "nginx.conf"), "-p", folder, "-g", "daemon off;"]);
    for (let attempt = 0; attempt < 100; attempt++) {
      const answer = await status(http, tile).catch(() => undefined);
      if (answer?.status === 200) return { http, stats, output };
      await sleep(500);
    }
    throw new Error(`no tile:\n${output().slice(-4000)}`);
  }

  it("W27: a tile comes back, also for a request line of 30,000 bytes", async () => {
    const { http, stats } = await start();
    const plain = await status(http, tile);
    assert.deepEqual([plain.status, plain.type], [200, "image/png"]);
    assert.equal(plain.body.subarray(1, 4).toString(), "PNG");
    assert.equal((await status(http, long)).status, 200);
    const seen = spawnSync(join(home, "bin", "uwsgi"), ["--connect-and-read", `127.0.0.1:${stats}`], {
      encoding: "utf8",
    });
    assert.equal((JSON.parse(`${seen.stdout}${seen.stderr}`) as { workers: unknown[] }).workers.length, 8);
  });

  it("W27: nginx refuses that request line with its own buffers", async () => {
    const { http } = await start({ nginx: /large_client_header_buffers .*;/ });
    assert.equal((await status(http, tile)).status, 200);
    assert.equal((await status(http, long)).status, 414);
  });

  it("W27: uwsgi refuses it with its own buffer", async () => {
    const { http, output } = await start({ uwsgi: /buffer-size = .*/ });
    assert.equal((await status(http, tile)).status, 200);
    assert.notEqual((await status(http, long)).status, 200);
    assert.match(output(), /invalid request block size/);
  });
});
