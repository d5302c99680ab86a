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
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { planOfRevision } from "../../../plan/compare/revision.ts";
import { InputError } from "../../../plan/input-error.ts";
import { root } from "../../stacks.ts";
import { told } from "./fixtures.ts";

/** A stack that takes little time to plan. */
const small = `config:
  groundplan:profile: dev
  groundplan:domain: dev.example.org
  groundplan:cluster: { context: kind-groundplan }
  groundplan:postgresql:
    databases: [{ name: hello, namespace: hello }]
`;

describe("the plan of another revision", function () {
  this.timeout(300_000);
  let home = "";
  let project = "";
  let temporary = "";
  const path = process.env["PATH"];

  const git = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("git", ["-C", project, ...args], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const write = (name: string, change: (text: string) => string) =>
    writeFileSync(
      join(project, name),
      change(existsSync(join(project, name)) ? readFileSync(join(project, name), "utf8") : ""),
    );
  const commit = (tag: string) => {
    git("add", "--all");
    git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", tag);
    git("tag", tag);
  };

  // The project in a folder of a repository, as it may be; each revision is a tag.
  before(function () {
    if (spawnSync("git", ["--version"]).status !== 0) {
      console.log("    skipped: git is not on PATH");
      this.skip();
    }
    home = realpathSync(mkdtempSync(join(tmpdir(), "groundplan-revision-")));
    project = join(home, "repository", "platform");
    temporary = join(home, "tmp");
    for (const folder of [project, temporary]) mkdirSync(folder, { recursive: true });
    const parts = ["plan", "components", "stacks", "index.ts", "package.json", "package-lock.json", "Pulumi.yaml"];
    for (const part of parts) cpSync(join(root, part), join(project, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
    spawnSync("git", ["init", "--quiet", join(home, "repository")]);
    writeFileSync(join(project, ".gitignore"), "node_modules\n");
    write("Pulumi.dev.yaml", () => small);
    commit("first");
    write("Pulumi.dev.yaml", (text) => `${text}  groundplan:rotation: {hello-database: 2}\n`);
    commit("second");
    write("Pulumi.dev.yaml", (text) => text.replace("dev.example.org", "'not a domain'"));
    commit("broken-settings");
    write("plan/cli.ts", () => "throw new Error('boom');\n");
    commit("broken-program");
    write("plan/cli.ts", () => "await new Promise((resolve) => setTimeout(resolve, 60_000));\n");
    commit("slow");
    rmSync(join(project, "plan", "cli.ts"));
    commit("no-program");
    rmSync(join(project, "Pulumi.dev.yaml"));
    commit("no-stack");
    git("checkout", "--quiet", "second");
    write("Pulumi.dev.yaml", (text) => `${text}# not committed\n`);
    process.env["TMPDIR"] = temporary;
  });
  after(() => {
    delete process.env["TMPDIR"];
    rmSync(home, { recursive: true, force: true });
  });
  afterEach(() => {
    process.env["PATH"] = path;
    assert.deepEqual(readdirSync(temporary), [], "left in the temporary folder");
    assert.equal(git("worktree", "list").split("\n").length, 1, "worktrees left behind");
    assert.equal(git("status", "--porcelain"), "M platform/Pulumi.dev.yaml", "the user's files or index");
    assert.ok(existsSync(join(root, "node_modules", "yaml")), "the packages themselves");
  });

  const refused = (revision: string, message: RegExp, where = project) =>
    assert.rejects(planOfRevision(where, revision, { stack: "dev" }), (error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, message);
      return true;
    });

  it("is made by that revision, with its settings", async () => {
    const { plan: first, commit: hash } = await planOfRevision(project, "first", {
      stack: "dev",
      settings: join(project, "Pulumi.dev.yaml"),
    });
    const { plan: second } = await planOfRevision(project, "HEAD", {
      stack: "dev",
      set: ["postgresql.maxConnections=77"],
    });
    assert.equal(hash, git("rev-parse", "first"));
    const { consequences, settings } = comparePlans(first, second);
    assert.deepEqual(
      consequences.rotations.map(({ credential, from, to }) => [credential, from, to]),
      [["hello-database", 1, 2]],
    );
    assert.deepEqual(
      settings.map(({ path }) => path),
      ["postgresql.maxConnections", "rotation.hello-database"],
    );
  });

  it("takes a settings file from outside of the project as it is", async () => {
    const settings = join(project, "Pulumi.dev.yaml");
    const elsewhere = join(home, "mine.yaml");
    writeFileSync(elsewhere, readFileSync(settings, "utf8").replace("hello-database: 2", "hello-database: 3"));
    const { plan } = await planOfRevision(project, "first", { stack: "dev", settings: elsewhere });
    assert.deepEqual(plan.settings["rotation"], { "hello-database": 3 });
  });

  it("is empty where the revision has no such stack, and says so", async () => {
    const { plan, note } = await planOfRevision(project, "no-stack", { stack: "dev" });
    assert.deepEqual(told(comparePlans(plan, plan).changes), []);
    assert.deepEqual(
      [plan.resources, note],
      [[], "no-stack has no Pulumi.dev.yaml: the stack is new, and everything is created"],
    );
  });

  it("refuses an unknown revision", () =>
    refused("orgin/main", /^there is no revision orgin\/main here; if it is new elsewhere: git fetch --all$/));
  it("refuses an option in the place of a revision", () => refused("--all", /there is no revision --all here/));
  it("refuses settings of the revision that are wrong, in its own words", () =>
    refused("broken-settings", /^the settings of broken-settings give no plan:\n[\s\S]*groundplan:domain/));
  it("refuses a program that fails", () =>
    refused("broken-program", /^the program of broken-program fails: [\s\S]*boom/));
  it("refuses a revision from before the plan", () => refused("no-program", /lacks plan\/cli\.ts/));
  it("refuses a folder without git", () => refused("HEAD", /^--base needs a git repository: /, temporary));

  it("tells a shallow clone what to fetch", async () => {
    const clone = join(home, "shallow");
    spawnSync("git", ["clone", "--quiet", "--depth=1", "--branch=second", `file://${join(home, "repository")}`, clone]);
    await refused(
      "origin/main",
      /shallow: git fetch origin main:refs\/remotes\/origin\/main --depth=1/,
      join(clone, "platform"),
    );
    await refused("v1", /shallow: git fetch --unshallow/, join(clone, "platform"));
  });

  it("works inside a git hook, which names the user's index", async () => {
    process.env["GIT_INDEX_FILE"] = join(home, "repository", ".git", "index");
    process.env["GIT_DIR"] = join(home, "repository", ".git");
    try {
      await planOfRevision(project, "no-stack", { stack: "dev" });
      await refused("broken-program", /boom/);
    } finally {
      delete process.env["GIT_INDEX_FILE"];
      delete process.env["GIT_DIR"];
    }
  });

  it("installs the packages of a revision with another lock file", async () => {
    const bin = join(home, "bin");
    mkdirSync(bin, { recursive: true });
    const npm = (script: string) => {
      writeFileSync(join(bin, "npm"), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, "npm"), 0o755);
      process.env["PATH"] = `${bin}:${path}`;
    };
    const lock = join(project, "package-lock.json");
    const here = readFileSync(lock, "utf8");
    writeFileSync(lock, `${here}\n`);
    try {
      npm(`echo "$@" > ${join(home, "args")}; ln -s ${realpathSync(join(root, "node_modules"))} node_modules`);
      await refused("broken-settings", /groundplan:domain/);
      assert.equal(
        readFileSync(join(home, "args"), "utf8").trim(),
        "ci --ignore-scripts --prefer-offline --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000",
      );
      npm("echo no network >&2; exit 1");
      await refused("first", /^the packages of first cannot be installed \(npm ci: no network\)$/);
    } finally {
      writeFileSync(lock, here);
    }
  });

  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const) {
    it(`leaves nothing behind after ${signal}`, async () => {
      const script = `const { planOfRevision } = await import(${JSON.stringify(join(root, "plan/compare/revision.ts"))}); await planOfRevision(${JSON.stringify(project)}, "slow", { stack: "dev" });`;
      const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const marker = () =>
        readdirSync(temporary).some((name) => existsSync(join(temporary, name, "project", "platform", "node_modules")));
      while (!marker()) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill(signal);
      assert.equal(await ended, code);
    });
  }
});
