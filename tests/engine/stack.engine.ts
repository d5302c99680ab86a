// npm run test:engine: a stack without charts by Pulumi's engine, on a real API server with its controllers. No container runs.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../stacks.ts";
import { skip, useCluster } from "../cluster/cluster.ts";
import type { Cluster, KubernetesObject } from "../cluster/cluster.ts";
import { Engine, good, missingProgram } from "./programs.ts";

interface Exported {
  readonly deployment: {
    readonly resources: readonly {
      readonly urn: string;
      readonly type: string;
      readonly id?: string;
      readonly inputs?: unknown;
      readonly outputs?: unknown;
    }[];
  };
}

describe("a stack by the real engine", function () {
  this.timeout(900_000);
  let cluster: Cluster;
  let engine: Engine;

  before(async function () {
    const missing = missingProgram();
    if (missing !== undefined) skip(this, `${missing} is not on PATH or in ~/.cache/groundplan/engine`);
    cluster = await useCluster(this);
    engine = new Engine("lean", join(root, "tests", "engine", "lean.yaml"), cluster.kubeconfig);
    const context = cluster.kubectl(["config", "current-context"]).out.trim();
    await good(engine.init());
    await good(engine.pulumi(["config", "set", "--path", "groundplan:cluster.context", context]));
    await good(engine.pulumi(["config", "set", "--secret", "secrets:postgres", "Sentinel-postgres"]));
  });
  after(() => {
    const started = engine as Engine | undefined;
    if (started === undefined) return;
    // What holds data is protected, and outlives its stack.
    const kinds = "namespaces,priorityclasses,persistentvolumes,clusterroles,clusterrolebindings,storageclasses";
    cluster.kubectl(["delete", kinds, "-l", "groundplan/stack=lean", "--timeout=120s"]);
    started.remove();
  });

  const exported = async (): Promise<Exported> => {
    const file = join(engine.folder, "export.json");
    await good(engine.pulumi(["stack", "export", "--file", file]));
    return JSON.parse(readFileSync(file, "utf8")) as Exported;
  };
  /** The numbers at the end of a run: `create`, `update`, `replace`, `delete`, `unchanged`, `import`. */
  const counts = (said: string) =>
    Object.fromEntries(
      [...said.matchAll(/^ +[+~=-]* ?(\d+) (?:to )?(create|update|replace|delete|import|unchanged)d?\b/gm)].map(
        ([, number, what = ""]) => [what, Number(number)],
      ),
    );
  const objects = <T extends KubernetesObject>(kinds: string) =>
    cluster.get<T>([kinds, "--all-namespaces", "-l", "groundplan/stack=lean"]);

  it("comes up from nothing, first time", async () => {
    const said = await good(engine.pulumi(["up", "--yes", "--skip-preview"]));
    assert.doesNotMatch(said, /Sentinel/);
    assert.ok(objects("deployments,statefulsets").length >= 2, said);
  });

  it("is unchanged afterwards, for the engine and for a plan against its export", async () => {
    await good(engine.pulumi(["preview", "--expect-no-changes"]));
    const { deployment } = await exported();
    const file = join(engine.folder, "export.json");
    writeFileSync(file, JSON.stringify({ version: 3, deployment }));
    const plan = ["plan/cli.ts", "--stack", "lean", "--settings", engine.settings, "--against", file];
    const said = await good(engine.run("node", plan));
    assert.match(said, /^Changes 0 ·/m);
  });

  it("changes what a plan against its export says, and nothing else", async () => {
    await good(engine.pulumi(["config", "set", "--path", "groundplan:rotation.midpoint-database", "2"]));
    const preview = counts(await good(engine.pulumi(["preview"])));
    assert.ok((preview["update"] ?? 0) + (preview["replace"] ?? 0) > 0, JSON.stringify(preview));
    await good(engine.pulumi(["up", "--yes", "--skip-preview"]));
    await good(engine.pulumi(["preview", "--expect-no-changes"]));
  });

  it("is adopted by a new state, without a replaced object, and with the passwords in use", async () => {
    const before = await exported();
    const uids = () =>
      Object.fromEntries(
        objects("deployments,statefulsets,persistentvolumeclaims,services,configmaps").map(({ kind, metadata }) => [
          `${kind} ${metadata.namespace}/${metadata.name}`,
          metadata.uid,
        ]),
      );
    const present = uids();
    await good(engine.pulumi(["stack", "rm", "--yes", "--force", "--preserve-config"]));
    await good(engine.init());
    await good(engine.pulumi(["config", "set", "--secret", "secrets:postgres", "Sentinel-postgres"]));
    const list = join(engine.folder, "import.json");
    const file = join(engine.folder, "adopt.json");
    await good(engine.pulumi(["preview", "--import-file", list]));
    const adopt = (...more: string[]) =>
      engine.run("node", ["plan/adopt/adopt.ts", "--stack", "lean", "--settings", engine.settings, ...more]);
    // The keys of midPoint were in the lost state: nothing may replace them unseen.
    const guarded = await adopt();
    assert.equal(guarded.code, 1, guarded.said);
    assert.match(guarded.said, /Secret mp-demo\/mp-demo-keystore: the next up would replace its key midpoint-keys/);
    cluster.kubectl(["delete", "secret", "mp-demo-keystore", "--namespace", "mp-demo"]);
    const said = await good(adopt("--import-file", list, "--out", file));
    assert.match(said, /has \d+ resources to import/);
    assert.doesNotMatch(said, /Sentinel/);
    await good(engine.pulumi(["import", "--yes", "--file", file, "--protect=false", "--generate-code=false"]));
    await exported();
    const settled = join(engine.folder, "state.json");
    await good(adopt("--state", join(engine.folder, "export.json"), "--out", settled));
    await good(engine.pulumi(["stack", "import", "--file", settled]));
    const preview = await good(engine.pulumi(["preview"]));
    // Jobs run again, because the checksums of their pods have another key; nothing that holds data is replaced.
    const replaced = [...preview.matchAll(/^ *\+- +(\S+) /gm)].map(([, type]) => type);
    assert.deepEqual(new Set(replaced), new Set(["kubernetes:batch/v1:Job"]));
    // The lost state's manager owns fields of every object.
    await good(engine.pulumi(["up", "--yes", "--skip-preview"], { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" }));
    assert.deepEqual(uids(), present);
    // The variable is part of the provider.
    await good(engine.pulumi(["up", "--yes", "--skip-preview"]));
    await good(engine.pulumi(["preview", "--expect-no-changes"]));
    assert.equal((await exported()).deployment.resources.length, before.deployment.resources.length);
  });
});
