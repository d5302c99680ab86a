import assert from "node:assert/strict";
import { at, list } from "../../../components/kit/unknown.ts";
import { consumersOf, jobOf, stoppedAnnotation } from "../../../plan/restore/manifest.ts";
import { listText, restoredNames, snapshotAt, snapshotsOf } from "../../../plan/restore/snapshots.ts";
import { plannedObjects } from "../../../plan/objects.ts";
import { recordStack, stackNamed } from "../../stacks.ts";

const snapshot = (id: string, time: string, path = "/postgresql/a.dump") => ({ id, time, paths: [path] });
const output = `${JSON.stringify([
  { ...snapshot("b2", "2026-11-20T01:15:00.5Z"), summary: { total_bytes_processed: 3 * 2 ** 29 } },
  snapshot("a1", "2026-11-19T01:15:00+01:00"),
  snapshot("c3", "2026-11-20T01:15:02Z", "/postgresql/roles.sql"),
])}\n`;

describe("a restore", () => {
  it("finds the last snapshot before a time", () => {
    const all = snapshotsOf(output);
    const found = (time: string) => snapshotAt(all, "/postgresql/a.dump", Date.parse(time))?.id;
    assert.equal(found("2026-11-20T03:00Z"), "b2");
    assert.equal(found("2026-11-20T01:15:00Z"), "a1");
    assert.equal(found("2026-11-19T00:14Z"), undefined);
  });

  it("lists each path with its number, its newest with age and size, and its oldest", () => {
    assert.equal(
      listText(snapshotsOf(output), Date.parse("2026-11-20T06:20:00Z")),
      [
        "/postgresql/a.dump  2 snapshots, the last of 2026-11-20T01:15Z (5 h old, 1.5Gi), the first of 2026-11-19T00:15Z",
        "/postgresql/roles.sql  1 snapshot, the last of 2026-11-20T01:15Z (5 h old), the first of 2026-11-20T01:15Z",
      ].join("\n"),
    );
    assert.equal(listText([], 0), "no snapshots");
  });

  it("gives the databases names that the scripts accept, whatever the database is called", () => {
    const names = restoredNames(
      { id: "0123456789ab", time: "2026-11-20T01:15:00Z" },
      `Odd-Name_${"x".repeat(60)}`,
      Date.parse("2026-11-21T08:00Z"),
    );
    for (const name of Object.values(names)) assert.match(name, /^[a-z0-9_]{1,58}$/);
    assert.equal(names.target, "restored_odd_name_xxxxxxxxxxxxxxx_20261120_0115_01234567");
    assert.equal(names.old, "before_odd_name_xxxxxxxxxxxxxxx_20261121_0800");
  });

  it("reads a repository in a shared folder, which takes the place of the bucket", async () => {
    const { resources, result } = await recordStack(stackNamed("midpoint-shared"));
    const objects = plannedObjects(resources);
    const cronJob = objects.find(({ name }) => name === "backup-check")?.manifest;
    const pod = at(jobOf(cronJob, "restore-1", "snapshots.sh", {}), "spec", "template", "spec");
    const claims = list(at(pod, "volumes")).flatMap((one) => at(one, "persistentVolumeClaim", "claimName") ?? []);
    assert.deepEqual(claims, ["backup-repository"]);
    assert.deepEqual(at(pod, "securityContext", "supplementalGroups"), [10001]);
    const [container] = list(at(pod, "containers"));
    const mounts = list(at(container, "volumeMounts")).map((one) => at(one, "mountPath"));
    assert.ok(mounts.includes("/repository"));
    const env = list(at(container, "env"));
    assert.ok(env.some((one) => at(one, "value") === "/repository/midpoint-shared"));
    assert.ok(!env.some((one) => at(one, "name") === "AWS_SECRET_ACCESS_KEY"));
    const volume = objects.find(({ kind, name }) => kind === "PersistentVolume" && name === "backup-backup-repository");
    assert.deepEqual(at(volume?.manifest, "spec", "nfs"), { server: "192.168.3.12", path: "/backup" });
    // The repository itself is no data that needs a backup.
    assert.ok(!result.ledger.data.some(({ data }) => data.includes("192.168.3.12")));
  });

  it("runs its scripts in the pod of the CronJob that makes the backups, with its image, Secrets and labels", async () => {
    const { resources } = await recordStack(stackNamed("prod"));
    const cronJob = plannedObjects(resources).find(({ name }) => name === "dump-keycloak")?.manifest;
    const job = jobOf(cronJob, "restore-1", "restore.sh", { SNAPSHOT: "abc", TARGET: "r$x", STACK: "other" });
    const template = (value: unknown) => at(value, "spec", "template");
    assert.deepEqual(at(template(job), "metadata"), at(cronJob, "spec", "jobTemplate", "spec", "template", "metadata"));
    const [container] = list(at(template(job), "spec", "containers"));
    assert.deepEqual(at(container, "command"), ["sh", "/scripts/restore.sh"]);
    const env = list(at(container, "env"));
    const named = (name: string) => env.filter((one) => at(one, "name") === name);
    assert.deepEqual(named("STACK"), [{ name: "STACK", value: "other" }]);
    assert.deepEqual(named("TARGET"), [{ name: "TARGET", value: "r$$x" }]);
    assert.equal(named("PGPASSWORD").length, 1);
    assert.equal(at(job, "spec", "backoffLimit"), 0);
  });

  it("finds the workloads whose pods may connect, with the replicas from before an interrupted restore", () => {
    const workload = (name: string, kind: string, labels: object, replicas: number, annotations = {}) => ({
      kind,
      metadata: { name, namespace: "auth", annotations },
      spec: { replicas, template: { metadata: { labels } } },
    });
    const all = [
      workload("keycloak", "StatefulSet", { app: "keycloak", more: "x" }, 2),
      workload("stopped", "Deployment", { app: "keycloak" }, 0, { [stoppedAnnotation]: "3" }),
      workload("off", "Deployment", { app: "keycloak" }, 0),
      workload("other", "Deployment", { app: "other" }, 1),
    ];
    const found = consumersOf(all, { kind: "pods", namespace: "auth", labels: { app: "keycloak" } });
    assert.deepEqual(
      found.map(({ name, replicas }) => [name, replicas]),
      [
        ["keycloak", 2],
        ["stopped", 3],
      ],
    );
    assert.deepEqual(consumersOf(all, { kind: "pods", namespace: "elsewhere" }), []);
  });
});
