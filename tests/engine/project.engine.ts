// A project of one's own, with the package as npm packs it: written by `groundplan init` and by `pulumi new`, and brought up by Pulumi's
// engine on a real API server. No container runs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { skip, useCluster } from "../cluster/cluster.ts";
import type { Cluster, KubernetesObject } from "../cluster/cluster.ts";
import { root } from "../stacks.ts";
import { Engine, good, missingProgram } from "./programs.ts";

interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly priorityClassName?: string };
    };
  };
}

describe("a project of one's own by the real engine", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let engine: Engine;
  let file = "";

  before(async function () {
    const missing = missingProgram();
    if (missing !== undefined) skip(this, `${missing} is not on PATH or in ~/.cache/groundplan/engine`);
    cluster = await useCluster(this);
    engine = new Engine("own", join(root, "tests", "engine", "own.yaml"), cluster.kubeconfig, () => undefined);
    const build = spawnSync("npm", ["run", "build"], { cwd: root, encoding: "utf8" });
    assert.equal(build.status, 0, build.stdout + build.stderr);
    const packed = await good(engine.run("npm", ["pack", "--json", "--pack-destination", engine.folder]));
    file = join(engine.folder, /"filename": "([^"]+)"/.exec(packed)?.[1] ?? assert.fail(packed));
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", file];
    const { code, said } = await engine.run("npm", install, engine.project);
    if (code !== 0) {
      console.log(`      skipped: the package's dependencies cannot be installed: ${said.trim().split("\n")[0] ?? ""}`);
      return this.skip();
    }
    const context = cluster.kubectl(["config", "current-context"]).out.trim();
    await good(own("groundplan", "init", ".", "--domain", "own.example.org", "--context", context, "--name", "acme"));
    await good(engine.init());
    await good(engine.pulumi(["config", "set", "--path", "groundplan:cluster.context", context]));
  });
  after(() => {
    const started = engine as Engine | undefined;
    if (started === undefined) return;
    const kinds = "namespaces,priorityclasses";
    cluster.kubectl(["delete", kinds, "-l", "groundplan/stack=own", "--timeout=120s"]);
    started.remove();
  });

  const own = (...command: string[]) => engine.run("npx", command, engine.project);
  const wiki = (): Deployment =>
    cluster.get<Deployment>(["deployment", "own-wiki", "--namespace", "own-wiki"])[0] ?? assert.fail("no Deployment");

  it("previews with the policy pack of the package, and comes up", async () => {
    const pack = join("node_modules", "groundplan", "policies");
    const said = await good(engine.pulumi(["preview", "--policy-pack", pack]));
    assert.match(said, /groundplan@v\d/);
    assert.doesNotMatch(said, /Error validating|was not run/);
    await good(engine.pulumi(["up", "--yes", "--skip-preview"]));
    await good(engine.pulumi(["preview", "--expect-no-changes"]));
    const exported = join(engine.folder, "export.json");
    await good(engine.pulumi(["stack", "export", "--file", exported]));
    assert.match(await good(own("groundplan", "plan", "--stack", "own", "--against", exported)), /^Changes 0 ·/m);
  });

  it("gives pods a label and a priority in place", async () => {
    const before = wiki();
    const pods = "groundplan:namespaces.own-wiki.pods";
    await good(engine.pulumi(["config", "set", "--path", `${pods}.labels["example.org/team"]`, "maps"]));
    const name = "groundplan-own-applications";
    await good(engine.pulumi(["config", "set", "--path", `${pods}.priorityClassName`, name]));
    const said = await good(engine.pulumi(["up", "--yes", "--skip-preview"]));
    assert.match(said, /~ 1 updated/);
    assert.doesNotMatch(said, /replaced|deleted/);
    const { metadata, spec } = wiki();
    assert.equal(metadata.uid, before.metadata.uid);
    assert.deepEqual(spec.selector, before.spec.selector);
    assert.equal(spec.template.metadata.labels["example.org/team"], "maps");
    assert.equal(spec.template.spec.priorityClassName, name);
    await good(engine.pulumi(["preview", "--expect-no-changes"]));
  });

  it("is what `pulumi new` makes of the template, with the default answers", async () => {
    const folder = join(engine.folder, "new");
    mkdirSync(folder);
    const template = join(engine.project, "node_modules", "groundplan", "template");
    const args = ["new", template, "--generate-only", "--name", "acme", "--yes", "--non-interactive"];
    await good(engine.run("pulumi", args, folder));
    const written = readdirSync(folder, { recursive: true, encoding: "utf8" });
    assert.ok(written.includes("index.ts") && written.includes(join(".github", "workflows")), written.join());
    for (const name of ["index.ts", "README.md", "tsconfig.json"])
      assert.equal(readFileSync(join(folder, name), "utf8"), readFileSync(join(engine.project, name), "utf8"), name);
    symlinkSync(join(engine.project, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "Pulumi.own.yaml"), readFileSync(join(root, "tests", "engine", "own.yaml")));
    const said = await good(engine.run("npx", ["groundplan", "plan", "--stack", "own"], folder));
    assert.match(said, /0 errors/);
  });
});
