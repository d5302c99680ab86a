import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { root } from "./stacks.ts";
import { breaches, files, folder, jobsOf, read, rules } from "./workflows.ts";
import type { Workflow } from "./workflows.ts";

/** Runs a step's script as GitHub does with `shell: bash`. */
function bash(script = "", env: Readonly<Record<string, string>> = {}, cwd = root) {
  return spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { env, cwd, encoding: "utf8" });
}

describe("workflows", () => {
  for (const file of files) {
    it(`${file} keeps every rule`, () => {
      const { workflow, text } = read(file);
      assert.ok(workflow.name && workflow.on && jobsOf(workflow).length > 0);
      assert.deepEqual(breaches(workflow, text), []);
    });
  }

  it("an action is pinned to one commit everywhere", () => {
    const pins = files.flatMap((file) => [...read(file).text.matchAll(/uses: ([^@\s]+)@(.*)$/gm)]);
    const byAction = new Map<string, Set<string>>();
    for (const [, action = "", pin = ""] of pins) byAction.set(action, (byAction.get(action) ?? new Set()).add(pin));
    for (const [action, found] of byAction) assert.equal(found.size, 1, action);
  });

  it("what follows another workflow names one that exists", () => {
    const names = files.map((file) => read(file).workflow.name);
    const followed = files.flatMap((file) => read(file).workflow.on?.["workflow_run"]?.workflows ?? []);
    assert.ok(followed.length > 0);
    for (const name of followed) assert.ok(names.includes(name), name);
  });

  it("what they deploy exists: each stack, and the context of the cluster that CI starts", () => {
    const deploy = parse(read("deploy.yml").text) as {
      on: { workflow_dispatch: { inputs: { stack: { options: string[] } } } };
    };
    for (const stack of deploy.on.workflow_dispatch.inputs.stack.options)
      assert.ok(existsSync(join(root, `Pulumi.${stack}.yaml`)), stack);
    const name = /kind create cluster --name (\S+)/.exec(read("ci.yml").text)?.[1];
    assert.match(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8"), new RegExp(`context: kind-${name}$`, "m"));
  });

  it("actionlint has nothing to say", function () {
    const cached = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan", "bin");
    const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}${delimiter}${cached}` };
    const { error, status, stdout } = spawnSync(
      "actionlint",
      files.map((file) => join(folder, file)),
      { env, encoding: "utf8" },
    );
    if (error !== undefined) {
      console.log("    skipped: actionlint is not on PATH");
      return this.skip();
    }
    assert.equal(status, 0, stdout);
  });

  describe("every rule fires", () => {
    const checkout = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
    const good = `
name: Good
on: {pull_request: null}
permissions: {}
defaults: {run: {shell: bash}}
jobs:
  a:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - uses: ${checkout}
        with: {persist-credentials: false}
      - run: echo "$NAME"
        env: {NAME: "\${{ github.head_ref }}"}
`;
    const cases: [rule: string, from: string, to: string][] = [
      ["no rights but those", "permissions: {}", "permissions: {contents: write}"],
      ["no rights but those", "permissions: {}", "permissions: write-all"],
      ["no rights but those", "    permissions:\n      contents: read\n", ""],
      ["only rights that", "contents: read", "contents: write"],
      ["only rights that", "contents: read", "pull-requests: write"],
      ["pinned to a commit", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"],
      ["pinned to a commit", " # v7.0.1", ""],
      ["pinned to a commit", checkout, "docker://alpine:3"],
      ["no event gives", "pull_request: null", "pull_request_target: null"],
      ["hold no expressions", '"$NAME"', '"${{ github.head_ref }}"'],
      ["no secret is kept", "github.head_ref", "secrets.TOKEN"],
      ["no secret is kept", "github.head_ref", "toJSON(secrets)"],
      ["only from a branch", "contents: read", "id-token: write"],
      ["runs none of its code", "pull_request: null", "workflow_run: {workflows: [x]}"],
      ["leaves no token", "persist-credentials: false", "fetch-depth: 0"],
      ["kept in a cache", `- uses: ${checkout}`, `- uses: ${checkout.replace("checkout", "cache")}`],
      ["ends by itself", "    timeout-minutes: 5\n", ""],
      ["ends by itself", "ubuntu-24.04", "ubuntu-latest"],
      ["part of a pipe", "shell: bash", "shell: sh"],
      ["publication to npm", 'echo "$NAME"', "npm publish --provenance"],
      ["deployment is approved", 'echo "$NAME"', "npx pulumi up --yes"],
    ];
    it("and the sample breaks none", () => assert.deepEqual(breaches(parse(good) as Workflow, good), []));
    for (const [rule, from, to] of cases) {
      it(`${rule}: ${to === "" ? `without ${from.trim()}` : to}`, () => {
        assert.ok(good.includes(from));
        const bad = good.replace(from, () => to);
        const found = breaches(parse(bad) as Workflow, bad);
        assert.ok(
          found.some((breach) => breach.includes(rule)),
          found.join("\n") || "no breach",
        );
      });
    }
    it("has a case for each", () => {
      for (const rule of Object.keys(rules))
        assert.ok(
          cases.some(([name]) => rule.includes(name)),
          rule,
        );
    });
  });

  describe("the plan of a pull request", () => {
    it("X7: is written for every stack, whatever becomes of the others, and fails where one does", () => {
      const place = mkdtempSync(join(tmpdir(), "groundplan-preview-"));
      try {
        const script = read("preview.yml").workflow.jobs?.["plan"]?.steps?.find(({ run = "" }) =>
          run.includes("plan --"),
        )?.run;
        mkdirSync(join(place, "bin"));
        for (const stack of ["a", "b", "c"]) writeFileSync(join(place, `Pulumi.${stack}.yaml`), "");
        // `a` has a plan, `b` has one that refuses, `c` has none.
        const npm = `#!/bin/sh
echo "$@" >> calls
for word in "$@"; do out=$word; done
case $out in out/c) echo 'a mistake' >&2; exit 2 ;; esac
mkdir "$out"; echo "## Plan of $out" > "$out/plan.md"
case $out in out/b) exit 1 ;; esac
`;
        writeFileSync(join(place, "bin", "npm"), npm, { mode: 0o755 });
        const env = {
          PATH: `${place}/bin:${process.env["PATH"] ?? ""}`,
          BASE: "main",
          NUMBER: "7",
          GITHUB_STEP_SUMMARY: join(place, "summary"),
          GITHUB_OUTPUT: join(place, "output"),
        };
        const { status, stderr } = bash(script, env, place);
        assert.deepEqual([status, stderr], [0, ""]);
        const text = (name: string) => readFileSync(join(place, name), "utf8");
        assert.equal(text("comment/number"), "7\n");
        assert.match(
          text("comment/body.md"),
          /^## Plan of out\/a\n\n## Plan of out\/b\n\n### c: no plan\n\n````text\na mistake\n````\n/,
        );
        assert.match(
          text("calls"),
          /^run --silent plan -- --stack a --base origin\/main --format markdown --out out\/a$/m,
        );
        assert.equal(text("output"), "status=2\n");
        assert.equal(text("summary"), text("comment/body.md"));
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    });
  });

  describe("the comment on a pull request", () => {
    const job = read("preview-comment.yml").workflow.jobs?.["comment"];
    const script = job?.steps?.find(({ run }) => run !== undefined)?.run ?? "";
    const sha = "0123456789abcdef0123456789abcdef01234567";
    let place = "";
    beforeEach(() => (place = mkdtempSync(join(tmpdir(), "groundplan-comment-"))));
    afterEach(() => rmSync(place, { recursive: true, force: true }));

    /** Runs the script beside a `gh` that writes down what it is asked, and posts nowhere. */
    const post = (artifact: Readonly<Record<string, string>>, { head = sha, earlier = "" } = {}) => {
      const file = (name: string, text: string) => writeFileSync(join(place, name), text);
      for (const [name, text] of Object.entries(artifact)) file(name, text);
      file(
        "gh",
        `#!/bin/sh
echo "$@" >> "${place}/calls"
case "$*" in
  *"/pulls/"*) echo "${head}" ;;
  *"--paginate"*) printf '%s' "${earlier}" ;;
  *) for word in "$@"; do case $word in body=@*) cp "\${word#body=@}" "${place}/posted" ;; esac; done ;;
