// A real Velero with its plug-in, on a real API server with a real object store: the arguments, the storage location and the Schedule are
// those of a stack. Nothing schedules pods, so no volume is copied.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parseAllDocuments } from "yaml";
import { at, list, text } from "../../components/kit/unknown.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { program, root as administrator, startStore } from "../backup/deployed.ts";
import type { Store } from "../backup/deployed.ts";
import { cachedChart } from "../charts/charts.ts";
import { recordStack, stackNamed } from "../stacks.ts";
import { cache, eventually, run, skip, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";

const stack = {
  ...stackNamed("velero-snapshots"),
  set: ["buckets={kind: embedded}", "backup.velero={namespaces: [rdm], volumes: none}"],
};
const programs = join(cache, "groundplan", "bin");
const [server, plugin] = ["velero", "velero-plugin-for-aws"].map((name) => join(programs, name)) as [string, string];
const namespace = "velero";

interface Phased extends KubernetesObject {
  readonly status?: { readonly phase?: string; readonly errors?: number; readonly warnings?: number };
}

describe("Velero as a stack deploys it, on a cluster", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let store: Store;
  let folder: string;
  let velero: ChildProcess | undefined;
  let said = "";
  let objects: readonly PlannedObject[];

  const phase = (kind: string, name: string) => cluster.get<Phased>([kind, name, "-n", namespace])[0]?.status?.phase;
  const ends = (kind: string, name: string) =>
    eventually(120, () => {
      const found = phase(kind, name);
      assert.match(
        found ?? "",
        /^(Completed|PartiallyFailed|Failed|FailedValidation)$/,
        `${kind} ${name}\n${said.slice(-2000)}`,
      );
      return found;
    });
  const create = (kind: string, name: string, spec: object) =>
    cluster.kubectl(["create", "-f", "-"], [{ apiVersion: "velero.io/v1", kind, metadata: { name, namespace }, spec }]);
  const schedule = () =>
    objects.find(({ kind, name }) => kind === "Schedule" && name === "rdm") ?? assert.fail("no Schedule");
  /** Every file of a folder of the store. */
  const stored = (...path: string[]) => {
    const from = join(store.objects, "backup", ...path);
    return existsSync(from) ? readdirSync(from, { recursive: true }).map(String).sort() : [];
  };

  before(async function () {
    cluster = await useCluster(this);
    const versitygw = program("versitygw");
    const chart = cachedChart("velero");
    if (versitygw === undefined) return skip(this, "versitygw is not on PATH or in ~/.cache/groundplan/bin");
    if (!existsSync(server) || !existsSync(plugin))
      return skip(
        this,
        "velero and velero-plugin-for-aws are not in ~/.cache/groundplan/bin (docs/testing-cluster.md)",
      );
    if (chart === undefined) return skip(this, "the chart velero is not at hand");

    folder = mkdtempSync(join(tmpdir(), "groundplan-velero-"));
    store = startStore(versitygw, 7);
    const { resources } = await recordStack(stack);
    objects = plannedObjects(resources, ({ value }) => value);
    const release = plannedReleases(resources).find((one) => one.chart === "velero") ?? assert.fail("no release");
    const rendered = parseAllDocuments(
      cluster.helm(["template", release.name, chart, "-n", namespace, "--include-crds", "-f", "-"], release.values).out,
    ).flatMap((one) => (one.toJS() === null ? [] : [one.toJS() as KubernetesObject]));
    const ofKind = (...kinds: string[]) => rendered.filter(({ kind }) => kinds.includes(kind));

    // The bucket and its owner, by the store's administration.
    const keys = { access: "backup", secret: "secret-of-backups" };
    const admin = [
      "admin",
      "--access",
      administrator.access,
      "--secret",
      administrator.secret,
      "--endpoint-url",
      store.endpoint,
    ];
    const administer = (...args: string[]) =>
      spawnSync(versitygw, [...admin, "--region", "us-east-1", ...args], { encoding: "utf8" });
    await eventually(30, () => assert.equal(administer("list-users").status, 0));
    administer("create-user", "--access", keys.access, "--secret", keys.secret, "--role", "user");
    assert.equal(administer("create-bucket", "--bucket", "backup", "--owner", keys.access).status, 0);

    cluster.kubectl(["apply", "--server-side", "-f", "-"], ofKind("CustomResourceDefinition"));
    cluster.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd/restores.velero.io"]);
    for (const name of [namespace, "rdm"]) cluster.kubectl(["create", "namespace", name]);
    const own = objects
      .filter((one) => one.namespace === namespace && one.kind === "ConfigMap")
      .map(({ manifest }) => manifest);
    const locations = ofKind("BackupStorageLocation").map((one) => ({
      ...one,
      spec: {
        ...(at(one, "spec") as object),
        config: { ...(at(one, "spec", "config") as object), s3Url: store.endpoint },
      },
    }));
    // A restore reads the Deployment. No pod of it runs: the server is on this machine.
    const idle = ofKind("Deployment").map((one) => ({ ...one, spec: { ...(at(one, "spec") as object), replicas: 0 } }));
    const accounts = ofKind("ServiceAccount", "ClusterRoleBinding", "Role", "RoleBinding", "ConfigMap");
    cluster.kubectl(["apply", "--server-side", "-f", "-"], [...accounts, ...own, ...locations, ...idle]);

    // As the pod: its account, its arguments and its variables, with the store of this machine.
    const [container] = list(at(ofKind("Deployment")[0], "spec", "template", "spec", "containers"));
    const account = text(at(ofKind("Deployment")[0], "spec", "template", "spec", "serviceAccountName")) ?? "";
    const token = cluster.kubectl(["create", "token", account, "-n", namespace]).out.trim();
    const config = JSON.parse(cluster.kubectl(["config", "view", "--raw", "--minify", "-o", "json"]).out) as {
      users: object[];
    };
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(
      kubeconfig,
      JSON.stringify({ ...config, users: config.users.map((user) => ({ ...user, user: { token } })) }),
    );
    mkdirSync(join(folder, "plugins"));
    copyFileSync(plugin, join(folder, "plugins", "velero-plugin-for-aws"));
    run("chmod", ["755", join(folder, "plugins", "velero-plugin-for-aws")]);
    const here = [
      "--plugin-dir",
      join(folder, "plugins"),
      "--metrics-address",
      "127.0.0.1:0",
      "--profiler-address",
      "127.0.0.1:0",
    ];
    velero = spawn(server, [...list(at(container, "args")).map(String), ...here], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        KUBECONFIG: kubeconfig,
        VELERO_NAMESPACE: namespace,
        VELERO_SCRATCH_DIR: folder,
        AWS_ACCESS_KEY_ID: keys.access,
        AWS_SECRET_ACCESS_KEY: keys.secret,
      },
    });
    for (const stream of [velero.stdout, velero.stderr])
      stream?.on("data", (part: Buffer) => (said += part.toString()));
  });
  after(() => {
    // Missing where this was skipped. Velero removes the finalizer of each Restore.
    const made = cluster as Cluster | undefined;
    if (velero !== undefined)
      made?.kubectl(["delete", "restores.velero.io", "--all", "-n", namespace, "--timeout=60s"]);
    velero?.kill("SIGKILL");
    (store as Store | undefined)?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
    made?.kubectl(["delete", "namespace", "rdm", "rdm-restored", namespace, "--ignore-not-found", "--timeout=120s"]);
    made?.kubectl([
      "delete",
      "clusterrolebinding",
      "--selector",
      "app.kubernetes.io/name=velero",
      "--ignore-not-found",
    ]);
  });

  it("finds the storage location available", async () => {
    await eventually(120, () =>
      assert.equal(phase("backupstoragelocation", "default"), "Available", said.slice(-3000)),
    );
  });

  it("copies the objects of a namespace by its Schedule, without Secrets, into the folder of the stack", async () => {
    const metadata = (name: string) => ({ name, namespace: "rdm" });
    cluster.kubectl(
      ["apply", "-f", "-"],
      [
        { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("settings"), data: { title: "reference data" } },
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: metadata("password"),
          stringData: { password: "hunter2-of-rdm" },
        },
        {
          ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: metadata("data") },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    );
    create("Backup", "rdm-1", at(schedule().manifest, "spec", "template") as object);
    assert.equal(await ends("backups.velero.io", "rdm-1"), "Completed", said.slice(-3000));
    const files = stored("velero", "velero-snapshots", "backups", "rdm-1");
    assert.ok(files.includes("rdm-1.tar.gz"), files.join());
    const archive = gunzipSync(
      spawnSync("cat", [join(store.objects, "backup/velero/velero-snapshots/backups/rdm-1/rdm-1.tar.gz")], {
        maxBuffer: 2 ** 28,
      }).stdout,
    ).toString("latin1");
    assert.ok(archive.includes("reference data"));
    assert.ok(
      !archive.includes("hunter2-of-rdm") && !archive.includes(Buffer.from("hunter2-of-rdm").toString("base64")),
    );
  });

  it("restores them beside the namespace, and after its loss", async () => {
    create("Restore", "beside", { backupName: "rdm-1", namespaceMapping: { rdm: "rdm-restored" } });
    assert.equal(await ends("restores.velero.io", "beside"), "Completed", said.slice(-3000));
    const title = (name: string) => at(cluster.get(["configmap", "settings", "-n", name])[0], "data", "title");
    assert.equal(title("rdm-restored"), "reference data");
    cluster.kubectl(["delete", "namespace", "rdm-restored", "--wait=false"]);

    cluster.kubectl(["delete", "namespace", "rdm", "--timeout=60s"]);
    create("Restore", "lost", { backupName: "rdm-1" });
    assert.equal(await ends("restores.velero.io", "lost"), "Completed", said.slice(-3000));
    assert.equal(title("rdm"), "reference data");
    assert.equal(cluster.get(["pvc", "data", "-n", "rdm"]).length, 1);
    assert.equal(cluster.get(["secret", "password", "-n", "rdm"]).length, 0);
  });

  it("knows the backups of the store in an empty cluster", async () => {
    cluster.kubectl(["delete", "backups.velero.io", "rdm-1", "-n", namespace]);
    await eventually(180, () => assert.equal(phase("backups.velero.io", "rdm-1"), "Completed", said.slice(-2000)));
  });
});
