import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { catalogue } from "../../../components/kit/catalogue.ts";
import { chartLocation } from "../../../components/kit/values.ts";
import { imagesOf } from "../../../plan/checks/software.ts";
import type { Run } from "../../../plan/doctor/run.ts";
import { copyChart } from "../../../plan/images/registry.ts";
import { makePlan } from "../../../plan/plan.ts";
import { readStackFile } from "../../../plan/stack-file.ts";
import { program } from "../../backup/deployed.ts";
import { freePorts } from "../../keycloak/node.ts";
import { root } from "../../stacks.ts";

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan");
const path = `${join(cache, "bin")}:${process.env["PATH"] ?? ""}`;
const version = catalogue["cert-manager"].version;
const chart = join(cache, "charts", `cert-manager-${version}.tgz`);

/** The command `images` against a real registry, crane's own: one as the publisher's, one as the mirror. */
describe("images with a real registry", function () {
  // Inside the project, because the path of a lock is relative to it.
  mkdirSync(join(root, "node_modules", ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, "node_modules", ".cache", "images-"));
  const servers: ChildProcess[] = [];
  let publisher = "";
  let mirror = "";

  before(async function () {
    if (program("crane", undefined, ["version"]) === undefined) skip(this, "crane is not on PATH");
    publisher = await registry();
    mirror = await registry();
    writeFileSync(join(folder, "hello.txt"), "hello");
    execFileSync("tar", ["-C", folder, "-cf", join(folder, "layer.tar"), "hello.txt"]);
    for (const name of ["example/web:1.0.0", "example/worker:2.0.0"])
      crane("append", "--new_layer", join(folder, "layer.tar"), "--new_tag", `${publisher}/${name}`);
  });

  after(() => {
    for (const server of servers) server.kill();
    rmSync(folder, { recursive: true });
  });

  it("lists, locks, and plans with the digests of the registry", () => {
    const stack = settings({ worker: "2.0.0" });
    assert.match(images(stack).out, new RegExp(`^${publisher}/example/web:1\\.0\\.0$`, "m"));
    const lock = join(folder, "lock.json");
    const done = images(stack, "--lock", lock);
    assert.equal(done.code, 0, done.err);
    const { images: digests } = JSON.parse(readFileSync(lock, "utf8")) as { images: Record<string, string> };
    assert.equal(digests[`${publisher}/example/web:1.0.0`], crane("digest", `${publisher}/example/web:1.0.0`).trim());
    const text = readFileSync(lock, "utf8");
    images(stack, "--lock", lock);
    assert.equal(readFileSync(lock, "utf8"), text, "a second lock has the same bytes");
  });

  it("a plan with the lock runs exactly the digests of the registry", async () => {
    const lock = join(folder, "lock.json");
    const file = settings({ worker: "2.0.0" }, `{lock: "${relative(root, lock)}"}`);
    const plan = await makePlan("small", readStackFile(file, []));
    const digest = crane("digest", `${publisher}/example/web:1.0.0`).trim();
    const used = imagesOf(plan).map(({ image }) => image);
    assert.ok(used.includes(`${publisher}/example/web:1.0.0@${digest}`), used.join("\n"));
    assert.ok(used.every((image) => image.includes("@sha256:")));
  });

  it("copies images to a mirror, under the names that pods have with images.mirror", async () => {
    const done = images(settings({ worker: "2.0.0" }), "--mirror", `${mirror}/hub`);
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /2 images and 0 charts are copied\. Set images\.mirror to /);
    const plan = await makePlan("small", readStackFile(settings({ worker: "2.0.0" }, `{mirror: "${mirror}/hub"}`), []));
    const web = imagesOf(plan).find(({ image }) => image.includes("/example/web:"));
    assert.equal(crane("digest", web?.image ?? ""), crane("digest", `${publisher}/example/web:1.0.0`));
  });

  it("copies a chart to the place that charts.source: oci expects", async function () {
    if (program("helm", undefined, ["version"]) === undefined || !existsSync(chart))
      skip(this, `helm or ${chart} not found`);
    const source = { kind: "file", path: chart } as const;
    const run: Run = (program, args) => {
      const { status, stderr, stdout } = spawnSync(program, args, {
        encoding: "utf8",
        env: { ...process.env, PATH: path },
      });
      return Promise.resolve({ kind: "ended", code: status ?? 1, stdout, stderr });
    };
    assert.equal(await copyChart({ name: "cert-manager", version, source }, `${mirror}/hub`, folder, run), undefined);
    const expected = chartLocation("cert-manager", { kind: "oci", registry: `oci://${mirror}/hub/charts` });
    const args = ["pull", expected.chart, "--version", expected.version ?? "", "--plain-http", "-d", folder];
    execFileSync("helm", args, { env: { ...process.env, PATH: path }, stdio: "pipe" });
    assert.deepEqual(readFileSync(join(folder, `cert-manager-${version}.tgz`)), readFileSync(chart));
  });

  it("an unknown tag is one line, and no lock is written", () => {
    const lock = join(folder, "none.json");
    const done = images(settings({ worker: "9.9.9" }), "--lock", lock);
    assert.equal(done.code, 1);
    const lines = done.err
      .trim()
      .split("\n")
      .filter((line) => line.includes(publisher));
    assert.equal(lines.length, 1, done.err);
    assert.match(lines[0] ?? "", /example\/worker:9\.9\.9: .*MANIFEST_UNKNOWN/);
    assert.ok(!existsSync(lock));
  });

  it("a registry that does not answer is one line", async () => {
    const [closed = 0] = await freePorts(1);
    const done = images(settings({ worker: "2.0.0" }), "--mirror", `127.0.0.1:${closed}/hub`);
    assert.equal(done.code, 1);
    const line = done.err.split("\n").find((one) => one.startsWith(`${publisher}/example/web:1.0.0: `));
    assert.match(line ?? "", /connection refused/);
  });

  function images(file: string, ...args: string[]): { code: number; out: string; err: string } {
    try {
      const out = execFileSync(process.execPath, [join(root, "plan/images/images.ts"), "--settings", file, ...args], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, PATH: path },
        stdio: ["ignore", "pipe", "pipe"],
      });
      return { code: 0, out, err: "" };
    } catch (error) {
      const { status, stderr, stdout } = error as { status: number; stdout: string; stderr: string };
      return { code: status, out: stdout, err: stderr };
    }
  }

  /** A stack whose every image is at the publisher's registry: two applications. */
  function settings({ worker }: { worker: string }, own = "{}"): string {
    const file = join(folder, "Pulumi.small.yaml");
    const application = (name: string, image: string) =>
      `{name: ${name}, image: "${publisher}/${image}", ports: {http: 8080}, probes: {liveness: {http: /}, readiness: {http: /}}, resources: {cpu: 10m, memory: 16Mi, memoryLimit: 32Mi}}`;
    const lines = [
      "profile: dev",
      "domain: example.org",
      "cluster: {context: none}",
      "certificates: {enabled: false}",
      "postgresql: {enabled: false}",
      "monitoring: {serviceMonitors: false}",
      `images: ${own}`,
      `applications: [${application("web", "example/web:1.0.0")}, ${application("worker", `example/worker:${worker}`)}]`,
    ];
    writeFileSync(file, `config:\n${lines.map((line) => `  groundplan:${line}\n`).join("")}`);
    return file;
  }

  function crane(...args: string[]): string {
    return execFileSync("crane", args, {
      encoding: "utf8",
      env: { ...process.env, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function registry(): Promise<string> {
    const [port = 0] = await freePorts(1);
    const server = spawn("crane", ["registry", "serve", "--address", `127.0.0.1:${port}`], {
      env: { ...process.env, PATH: path },
      stdio: ["ignore", "ignore", "pipe"],
    });
    servers.push(server);
    for (let attempt = 0; attempt < 100; attempt++) {
      const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
      if (answer?.ok === true) return `127.0.0.1:${port}`;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("crane's registry does not answer");
  }
});

function skip(test: Mocha.Context, reason: string): never {
  process.stdout.write(`    skipped: ${reason}\n`);
  return test.skip();
}
