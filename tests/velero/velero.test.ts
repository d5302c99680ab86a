import assert from "node:assert/strict";
import type { Bucket } from "../../components/kit/bindings.ts";
import { at, list } from "../../components/kit/unknown.ts";
import {
  locationConfig,
  methodOf,
  scheduleSpec,
  snapshotAnnotations,
  volumePolicies,
} from "../../components/velero/shape.ts";
import type { Copies } from "../../components/velero/shape.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { consumersOf } from "../../stacks/platform/aws.ts";
import { velero } from "../../stacks/settings/rules/velero.ts";
import { copiesFiles } from "../../stacks/platform/velero.ts";
import { recordStack, stackNamed } from "../stacks.ts";

const copies: Copies = {
  namespaces: ["rdm"],
  schedule: "45 2 * * *",
  keep: "14d",
  volumes: "all",
  secrets: false,
  snapshots: [{ storageClass: "fast", snapshotClass: "fast-snapshots", driver: "EBS.csi.aws.com" }],
  agents: true,
};
const bucket = (more: Partial<Bucket>) =>
  ({ endpoint: "https://s3.example.org:9000", region: "here", pathStyle: true, ...more }) as Bucket;

const planned = async (name: string, set: readonly string[] = []) => {
  const stack = stackNamed(name);
  const { resources, result } = await recordStack({ ...stack, set: [...(stack.set ?? []), ...set] });
  return {
    ...result,
    objects: plannedObjects(resources, ({ value }) => value),
    release: plannedReleases(resources).find(({ chart }) => chart === "velero"),
  };
};
const actions = (policies: object) =>
  list(at(policies, "volumePolicies")).map((one) => [
    at(one, "action", "type"),
    at(one, "conditions", "storageClass") ?? (at(one, "conditions", "volumeTypes") === undefined ? "any" : "of a pod"),
  ]);

describe("Velero's copies", () => {
  it("are snapshots where the storage class has them, and files otherwise; a pod's own volumes are left out", () => {
    assert.deepEqual(actions(volumePolicies(copies)), [
      ["skip", "of a pod"],
      ["snapshot", ["fast"]],
      ["fs-backup", "any"],
    ]);
    assert.deepEqual(actions(volumePolicies({ ...copies, volumes: "snapshots" })), [
      ["skip", "of a pod"],
      ["snapshot", ["fast"]],
      ["skip", "any"],
    ]);
    assert.deepEqual(actions(volumePolicies({ ...copies, volumes: "none" })), [
      ["skip", "of a pod"],
      ["skip", "any"],
    ]);
    assert.deepEqual(actions(volumePolicies({ ...copies, snapshots: [] })), [
      ["skip", "of a pod"],
      ["fs-backup", "any"],
    ]);
  });

  it("name the VolumeSnapshotClass of each driver, the first of its classes", () => {
    const other = { storageClass: "slow", snapshotClass: "other", driver: "ebs.csi.aws.com" };
    const unknown = { storageClass: "given", snapshotClass: "given-snapshots" };
    assert.deepEqual(snapshotAnnotations({ ...copies, snapshots: [...copies.snapshots, other, unknown] }), {
      "velero.io/csi-volumesnapshot-class_ebs.csi.aws.com": "fast-snapshots",
    });
    assert.deepEqual(snapshotAnnotations({ ...copies, volumes: "none" }), {});
  });

  it("are of one namespace each, without Secrets unless the settings ask for them, and kept for a time", () => {
    const { schedule, template } = scheduleSpec("rdm", copies);
    assert.equal(schedule, "45 2 * * *");
    assert.deepEqual(template.includedNamespaces, ["rdm"]);
    assert.equal(template.ttl, "1209600s");
    assert.ok(template.excludedNamespaceScopedResources.includes("secrets"));
    const all = scheduleSpec("rdm", { ...copies, secrets: true }).template;
    assert.ok(!all.excludedNamespaceScopedResources.includes("secrets"));
  });

  it("say in the plan how they are made", () => {
    assert.equal(
      methodOf(copies),
      "Velero: objects without Secrets, volumes by snapshots or file by file, if a pod mounts them",
    );
    assert.equal(
      methodOf({ ...copies, agents: false, secrets: true, volumes: "none" }),
      "Velero: objects and Secrets in plain text, no volumes",
    );
  });

  it("go to Amazon S3 by its region alone, and to another store by its address, without further checksums", () => {
    assert.deepEqual(locationConfig(bucket({})), {
      region: "here",
      s3Url: "https://s3.example.org:9000",
      s3ForcePathStyle: "true",
      checksumAlgorithm: "",
    });
    assert.deepEqual(
      locationConfig(bucket({ endpoint: "https://s3.eu-west-1.amazonaws.com", region: "eu-west-1", pathStyle: false })),
      { region: "eu-west-1" },
    );
  });
});

