// An installation of a source document in a cluster, and what moves into a stack: the API server judges, and volumes stay with their claims.
import assert from "node:assert/strict";
import { DryRun } from "../../plan/adopt/dry-run.ts";
import { survey } from "../../plan/adopt/survey.ts";
import type { Survey } from "../../plan/adopt/survey.ts";
import { runner } from "../../plan/doctor/run.ts";
import { Kubectl } from "../../plan/doctor/probes/kubectl.ts";
import { planOf } from "../../plan/plan.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { confluenceInstallation, matrixInstallation, midpointInstallation, nfsInstallation } from "./installations.ts";
import type { Manifest } from "./installations.ts";

interface Claim extends KubernetesObject {
  readonly spec: { readonly volumeName?: string };
  readonly status: { readonly phase: string };
}

const uids = (objects: readonly KubernetesObject[]) =>
  Object.fromEntries(objects.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.uid]));

describe("adopting an installation", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  const made: Manifest[] = [];

  before(async function () {
    cluster = await useCluster(this);
  });
  afterEach(() => {
    if (made.length > 0) cluster.kubectl(["delete", "--ignore-not-found", "--timeout=120s", "-f", "-"], made.splice(0));
  });

  const install = (objects: readonly Manifest[]) => {
    const names = objects.flatMap(({ kind, metadata }) => (kind === "Namespace" ? [metadata.name] : []));
    assert.deepEqual(cluster.get(["namespaces", ...names]), [], "the cluster has such a namespace already");
    made.push(...objects);
    cluster.kubectl(["apply", "-f", "-"], objects);
  };
  const surveyOf = async (stack: TestStack): Promise<{ found: Survey; plan: Awaited<ReturnType<typeof planOf>> }> => {
    const recorded = await recordStack(stack);
    const plan = await planOf(stack.name, recorded);
    const context = cluster.kubectl(["config", "current-context"]).out.trim();
    const dryRun = new DryRun(runner(60), context, cluster.kubeconfig);
    try {
      const kubectl = new Kubectl(runner(60), context, cluster.kubeconfig, 30);
      return { plan, found: await survey({ ...plan, context }, kubectl, dryRun) };
    } finally {
      dryRun.close();
    }
  };
  const claims = (namespace: string) => cluster.get<Claim>(["persistentvolumeclaims", "--namespace", namespace]);

  it("finds nothing in an empty cluster but its own namespaces and classes", async () => {
    const { found } = await surveyOf(stackNamed("matrix"));
    assert.deepEqual([found.adopted, found.refused, found.unowned, found.isolated], [[], [], [], []]);
  });

  it("takes over claims with their volumes, and names each workload that cannot stay as it is", async () => {
    install(matrixInstallation);
    await eventually(60, () => assert.equal(cluster.get(["pods", "--namespace", "choppa"]).length, 1));
    const { found, plan } = await surveyOf(stackNamed("matrix"));
    for (const label of ["Namespace choppa", "PersistentVolumeClaim choppa/conduit-pv-claim"])
      assert.ok(found.adopted.includes(label), found.adopted.join(", "));
    // Its labels differ from the document's, and the selector of a Deployment cannot change.
    assert.deepEqual(
      found.refused.map(({ label }) => label),
      ["Deployment choppa/conduit-deploy"],
    );
    assert.match(found.refused[0]?.why ?? "", /spec\.selector: .*immutable/);
    // The running pod has labels that no policy of the plan selects, and settings that `restricted` refuses.
    assert.match(found.isolated.join(), /^Pod choppa\/conduit-deploy-/);
    assert.match(found.warnings.join("\n"), /existing pods in namespace "choppa" violate .*restricted/);
    assert.match(found.warnings.join("\n"), /conduit-deploy-.*allowPrivilegeEscalation/);

    // What is adopted becomes the plan's, as Pulumi applies it; the claim is the same object afterwards.
    const before = uids(claims("choppa"));
    const ids = new Set(found.existing.map(({ id }) => id));
    const adopted = plan.objects.filter(
      ({ kind, name, namespace }) =>
        kind !== "Secret" && ids.has(namespace === undefined ? name : `${namespace}/${name}`),
    );
    const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=pulumi", "-f", "-"];
    const manifests = adopted.filter(({ kind, name }) => kind !== "Deployment" || name !== "conduit-deploy");
    cluster.kubectl(
      apply,
      manifests.map(({ manifest }) => manifest),
    );
    assert.deepEqual(uids(claims("choppa")), before);
  });

  it("names a StatefulSet with other claim templates, and leaves its pods and claims alone", async () => {
    install(midpointInstallation);
    await eventually(90, () =>
      assert.deepEqual(
        claims("mp-demo").map(({ status }) => status.phase),
        ["Bound"],
      ),
    );
    const before = claims("mp-demo").map(({ metadata, spec }) => [metadata.uid, spec.volumeName]);
    const { found } = await surveyOf(stackNamed("midpoint"));
    assert.deepEqual(
      found.refused.map(({ label }) => label),
      ["StatefulSet mp-demo/mp-pg-demo"],
    );
    assert.match(found.refused[0]?.why ?? "", /updates to statefulset spec/);
    assert.ok(found.adopted.includes("Namespace mp-demo"));
    assert.deepEqual(
      claims("mp-demo").map(({ metadata, spec }) => [metadata.uid, spec.volumeName]),
      before,
    );
    // A look changes nothing.
    assert.equal(cluster.get(["statefulset", "mp-pg-demo", "--namespace", "mp-demo"])[0]?.metadata.labels, undefined);
  });

  it("takes over the claims of a wiki and of its database, and not the classes of another driver", async () => {
    install(confluenceInstallation);
    const { found } = await surveyOf(stackNamed("confluence"));
    const place = "prd-lan-coolcorp";
    assert.deepEqual(found.adopted, [
      `Namespace ${place}`,
      `PersistentVolumeClaim ${place}/pvc-confluence-apps`,
      `PersistentVolumeClaim ${place}/pvc-confluence-db`,
      `Secret ${place}/sec-prd-confluencedb`,
    ]);
    assert.deepEqual(
      found.refused.map(({ label, why }) => `${label}: ${/^[\w.]+/.exec(why)?.[0] ?? why}`),
      [
        "StorageClass vsphere-dts-nfs: volumeBindingMode",
        "StorageClass vsphere-dts-ssd: volumeBindingMode",
        `Deployment ${place}/dep-confluencedb: spec.selector`,
      ],
    );
    // The password with which the database was created goes on.
    assert.deepEqual(
      found.existing.filter(({ type }) => type.startsWith("random:")).map(({ id, name }) => [name, id]),
      [["confluence-database-password", "Sentinel"]],
    );
  });

  it("takes over a provisioner's rights and class, and names its Deployment", async () => {
    install(nfsInstallation);
    const set = [
      "nfs.provisioner=nfs-subdir-external-provisioner",
      "nfs.shares=[{name: big, server: 192.168.3.10, path: /storage}]",
    ];
    const { found } = await surveyOf({ ...stackNamed("midpoint"), name: "midpoint-nfs", set });
    assert.deepEqual(found.adopted, [
      "Namespace nfs-storage",
      "StorageClass nfs-big",
      "ServiceAccount nfs-storage/nfs-client-provisioner",
    ]);
    assert.deepEqual(
      found.refused.map(({ label }) => label),
      ["Deployment nfs-storage/nfs-client-provisioner"],
    );
  });
});
