// An application with a database, a bucket and a volume, in containers: it loses its pods, and then its data, and gets both back. The
// Jobs of backups run as the stack deploys them, and restores by the command that an operator types.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubernetesObject, Printed } from "../cluster/cluster.ts";
import { run } from "../cluster/cluster.ts";
import { root } from "../stacks.ts";
import { startNode } from "./node.ts";
import type { RealNode } from "./node.ts";
import { administrator, server, serverImage, startServer } from "./outside.ts";
import { imagesOf, NodeStack } from "./stack.ts";

describe("an application and its backups on a real node", function () {
  this.timeout(900_000);
  let node: RealNode;
  let deployed: NodeStack;
  let folder: string;
  /** The stack's file, with the context of the node. */
  let file: string;

  before("start the node", async function () {
    this.timeout(7_200_000);
    folder = mkdtempSync(join(tmpdir(), "groundplan-node-backup-"));
    file = join(folder, "Pulumi.wiki.yaml");
    const settings = readFileSync(join(import.meta.dirname, "wiki.yaml"), "utf8");
    writeFileSync(file, settings);
    const stack = { name: "wiki", file };
    node = await startNode(this, async () => new Map([...(await imagesOf(stack, () => true)), serverImage()]));
    const context = node.kubectl(["config", "current-context"]).out.trim();
    writeFileSync(file, settings.replace("context: real-node", `context: ${context}`));
    startServer(node);
    deployed = await NodeStack.of(node, { ...stack, secrets: { postgres: administrator } });
  });
  after(() => {
    node?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a script in the wiki's container. */
  const inWiki = (script: string): Printed =>
    node.kubectl(["exec", "deployment/wiki", "-n", "wiki", "--", "bash", "-c", `set -eu\n${script}`]);

  /** A bucket by the variables that the container has. */
  const rclone = (args: string) =>
    `rclone --config /dev/null --s3-provider Other --s3-env-auth --s3-no-check-bucket --s3-endpoint "$AWS_ENDPOINT_URL_S3" --retries 1 ${args}`;

  /** What the database, the bucket and the volume have. */
  const data = (): string[] => [
    inWiki('psql -tAc "SELECT text FROM pages"').out.trim(),
    inWiki(rclone('cat ":s3:$S3_BUCKET/first"')).out.trim(),
    inWiki("cat /data/first").out.trim(),
  ];

  /** Runs the Job of a CronJob, and waits for its end. */
  function backup(namespace: string, cronJob: string): void {
    const name = `${cronJob}-now`.slice(0, 63);
    node.kubectl(["create", "job", name, `--from=cronjob/${cronJob}`, "-n", namespace]);
    try {
      node.kubectl(["wait", "--for=condition=complete", `job/${name}`, "-n", namespace, "--timeout=180s"]);
    } catch (error) {
      const { out } = node.kubectl(["logs", `job/${name}`, "-n", namespace, "--all-containers"]);
      throw new Error(`${String(error)}\n${out}`, { cause: error });
    }
  }

  /** The command of restores, as an operator runs it. */
  const restore = (...args: string[]): Printed =>
    run("node", [join(root, "plan/restore/restore.ts"), "--stack", "wiki", "--settings", file, ...args], {
      env: { KUBECONFIG: node.kubeconfig },
      limit: 600,
    });

  const filesJob = () =>
    node
      .get<KubernetesObject>(["cronjobs", "-n", "wiki"])
      .find(({ metadata }) => metadata.name.startsWith("backup-files"))?.metadata.name ??
    assert.fail("no CronJob for the files");

  it("starts whole: the object store, the Jobs of buckets and the database, and the application", () => {
    const since = Date.now();
    deployed.bring(() => true);
    node.kubectl(["rollout", "status", "deployment/wiki", "-n", "wiki", "--timeout=180s"]);
    node.tell("the stack runs", since);
  });

  it("lets the application to its database, its bucket and its volume by its environment alone", () => {
    inWiki("psql -qc \"CREATE TABLE pages (text text); INSERT INTO pages VALUES ('first')\"");
    inWiki(`echo first | ${rclone('rcat ":s3:$S3_BUCKET/first"')}`);
    inWiki("echo first > /data/first");
    assert.deepEqual(data(), ["first", "first", "first"]);
  });

  it("keeps it away from another's bucket, and strangers away from the store", () => {
    assert.throws(() => inWiki(rclone('lsf ":s3:backup"')), /AccessDenied/);
    const connect = "timeout 5 bash -c '</dev/tcp/object-store.object-store.svc.cluster.local/7070'";
    inWiki(connect);
    const stranger = ["exec", `deployment/${server.name}`, "-n", server.namespace, "--", "bash", "-c", connect];
    assert.throws(() => node.kubectl(stranger));
  });

  it("goes on with all data after the death of every pod", () => {
    const since = Date.now();
    for (const namespace of ["wiki", "object-store"])
      node.kubectl(["delete", "pods", "--all", "-n", namespace, "--force", "--grace-period=0"]);
    node.kubectl(["rollout", "status", "statefulset/object-store", "-n", "object-store", "--timeout=180s"]);
    node.kubectl(["rollout", "status", "deployment/wiki", "-n", "wiki", "--timeout=180s"]);
    node.tell("the pods are back", since);
    assert.deepEqual(data(), ["first", "first", "first"]);
  });

  it("is backed up, and the list of restores shows it", () => {
    const since = Date.now();
    backup("backup", "dump-wiki");
    backup("backup", "backup-roles");
    backup("wiki", filesJob());
    node.tell("three backups", since);
    const { out } = restore();
    for (const line of [/^\/postgresql\/wiki\.dump +1 snapshot, /m, /^\/claims\/wiki\/wiki-data +1 snapshot, /m])
      assert.match(out, line);
  });

  it("has its rows again after a restore by the command", () => {
    inWiki("psql -qc \"DELETE FROM pages; INSERT INTO pages VALUES ('lost')\"");
    const since = Date.now();
    restore("--database", "wiki", "--confirm");
    node.kubectl(["rollout", "status", "deployment/wiki", "-n", "wiki", "--timeout=180s"]);
    node.tell("the database is restored", since);
    assert.deepEqual(data(), ["first", "first", "first"]);
  });

  it("has its files again after a restore by the command, on the restored volume", () => {
    const volume = () =>
      node.kubectl(["get", "pvc", "wiki-data", "-n", "wiki", "-o", "jsonpath={.spec.volumeName}"]).out;
    const before = volume();
    inWiki("rm /data/first; touch /data/lost");
    const since = Date.now();
    restore("--claim", "wiki/wiki-data", "--confirm");
    node.kubectl(["rollout", "status", "deployment/wiki", "-n", "wiki", "--timeout=180s"]);
    node.tell("the files are restored", since);
    assert.deepEqual(data(), ["first", "first", "first"]);
    assert.equal(inWiki("ls /data").out.trim(), "first");
    assert.notEqual(volume(), before);
  });

  it("proves its backups by the drill", () => {
    const since = Date.now();
    backup("backup", "drill-wiki");
    node.tell("the drill", since);
  });
});