describe("a stack with Velero", () => {
  it("has a Schedule for each namespace, after the release with its kind", async () => {
    const { objects, ledger } = await planned("velero");
    const schedules = objects.filter(({ kind }) => kind === "Schedule");
    assert.deepEqual(
      schedules.map(({ name, namespace }) => `${namespace}/${name}`),
      ["velero/rdm", "velero/vdm"],
    );
    const backups = ledger.backups.filter(({ data }) => data.startsWith("Namespace "));
    assert.deepEqual(
      backups.map(({ data, keep, path }) => [data, keep, path]),
      [
        ["Namespace rdm", "14d", "/velero/velero"],
        ["Namespace vdm", "14d", "/velero/velero"],
      ],
    );
  });

  it("keeps everything of a stack in a folder of its own, in the bucket of backups", async () => {
    const { release } = await planned("velero");
    const [location] = list(at(release?.values, "configuration", "backupStorageLocation"));
    assert.equal(at(location, "bucket"), "example-backup");
    assert.equal(at(location, "prefix"), "velero/velero");
    // The role of the stack's buckets.
    assert.deepEqual(at(release?.values, "serviceAccount", "server", "annotations"), {
      "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/groundplan-buckets",
    });
  });

  it("reads the key of a store from a Secret, and no other password than a generated one encrypts files", async () => {
    const { objects, release } = await planned("velero-snapshots");
    const variables = list(at(release?.values, "configuration", "extraEnvVars"));
    const keys = variables.filter((one) => String(at(one, "name")).startsWith("AWS_"));
    assert.deepEqual(
      keys.map((one) => at(one, "valueFrom", "secretKeyRef", "name")),
      ["backup-bucket", "backup-bucket"],
    );
    const password = objects.find(({ kind, name }) => kind === "Secret" && name === "velero-repo-credentials");
    assert.equal(password?.namespace, "velero");
    assert.notEqual(at(password.manifest, "stringData", "repository-password"), "static-passw0rd");
  });

  it("has agents on the nodes only where a volume may have no snapshots", async () => {
    const [files, snapshots] = [await planned("velero"), await planned("velero-snapshots")];
    const level = ({ objects }: typeof files) =>
      at(
        objects.find(({ kind, name }) => kind === "Namespace" && name === "velero")?.manifest,
        "metadata",
        "labels",
        "pod-security.kubernetes.io/enforce",
      );
    assert.equal(level(files), "privileged");
    assert.equal(at(files.release?.values, "deployNodeAgent"), true);
    assert.equal(at(files.release?.values, "configuration", "features"), undefined);
    assert.equal(level(snapshots), "restricted");
    assert.equal(at(snapshots.release?.values, "deployNodeAgent"), false);
    assert.equal(at(snapshots.release?.values, "configuration", "features"), "EnableCSI");
  });

  it("knows that a class without snapshots, or a role that may get any class, needs the agents", async () => {
    const needs = async (...set: string[]) =>
      copiesFiles((await planned("velero-snapshots", set.length === 0 ? [] : set)).settings);
    assert.equal(await needs(), false);
    assert.equal(await needs("storage.classes[0].default=false"), true);
    assert.equal(
      await needs("storage.classes[1]={name: slow, provisioner: other.csi.example.org}", "storage.roles.bulk=slow"),
      true,
    );
    assert.equal(await needs("storage.classes[0].default=false", "backup.velero.volumes=none"), false);
  });

  it("has a role of its own in AWS, for its folder alone", async () => {
    const { settings } = await planned("worldcereal-aws", ["backup.velero.namespaces=[rdm]"]);
    const users = consumersOf(settings).buckets.filter(({ use }) => use === "velero");
    assert.deepEqual(users, [
      {
        name: "backup",
        namespace: "velero",
        serviceAccounts: ["velero"],
        use: "velero",
        folder: "velero/*",
        asksForBucket: true,
      },
    ]);
  });

  it("warns where it would copy the files of PostgreSQL while they are written", async () => {
    const warned = async (name: string, ...set: string[]) =>
      velero((await planned(name, ["backup.velero.namespaces=[rdm, sysdb]", ...set])).settings).map(
        ({ path, severity }) => `${path.join(".")} ${severity}`,
      );
    assert.deepEqual(await warned("velero"), ["backup.velero.namespaces.1 warning"]);
    assert.deepEqual(await warned("velero", "backup.velero.volumes=none"), []);
    assert.deepEqual(await warned("velero-snapshots"), []);
  });
});