esac
`,
      );
      chmodSync(join(place, "gh"), 0o755);
      const env = {
        PATH: `${place}:${process.env["PATH"] ?? ""}`,
        FOLDER: place,
        HEAD_SHA: sha,
        REPOSITORY: "me/groundplan",
        RUN_URL: "https://github.com/me/groundplan/actions/runs/1",
        LC_ALL: "C",
      };
      const { status, stderr, stdout } = bash(script, env);
      const maybe = (name: string) => (existsSync(join(place, name)) ? readFileSync(join(place, name), "utf8") : "");
      return { status, stderr, stdout, calls: maybe("calls"), posted: maybe("posted") };
    };

    it("is new on the first run, and brought up to date afterwards", () => {
      const first = post({ number: "7\n", "body.md": "## Plan\n", "preview.txt": "+ 1 to create\n" });
      assert.deepEqual([first.status, first.stderr], [0, ""]);
      assert.match(first.calls, /--method POST repos\/me\/groundplan\/issues\/7\/comments/);
      assert.match(first.posted, /^<!-- groundplan:plan -->\n## Plan\n/);
      assert.match(first.posted, /\+ 1 to create/);
      const second = post({ number: "7\n", "body.md": "## Plan\n" }, { earlier: "99\n98\n" });
      assert.match(second.calls, /--method PATCH repos\/me\/groundplan\/issues\/comments\/99 /);
    });

    it("is written from data that is never run, calls nobody, and fits", () => {
      const body = `$(touch ${place}/owned) \`touch ${place}/owned\` @me and @org/team, a@b.example, x:1@sha256:abc \u00ff ${"x".repeat(99_999)}`;
      const { status, posted } = post({ number: "7", "body.md": `${body}\u{1f600}` });
      assert.equal(status, 0);
      assert.equal(existsSync(join(place, "owned")), false);
      assert.ok(posted.includes("@\u200bme and @\u200borg/team, a@b.example, x:1@sha256:abc"), posted.slice(0, 300));
      assert.ok(Buffer.byteLength(posted) < 65_536);
    });

    const refused: [string, Readonly<Record<string, string>>, object, number][] = [
      ["without a plan", {}, {}, 0],
      ["with a number that is none", { number: "7/../../x" }, {}, 1],
      ["with a number and more", { number: "7\n8\n" }, {}, 1],
      ["of another pull request, or of an older commit", { number: "7" }, { head: "f".repeat(40) }, 0],
    ];
    for (const [name, artifact, state, code] of refused) {
      it(`is not posted ${name}`, () => {
        const { status, calls, stdout } = post({ "body.md": "x", ...artifact }, state);
        assert.equal(status, code);
        assert.doesNotMatch(calls, /--method/);
        // What others wrote could hold commands to the runner.
        assert.doesNotMatch(stdout, /\.\.\/x|::/);
      });
    }

    it("follows no link out of the artifact", () => {
      writeFileSync(join(place, "secret"), "the runner's own");
      symlinkSync(join(place, "secret"), join(place, "body.md"));
      const { status, posted } = post({ number: "7" });
      assert.equal(status, 0);
      assert.doesNotMatch(posted, /the runner's own/);
    });
  });
});
