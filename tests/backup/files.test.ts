import assert from "node:assert/strict";
import { filesCredential } from "../../components/backup/credentials.ts";
import { readingOf } from "../../components/backup/files.ts";
import type { ClaimFiles } from "../../components/kit/ledger.ts";
import { at, list, records } from "../../components/kit/unknown.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const planned = async (stack: TestStack) => {
  const { resources, result } = await recordStack(stack);
  const objects = plannedObjects(resources);
  const cronJob = (start: string) => objects.find(({ kind, name }) => kind === "CronJob" && name.startsWith(start));
  const pod = (start: string) => at(cronJob(start)?.manifest, "spec", "jobTemplate", "spec", "template", "spec");
  const revealed = plannedObjects(resources, ({ value }) => value);
  return { cronJob, objects, pod, resources, revealed, ledger: result.ledger };
};
const disks =
  "storage.classes=[{name: disks, provisioner: csi.example.org, reclaimPolicy: Retain, snapshotClass: shots}]";
const roles = "storage.roles={fast: disks, bulk: disks}";
const withSnapshots = { ...stackNamed("matrix"), name: "matrix-snapshots", set: [disks, roles] };

describe("backups of files", () => {
  it("read a claim as its class and its pods allow, and say how", () => {
    const claim: ClaimFiles = {
      ...{ namespace: "a", claim: "b", account: { user: 1, group: 1 }, consumer: {} },
      storage: { size: "1Gi", role: "fast" },
    };
    const stops = { kind: "Deployment", name: "x" } as const;
    const methods = [
      readingOf(claim, undefined),
      readingOf({ ...claim, shared: true }, undefined),
      readingOf({ ...claim, stops }, undefined),
      readingOf(claim, "shots"),
      readingOf({ ...claim, stops }, "shots"),
      readingOf({ ...claim, storage: undefined, shared: true }, "shots"),
    ].map(({ method }) => method);
    assert.deepEqual(methods, [
      "restic, on the node of the pods that use it",
      "restic",
      "restic, while Deployment x is stopped",
      "restic, from a volume snapshot",
      "restic, from a volume snapshot, for which Deployment x is stopped",
      "restic",
    ]);
  });

  it("run on the node of one pod of a StatefulSet, with the account of its files, and only read them", async () => {
    const { objects, pod } = await planned(stackNamed("midpoint"));
    const spec = pod("backup-files-mp-home");
    const [term] = list(at(spec, "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"));
    assert.equal(at(term, "topologyKey"), "kubernetes.io/hostname");
    const labels = at(term, "labelSelector", "matchLabels") as Record<string, string>;
    const nodes = objects.find(({ kind, name }) => kind === "StatefulSet" && name === "mp-pg-demo");
    const { "statefulset.kubernetes.io/pod-name": name, ...others } = labels;
    assert.match(name ?? "", /^mp-pg-demo-\d$/);
    const own = at(nodes?.manifest, "spec", "template", "metadata", "labels") as Record<string, string>;
    for (const [label, value] of Object.entries(others)) assert.equal(own[label], value, label);
    for (const key of ["runAsUser", "runAsGroup", "fsGroup"])
      assert.equal(
        at(spec, "securityContext", key),
        at(nodes?.manifest, "spec", "template", "spec", "securityContext", key),
      );
    const [container] = list(at(spec, "containers"));
    const mount = list(at(container, "volumeMounts")).find((one) => at(one, "name") === "files");
    assert.equal(at(mount, "readOnly"), true);
    // A share is mounted on every node.
    assert.equal(at(pod("backup-files-shared"), "affinity"), undefined);
  });

  it("take a snapshot into a volume that is deleted with its pod, with rights to objects of its own names only", async () => {
    const { cronJob, ledger, objects, pod } = await planned(withSnapshots);
    assert.equal(at(cronJob("copy-files-conduit")?.manifest, "spec", "suspend"), true);
    const files = list(at(pod("copy-files-conduit"), "volumes")).find((one) => at(one, "name") === "files");
    const template = at(files, "ephemeral", "volumeClaimTemplate", "spec");
    const copy = cronJob("copy-files-conduit")?.name;
    assert.deepEqual(at(template, "dataSource"), {
      apiGroup: "snapshot.storage.k8s.io",
      kind: "VolumeSnapshot",
      name: copy,
    });
    const className = at(template, "storageClassName");
    const made = objects.find(({ kind, name }) => kind === "StorageClass" && name === className);
    assert.equal(made?.manifest["reclaimPolicy"], "Delete");
    const role = objects.find(({ kind, name }) => kind === "Role" && name.startsWith("backup-files-conduit"));
    for (const { resourceNames, resources, verbs } of records(role?.manifest["rules"])) {
      if (resourceNames === undefined) assert.deepEqual(verbs, ["create"], String(resources));
      else assert.deepEqual(resourceNames, [String(resources) === "deployments" ? "conduit-deploy" : copy]);
    }
    const account = at(pod("backup-files-conduit"), "serviceAccountName");
    assert.equal(account, role?.name);
    assert.equal(at(pod("copy-files-conduit"), "automountServiceAccountToken"), false);
    const edges = ledger.edges.filter(({ purpose }) => purpose.startsWith("backups of volumes"));
    assert.deepEqual(
      edges.map(({ to }) => to.kind),
      ["apiServer"],
    );
  });

  it("give each namespace the same key of the bucket, and let only pods of backups connect", async () => {
    const { ledger } = await planned(stackNamed("confluence"));
    const from = ledger.edges.filter(({ purpose }) => purpose === "bucket backup").map((edge) => edge.from);
    assert.ok(from.some((peer) => peer.kind === "pods" && peer.namespace === "backup"));
    const others = from.filter((peer) => peer.kind !== "pods" || peer.namespace !== "backup");
    for (const peer of others) assert.deepEqual(peer.kind === "pods" && peer.labels, { "groundplan/backup": "files" });
    const keys = ledger.credentials.filter(({ name }) => name === "backup-bucket");
    assert.ok(keys.length <= 1);
  });

  it("give a namespace the password of the repository with its own files, and of no other", async () => {
    for (const stack of ["confluence", "midpoint", "prod", "worldcereal"].map(stackNamed)) {
      const { ledger, objects } = await planned(stack);
      const repositories = new Map<string, Set<string>>();
      for (const { kind, manifest, namespace = "" } of objects) {
        if (kind !== "CronJob") continue;
        const [container] = list(at(manifest, "spec", "jobTemplate", "spec", "template", "spec", "containers"));
        const found = list(at(container, "env")).find((one) => at(one, "name") === "RESTIC_REPOSITORY");
        if (found === undefined) continue;
        const all = repositories.get(namespace) ?? new Set();
        repositories.set(namespace, all.add(String(at(found, "value")).split("/").at(-1) ?? ""));
      }
      const passwords = ledger.credentials.filter(({ name }) => name.startsWith("backup-repository"));
      const elsewhere = [...repositories].filter(([namespace]) => namespace !== "backup");
      for (const [namespace, used] of elsewhere) assert.deepEqual([...used], [`${stack.name}.${namespace}`]);
      for (const { name, secrets } of passwords)
        for (const { namespace } of secrets)
          assert.ok(namespace === "backup" || name === filesCredential(namespace).name, `${name} in ${namespace}`);
      assert.equal(passwords.length, elsewhere.length + 1);
      // The recovery password, which opens all of them, stays in the namespace of backups.
      const recovery = ledger.credentials.find(({ name }) => name === "backup-recovery");
      assert.deepEqual(new Set(recovery?.secrets.map(({ namespace }) => namespace)), new Set(["backup"]));
    }
  });

  it("leave a claim out with a reason, which the check accepts", async () => {
    const set = ['backup.files.except=[{claim: choppa/conduit-pv-claim, reason: "the storage system copies it"}]'];
    const { cronJob, ledger } = await planned({ ...stackNamed("matrix"), name: "matrix-except", set });
    assert.equal(cronJob("backup-files-conduit"), undefined);
    assert.ok(!ledger.backups.some(({ data }) => data === "Claim choppa/conduit-pv-claim"));
    assert.deepEqual(
      ledger.accepted.filter(({ check }) => check === "GP116"),
      [{ check: "GP116", object: "Claim choppa/conduit-pv-claim", reason: "the storage system copies it" }],
    );
    const wrong = ["backup.files.except=[{claim: choppa/conduit-claim, reason: x}]"];
    await assert.rejects(
      planned({ ...stackNamed("matrix"), name: "matrix-wrong", set: wrong }),
      /choppa\/conduit-pv-claim/,
    );
  });

  it("come to the stack's own store as a user of their namespace, once the owner and the users before are made", async () => {
    const set = ["buckets={kind: embedded}", "matrix={enabled: true}", "midpoint={enabled: true}"];
    const { ledger, resources, revealed } = await planned({ ...stackNamed("thanos"), name: "own-store", set });
    const own = (kind: string, namespace: string) =>
      revealed.filter((one) => one.kind === kind && one.namespace === namespace && one.name.startsWith("backup-"));
    const users = ["matrix", "mp-demo"].map((namespace) => {
      const [keys] = own("Secret", namespace).filter(({ name }) => name === "backup-own");
      return String(at(keys?.manifest, "stringData", "access-key"));
    });
    assert.deepEqual(users, ["backup.matrix", "backup.mp-demo"]);
    // No pod there has the key of the owner.
    for (const namespace of ["matrix", "mp-demo"])
      assert.ok(own("Secret", namespace).every(({ name }) => name !== "backup-bucket"));
    const jobs = resources.filter(({ name, type }) => type.endsWith(":Job") && name.startsWith("buckets-backup-"));
    const after = jobs.map(({ dependencies, name }) => [
      name,
      ...jobs.filter(({ urn }) => dependencies.includes(urn)).map((one) => one.name),
    ]);
    assert.deepEqual(after.sort(), [
      ["buckets-backup-job"],
      ["buckets-backup-limited-matrix-job", "buckets-backup-limited-mp-demo-job"],
      ["buckets-backup-limited-mp-demo-job", "buckets-backup-job"],
    ]);
    assert.deepEqual(
      ledger.credentials
        .map(({ name }) => name)
        .filter((name) => name.startsWith("backup-") && name.endsWith("-bucket"))
        .sort(),
      ["backup-bucket", "backup-limited-matrix-bucket", "backup-limited-mp-demo-bucket"],
    );
  });

  it("come to an existing store with a key or role of their own, where the settings have one", async () => {
    const own = ["backup.files={accessKeyId: FILES, secretAccessKeySecret: files}", "secrets:files={secure: v1}"];
    const used = async (change: readonly string[]) => {
      const { cronJob, revealed } = await planned({ ...stackNamed("matrix"), name: "matrix-own-key", set: change });
      const secretOf = (name: string, namespace: string) => {
        const containers = list(
          at(cronJob(name)?.manifest, "spec", "jobTemplate", "spec", "template", "spec", "containers"),
        );
        const variables = list(at(containers[0], "env"));
        const id = variables.find((one) => at(one, "name") === "AWS_ACCESS_KEY_ID");
        const secret = String(at(id, "valueFrom", "secretKeyRef", "name"));
        const found = revealed.find(
          (one) => one.kind === "Secret" && one.name === secret && one.namespace === namespace,
        );
        return `${secret} ${String(at(found?.manifest, "stringData", "access-key"))}`;
      };
      return [secretOf("copy-files-", "choppa"), secretOf("backup-prune", "backup")];
    };
    assert.deepEqual(await used([]), ["backup-bucket groundplan", "backup-bucket groundplan"]);
    assert.deepEqual(await used(own), ["backup-own FILES", "backup-bucket groundplan"]);
    const role = "arn:aws:iam::123456789012:role";
    const stack = stackNamed("midpoint-keys");
    const set = [...(stack.set ?? []), `backup.files.roleArn=${role}/files`];
    const { objects } = await planned({ ...stack, name: "own-role", set });
    const account = (namespace: string) =>
      at(
        objects.find((one) => one.kind === "ServiceAccount" && one.name === "backup" && one.namespace === namespace)
          ?.manifest,
        "metadata",
        "annotations",
      );
    assert.deepEqual(account("mp-demo"), { "eks.amazonaws.com/role-arn": `${role}/files` });
    assert.deepEqual(account("backup"), { "eks.amazonaws.com/role-arn": `${role}/groundplan-buckets` });
  });
});
