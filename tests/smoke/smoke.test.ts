import assert from "node:assert/strict";
import { at, list, text } from "../../components/kit/unknown.ts";
import { scratchClass } from "../../components/kit/storage-class.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { runChecks } from "../../plan/checks/checks.ts";
import { planStack } from "../plans.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { smokeStack } from "./stack.ts";

const recorded = async () => {
  const { resources, result } = await recordStack(smokeStack);
  const objects = plannedObjects(resources);
  const jobs = objects.filter(({ component, kind }) => kind === "Job" && component === "smoke");
  return { ...result, objects, jobs };
};

describe("smoke tests", () => {
  it("are off by default", async () => {
    const { resources } = await recordStack(stackNamed("prod"));
    assert.ok(plannedObjects(resources).every(({ component }) => component !== "smoke"));
  });

  it("N06, X24: there is one for each class, shared folder, bucket and database, with its result as an output", async () => {
    const { jobs, ledger, objects, outputs } = await recorded();
    const classes = ["nfs-volumes", "ssd", "there"];
    const databases = ledger.databases.map(({ name }) => `database-${name}`);
    const buckets = objects.flatMap(({ kind, name, namespace }) =>
      kind === "Secret" && name.endsWith("-bucket") && namespace !== "object-store"
        ? [`bucket-${namespace}-${name.replace(/-bucket$/, "")}`]
        : [],
    );
    assert.ok(databases.length > 2 && buckets.length > 1, `${databases.join()} ${buckets.join()}`);
    const expected = [
      ...classes.map((name) => `class-${name}`),
      "two-nodes-nfs-volumes",
      "folder-backup-backup-repository",
      // The files of midPoint's claims go to the repository from its own namespace.
      "folder-mp-demo-backup-repository",
      "folder-mp-demo-shared",
      ...buckets,
      ...databases,
    ];
    assert.deepEqual(Object.keys(outputs.smokeTests ?? {}).sort(), expected.sort());
    // The test with two nodes has two.
    assert.equal(jobs.length, expected.length + 1);
  });

  it("leave nothing: Kubernetes deletes each Job, its pods and its volume", async () => {
    const { jobs, objects } = await recorded();
    for (const { manifest, name } of jobs) assert.equal(at(manifest, "spec", "ttlSecondsAfterFinished"), 3600, name);
    const claims = objects.filter(({ component, kind }) => kind === "PersistentVolumeClaim" && component === "smoke");
    assert.equal(claims.length, 1);
    for (const claim of claims) {
      const owners = list(at(claim.manifest, "metadata", "ownerReferences"));
      assert.deepEqual(
        owners.map((owner) => at(owner, "kind")),
        ["Job"],
      );
      // The API server refuses an owner without one.
      for (const owner of owners) assert.match(text(at(owner, "uid")) ?? "", /./);
      // An owner of another namespace would delete the claim at once (Kubernetes, "Owners and Dependents").
      const writer = jobs.find(({ name }) => name.startsWith("smoke-writer-"));
      assert.equal(claim.namespace, writer?.namespace);
    }
    const deleting = new Set(
      objects.flatMap(({ kind, manifest, name }) =>
        kind === "StorageClass" && at(manifest, "reclaimPolicy") === "Delete" ? [name] : [],
      ),
    );
    const used = jobs.flatMap(({ manifest }) =>
      list(at(manifest, "spec", "template", "spec", "volumes")).flatMap(
        (volume) => text(at(volume, "ephemeral", "volumeClaimTemplate", "spec", "storageClassName")) ?? [],
      ),
    );
    assert.deepEqual(
      used.filter((name) => !deleting.has(name)),
      ["there"],
    );
  });

  it("the pods of the two nodes are kept apart", async () => {
    const { jobs } = await recorded();
    const pods = (start: string) => jobs.find(({ name }) => name.startsWith(start))?.manifest;
    const [term] = list(
      at(
        pods("smoke-reader-"),
        ...["spec", "template", "spec", "affinity", "podAntiAffinity"],
        "requiredDuringSchedulingIgnoredDuringExecution",
      ),
    );
    assert.equal(at(term, "topologyKey"), "kubernetes.io/hostname");
    const labels = at(pods("smoke-writer-"), "spec", "template", "metadata", "labels") as Record<string, string>;
    const selected = Object.entries(at(term, "labelSelector", "matchLabels") as Record<string, string>);
    assert.ok(selected.length > 0 && selected.every(([key, value]) => labels[key] === value));
  });

  it("a scratch class deletes its volumes with their folder, and is never another claim's folder", () => {
    const spec = {
      name: "nfs-big",
      existing: false,
      provisioner: "nfs.csi.k8s.io",
      parameters: { server: "192.168.3.10", share: "/storage", onDelete: "archive", subDir: "${pvc.metadata.name}" },
      reclaimPolicy: "Retain",
      allowExpansion: true,
      bindingMode: "Immediate",
      mountOptions: [],
      default: true,
    } as const;
    const parameters = { server: "192.168.3.10", share: "/storage", onDelete: "delete" };
    assert.deepEqual(scratchClass(spec), {
      ...spec,
      name: "nfs-big-scratch",
      parameters,
      reclaimPolicy: "Delete",
      default: false,
    });
    assert.equal(scratchClass({ ...spec, reclaimPolicy: "Delete" }), undefined);
    assert.equal(scratchClass({ ...spec, existing: true }), undefined);
  });

  it("X11: the volume of a drill is deleted after it, where the class of the role keeps volumes", async () => {
    const { objects } = await recorded();
    const drills = objects.filter(({ kind, name }) => kind === "CronJob" && name.startsWith("drill-"));
    assert.ok(drills.length > 0);
    for (const { manifest } of drills) assert.match(JSON.stringify(manifest), /"storageClassName":"ssd-scratch"/);
  });

  it("no check takes their volumes for data that must be kept", async () => {
    const plan = await planStack(smokeStack);
    const { results } = runChecks(plan, "2026-01-01");
    const own = results.flatMap(({ findings, id }) =>
      findings.flatMap(({ object }) => (/smoke|scratch/.test(object) ? [`${id} ${object}`] : [])),
    );
    assert.deepEqual(own, []);
  });
});
