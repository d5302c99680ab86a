// The program that lets backups read a volume, with the rights and the objects of a stack, on a real API server with its controllers.
// Snapshots of volumes and the containers of its Job are pretended.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlannedObject } from "../../plan/objects.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { startProgram } from "./program.ts";

const snapshotClass = "storage.classes=[{name: disks, provisioner: csi.example.org, snapshotClass: disks}]";
const stack = (...set: string[]) => ({ ...stackNamed("matrix"), set });
const namespace = "choppa";
const workload = "conduit-deploy";
const program = "components/backup/programs/volumes.ts";

interface Workload extends KubernetesObject {
  readonly spec: { readonly replicas: number };
}

/** The kind of snapshots, as far as the program uses it (kubernetes-csi/external-snapshotter, `client/config/crd`). */
const definition = {
  ...{ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" },
  metadata: {
    name: "volumesnapshots.snapshot.storage.k8s.io",
    annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-csi/external-snapshotter/pull/814" },
  },
  spec: {
    group: "snapshot.storage.k8s.io",
    names: {
      kind: "VolumeSnapshot",
      listKind: "VolumeSnapshotList",
      plural: "volumesnapshots",
      singular: "volumesnapshot",
    },
    scope: "Namespaced",
    versions: [
      {
        ...{ name: "v1", served: true, storage: true },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        subresources: { status: {} },
      },
    ],
  },
};

describe("backups of a volume whose workload must be stopped, on a cluster", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let folder: string;
  let objects: readonly PlannedObject[];

  const named = (kind: string, start: string) =>
    objects.find((one) => one.kind === kind && one.namespace === namespace && one.name.startsWith(start)) ??
    assert.fail(`${kind} ${start}`);
  const replicas = () => cluster.get<Workload>(["deployment", workload, "-n", namespace])[0]?.spec.replicas;
  const left = () => cluster.get(["jobs,volumesnapshots", "-n", namespace]).map(({ kind }) => kind);

  /** Applies the stack's own account, rights and Job, and a pretend homeserver with its claim. */
  async function deploy(...set: string[]): Promise<void> {
    objects = plannedObjects((await recordStack(stack(...set))).resources);
    const own = [named("Role", "backup-files"), named("RoleBinding", "backup-files"), named("CronJob", "copy-files")];
    const accounts = objects.filter((one) => one.kind === "ServiceAccount" && one.namespace === namespace);
    const maps = objects.filter((one) => one.kind === "ConfigMap" && one.namespace === namespace);
    const made = ["PersistentVolumeClaim", "Deployment"].map((kind) => named(kind, "conduit"));
    // Every pod of the stack asks for nodes of its own labels, and for a priority of its own: not here.
    const anywhere = (manifest: object) =>
      JSON.parse(
        JSON.stringify(manifest, (key, value: unknown) =>
          ["nodeSelector", "priorityClassName", "tolerations", "imagePullSecrets"].includes(key) ? undefined : value,
        ),
      ) as object;
    cluster.kubectl(
      ["apply", "-f", "-"],
      [...accounts, ...maps, ...own, ...made].map(({ manifest }) => anywhere(manifest)),
    );
    await eventually(120, () => {
      assert.equal(cluster.get<Workload>(["deployment", workload, "-n", namespace])[0]?.spec.replicas, 1);
      assert.ok(cluster.get(["pods", "-n", namespace]).length > 0);
    });
  }

  /** Starts the program as its CronJob does, with a token of its account. */
  const start = () => startProgram(cluster, named("CronJob", "backup-files"), program, folder, { POLL_SECONDS: "0.3" });

  /** What the driver writes when it has taken a snapshot. @returns the replicas of the workload at that time */
  async function takeSnapshot(): Promise<number | undefined> {
    const [found] = await eventually(60, () => {
      const all = cluster.get(["volumesnapshots", "-n", namespace]);
      assert.equal(all.length, 1);
      return all;
    });
    const before = replicas();
    const status = { creationTime: "2026-11-20T03:00:00Z", readyToUse: true };
    const name = found?.metadata.name ?? "";
    cluster.kubectl([
      "patch",
      "volumesnapshot",
      name,
      "-n",
      namespace,
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status }),
    ]);
    return before;
  }

  before(async function () {
    cluster = await useCluster(this);
    folder = mkdtempSync(join(tmpdir(), "groundplan-volumes-"));
    cluster.kubectl(
      ["apply", "-f", "-"],
      [definition, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }],
    );
    await eventually(30, () => cluster.kubectl(["get", "volumesnapshots", "-A"]));
  });
  after(() => {
    const found = cluster as Cluster | undefined;
    if (found === undefined) return;
    rmSync(folder, { recursive: true, force: true });
    found.kubectl(["delete", "--ignore-not-found", "namespace", namespace, "--timeout=120s"]);
    found.kubectl(["delete", "--ignore-not-found", "-f", "-"], [definition]);
  });

  it("stop it, run the Job, start it, and leave nothing", async () => {
    await deploy();
    const { child, done, output } = start();
    await eventually(60, () => assert.equal(replicas(), 0));
    const { code, err, out } = await done;
    assert.equal(err, "");
    assert.equal(code, 0, output.err);
    assert.equal(out, `stopped: deployments/${workload} with 1 replicas\nstarted: deployments/${workload}\n`);
    assert.deepEqual([replicas(), left(), child.exitCode], [1, [], 0]);
  });

  it("start it again where the pod is told to stop, and where an earlier run was killed", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const { child, done } = start();
      await eventually(60, () => assert.equal(replicas(), 0));
      child.kill(signal);
      const { code, err } = await done;
      if (signal === "SIGTERM") {
        assert.equal(code, 1);
        assert.match(err, /^backup: stopped before the end\n$/);
      } else {
        assert.equal(replicas(), 0);
        assert.equal((await start().done).code, 0);
      }
      assert.deepEqual([replicas(), left()], [1, []]);
    }
  });

  it("leave a workload alone that somebody else has stopped, and one that a restore has stopped since", async () => {
    const scale = (number: number) =>
      cluster.kubectl(["scale", "deployment", workload, "-n", namespace, `--replicas=${number}`]);
    scale(0);
    assert.equal((await start().done).code, 0);
    assert.equal(replicas(), 0);
    scale(1);
    cluster.kubectl(["annotate", "deployment", workload, "-n", namespace, "groundplan/restore-replicas=1"]);
    const { done } = start();
    assert.match((await done).out, /stays stopped: a restore is in progress/);
    assert.equal(replicas(), 0);
    cluster.kubectl(["annotate", "deployment", workload, "-n", namespace, "groundplan/restore-replicas-"]);
    scale(1);
  });

  it("stop it only until the snapshot exists, where the class of the claim has snapshots", async () => {
    cluster.kubectl(["delete", "deployments,pvc", "--all", "-n", namespace, "--timeout=60s"]);
    await deploy(snapshotClass, "storage.roles={fast: disks, bulk: disks}");
    const { done } = start();
    assert.equal(await takeSnapshot(), 0);
    const { code, err, out } = await done;
    assert.equal(err, "");
    assert.equal(code, 0);
    assert.deepEqual(
      out.split("\n").map((line) => line.split(":")[0]),
      ["stopped", "started", "snapshot", ""],
    );
    assert.deepEqual([replicas(), left()], [1, []]);
  });

  it("may do nothing else in the namespace", () => {
    const account = `--as=system:serviceaccount:${namespace}:${named("ServiceAccount", "backup-files").name}`;
    const may = (...question: string[]) => {
      try {
        return cluster.kubectl(["auth", "can-i", ...question, account, "-n", namespace]).out.trim();
      } catch {
        return "no";
      }
    };
    assert.equal(may("patch", `deployments/${workload}`), "yes");
    for (const question of [
      "get secrets",
      "list pods",
      "patch deployments/element",
      "delete jobs/other",
      "delete pvc",
      "create pods",
      "get volumesnapshots/other",
    ])
      assert.equal(may(...question.split(" ")), "no", question);
  });
});
