// npm run test:engine: the Matrix installation of a source document moves into a stack by Pulumi's engine, step by step as docs/migrating.md
// says. The charts of cert-manager and Traefik must be in the cache.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../stacks.ts";
import { cache, eventually, skip, useCluster } from "../cluster/cluster.ts";
import type { Cluster, KubernetesObject } from "../cluster/cluster.ts";
import { matrixInstallation } from "../cluster/installations.ts";
import { Engine, good, missingProgram } from "./programs.ts";

interface Claim extends KubernetesObject {
  readonly spec: { readonly volumeName?: string };
}

const folder = join(cache, "groundplan", "charts");
const charts = ["cert-manager-v1.21.1.tgz", "traefik-41.3.0.tgz"];

describe("an installation by the real engine", function () {
  this.timeout(900_000);
  let cluster: Cluster;
  let engine: Engine;

  before(async function () {
    const missing = missingProgram() ?? charts.find((name) => !existsSync(join(folder, name)));
    if (missing !== undefined) skip(this, `${missing} is not in ~/.cache/groundplan`);
    cluster = await useCluster(this);
    engine = new Engine("matrix", join(root, "examples", "matrix.yaml"), cluster.kubeconfig);
    const context = cluster.kubectl(["config", "current-context"]).out.trim();
    await good(engine.init());
    for (const [key, value] of [
      ["groundplan:cluster.context", context],
      ["groundplan:isolation", "reported"],
      ["groundplan:charts.source", "folder"],
      ["groundplan:charts.folder", relative(engine.project, folder)],
    ] as const)
      await good(engine.pulumi(["config", "set", "--path", key, value]));
    // The pretend nodes are no ARM boards.
    await good(engine.pulumi(["config", "rm", "--path", "groundplan:placement.nodeSelector"]));
    await good(engine.pulumi(["config", "set", "--secret", "secrets:buckets", "made-up"]));
  });
  after(() => {
    const started = engine as Engine | undefined;
    if (started === undefined) return;
    const kinds =
      "namespaces,priorityclasses,persistentvolumes,clusterroles,clusterrolebindings,clusterissuers.cert-manager.io";
    cluster.kubectl(["delete", kinds, "-l", "groundplan/stack=matrix", "--timeout=120s"]);
    for (const chart of ["cert-manager", "traefik"])
      cluster.kubectl([
        ...["delete", "clusterroles,clusterrolebindings,ingressclasses", "--ignore-not-found"],
        ...["-l", `app.kubernetes.io/name=${chart}`],
      ]);
    cluster.kubectl(["delete", "storageclass", "nfs-big", "--ignore-not-found"]);
    started.remove();
  });

  const claim = () => cluster.get<Claim>(["persistentvolumeclaims", "conduit-pv-claim", "--namespace", "choppa"])[0];

  it("keeps its claim, and stops at the workload that cannot become the planned one until it is deleted", async () => {
    // The control plane has one provisioner.
    const installation = matrixInstallation.map((one) =>
      one.kind === "StorageClass" ? { ...one, provisioner: "kwok.x-k8s.io/volume" } : one,
    );
    cluster.kubectl(["apply", "-f", "-"], installation);
    const [uid, volume] = await eventually(60, () => {
      const { metadata, spec } = claim() ?? assert.fail("no claim");
      assert.ok(spec.volumeName);
      return [metadata.uid, spec.volumeName];
    });
    const file = (name: string) => join(engine.folder, name);
    // The plan's project is the repository, from which the folder of charts has another path.
    const settings = file("settings.yaml");
    const own = readFileSync(engine.settings, "utf8");
    writeFileSync(settings, own.replace(relative(engine.project, folder), relative(root, folder)));
    const adopt = (...args: string[]) =>
      engine.run("node", ["plan/adopt/adopt.ts", "--stack", "matrix", "--settings", settings, ...args]);
    await good(engine.pulumi(["preview", "--import-file", file("import.json")]));
    const asked = await adopt("--import-file", file("import.json"), "--out", file("adopt.json"));
    assert.equal(asked.code, 1, asked.said);
    assert.match(asked.said, /Deployment choppa\/conduit-deploy: .*spec\.selector/);
    await good(
      engine.pulumi(["import", "--yes", "--file", file("adopt.json"), "--protect=false", "--generate-code=false"]),
    );
    await good(engine.pulumi(["stack", "export", "--file", file("imported.json")]));
    await good(adopt("--state", file("imported.json"), "--out", file("state.json")));
    await good(engine.pulumi(["stack", "import", "--file", file("state.json")]));
    // kubectl owns the fields of the objects.
    const force = { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" };
    const preview = await good(engine.pulumi(["preview"], force));
    assert.doesNotMatch(preview, /^ *\+-/m);
    const stopped = await engine.pulumi(["up", "--yes", "--skip-preview"], force);
    assert.notEqual(stopped.code, 0);
    assert.match(stopped.said, /"conduit-deploy" already exists/);
    assert.equal(claim()?.metadata.uid, uid);
    // The Service has the labels of the plan only: with those of both, it would select no pod.
    const [service] = cluster.get<KubernetesObject & { readonly spec: { readonly selector: object } }>([
      "services",
      "conduit-service",
      "--namespace",
      "choppa",
    ]);
    assert.ok(!("app" in (service?.spec.selector ?? {})), JSON.stringify(service?.spec.selector));
    // The maintenance window.
    cluster.kubectl(["delete", "deployment", "conduit-deploy", "--namespace", "choppa"]);
    await good(engine.pulumi(["up", "--yes", "--skip-preview"], force));
    await good(engine.pulumi(["up", "--yes", "--skip-preview"]));
    await good(engine.pulumi(["preview", "--expect-no-changes"]));
    assert.deepEqual([claim()?.metadata.uid, claim()?.spec.volumeName], [uid, volume]);
  });
});
