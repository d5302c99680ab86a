import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chartsAreRendered } from "../plans.ts";
import { root } from "../stacks.ts";

describe("the command line", function () {
  this.timeout(300_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-"));
    writeFileSync(
      join(folder, "mine.yaml"),
      "config: {groundplan:domain: mine.example.org, groundplan:cluster: {context: x}}\n",
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  // A folder without Helm.
  const path = () => (chartsAreRendered() ? (process.env["PATH"] ?? "") : folder);
  const plan = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "plan", "cli.ts"), ...args], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PATH: path(), NO_COLOR: "1" },
    });
    return { status, stdout, stderr };
  };

  /** Prod without what takes long to plan. */
  const prod = [
    "--stack",
    "prod",
    ...["logging", "monitoring", "keycloak", "gateway"].flatMap((part) => ["--set", `${part}={}`]),
  ];
  let planned: ReturnType<typeof plan> | undefined;
  const prodJson = () => (planned ??= plan(...prod, "--format", "json", "--out", join(folder, "prod")));

  it("plans a stack and says where the files are", () => {
    const out = join(folder, "dev");
    const { status, stdout, stderr } = plan("--stack", "dev", "--out", out);
    assert.equal(status, 0, stderr);
    assert.equal(stderr, "");
    for (const text of ["Stack dev: dev.example.org", "cert-manager v1.21.1", "hello/hello-database", "0 errors"])
      assert.ok(stdout.includes(text), text);
    const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));
    assert.ok(files.includes(join("manifests", "sysdb", "Secret-system-db.yaml")), files.join());
    assert.match(
      readFileSync(join(out, "manifests", "sysdb", "Secret-system-db.yaml"), "utf8"),
      /password: \(secret\)/,
    );
  });

  it("gives JSON and nothing else on request", () => {
    const { status, stdout } = prodJson();
    assert.equal(status, 0);
    const parsed = JSON.parse(stdout) as { stack: string; resources: unknown[] };
    assert.deepEqual([parsed.stack, parsed.resources.length > 40], ["prod", true]);
  });

  it("changes single settings", () => {
    const { stdout } = plan(
      "--stack",
      "dev",
      "--set",
      "monitoring.enabled=false",
      "--set",
      "postgresql.storage=7Gi",
      "--set",
      "logging={}",
      "--set",
      "groundplan:domain=x.example.org",
      "--out",
      join(folder, "set"),
    );
    assert.match(stdout, /Stack dev: x\.example\.org/);
    assert.match(stdout, /Storage 7Gi \(in claims\)/);
  });

  it("plans a settings file from where the user stands", () => {
    const { status, stdout } = plan("--settings", "mine.yaml", "--out", "mine");
    assert.equal(status, 0);
    assert.match(stdout, /Stack mine: mine\.example\.org/);
    assert.ok(existsSync(join(folder, "mine", "plan.json")));
  });

  it("replaces an earlier plan whole, and touches no other folder", () => {
    const out = join(folder, "mine");
    writeFileSync(join(out, "manifests", "stale.yaml"), "");
    assert.equal(plan("--settings", "mine.yaml", "--out", out).status, 0);
    assert.equal(existsSync(join(out, "manifests", "stale.yaml")), false);
    const precious = join(folder, "precious");
    mkdirSync(precious);
    writeFileSync(join(precious, "thesis.txt"), "");
    const { status, stderr } = plan("--settings", "mine.yaml", "--out", precious);
    assert.equal(status, 2);
    assert.match(stderr, /holds files that are no plan/);
    assert.deepEqual(readdirSync(precious), ["thesis.txt"]);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(".")),
      [],
      "temporary folders left behind",
    );
  });

  it("refuses a change that would fail at up, with exit code 4", () => {
    assert.equal(prodJson().status, 0);
    const { status, stderr } = plan(
      ...[...prod, "--set", "postgresql.storage=60Gi"],
      ...["--against", join(folder, "prod", "plan.json"), "--out", join(folder, "grown")],
    );
    assert.equal(status, 4);
    assert.equal(stderr, "refused: 1 change would fail at up: StatefulSet sysdb/pgsqlha-postgresql\n");
  });

  it("gives the comparison as JSON too", () => {
    assert.equal(prodJson().status, 0);
    const { status, stdout } = plan(
      ...[...prod, "--set", "postgresql.storage=10Gi", "--format", "json"],
      ...["--against", join(folder, "prod", "plan.json"), "--out", join(folder, "smaller")],
    );
    assert.equal(status, 4);
    const { stack, comparison } = JSON.parse(stdout) as {
      stack: string;
      comparison: { changes: { label: string; old?: unknown }[]; consequences: { failures: { remedy: string }[] } };
    };
    assert.equal(stack, "prod");
    assert.ok(comparison.changes.some(({ label, old }) => label === "Release sysdb/pgsqlha" && old === undefined));
    assert.match(comparison.consequences.failures[0]?.remedy ?? "", /a claim cannot shrink/);
  });

  const mistakes: [string, string[], RegExp][] = [
    ["a stack that is not there", ["--stack", "pord"], /there is no stack "pord".*there are dev, prod/],
    ["no stack", [], /name a stack: --stack dev, --stack prod/],
    ["an unknown option", ["--stak", "dev"], /unknown option '--stak'.*Did you mean --stack/s],
    ["another format", ["--stack", "dev", "--format", "xml"], /Allowed choices are tree, markdown, html, json/],
    [
      "settings that are wrong",
      ["--stack", "dev", "--set", "postgresql.replcas=3"],
      /groundplan:postgresql\.replcas: unknown setting[\s\S]*did you mean groundplan:postgresql\.replicas/,
    ],
    ["a missing file", ["--settings", "nowhere.yaml"], /nowhere\.yaml: the file does not exist/],
  ];
  for (const [name, args, message] of mistakes) {
    it(`${name}: exit code 2, a message and no stack trace`, () => {
      const { status, stdout, stderr } = plan(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m);
      assert.equal(stdout, "");
    });
  }

  it("explains itself", () => {
    const { status, stdout } = plan("--help");
    assert.equal(status, 0);
    for (const text of ["--stack", "--settings", "--set", "--format", "Exit codes"])
      assert.ok(stdout.includes(text), text);
  });

  it("ends quietly when its reader has seen enough", () => {
    const command = `PATH="${path()}" "${process.execPath}" plan/cli.ts ${prod.map((word) => `'${word}'`).join(" ")} --format json --out "${join(folder, "pipe")}" | head -c 10 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { cwd: root, encoding: "utf8" });
    assert.deepEqual([stdout.trim(), stderr], ["0", ""]);
  });
});
