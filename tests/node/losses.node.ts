// What an application, its database, its bucket and its volume lose with memory, space and power: nothing that was written.
import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../cluster/cluster.ts";
import type { KubernetesObject, Printed } from "../cluster/cluster.ts";
import { startNode } from "./node.ts";
import type { RealNode } from "./node.ts";
import { administrator, serverImage, startServer } from "./outside.ts";
import { imagesOf, NodeStack } from "./stack.ts";

const stack = { name: "wiki", file: join(import.meta.dirname, "wiki.yaml") };

interface Pod extends KubernetesObject {
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly lastState?: { readonly terminated?: { readonly reason: string } };
    }[];
  };
}

describe("what a stack loses on a real node", function () {
  this.timeout(900_000);
  let node: RealNode;

  before("start the node", async function () {
    this.timeout(7_200_000);
    node = await startNode(this, async () => new Map([...(await imagesOf(stack, () => true)), serverImage()]));
    startServer(node);
    const deployed = await NodeStack.of(node, { ...stack, secrets: { postgres: administrator } });
    deployed.bring(() => true);
    node.kubectl(["rollout", "status", "deployment/wiki", "-n", "wiki", "--timeout=180s"]);
    inWiki("psql -qc \"CREATE TABLE pages (text text); INSERT INTO pages VALUES ('first')\"");
    inWiki(`echo first | ${rclone('rcat ":s3:$S3_BUCKET/first"')}; echo first > /data/first`);
  });
  after(() => node?.stop());

  /** Runs a script in the wiki's container. */
  const inWiki = (script: string): Printed =>
    node.kubectl(["exec", "deployment/wiki", "-n", "wiki", "--", "bash", "-c", `set -eu\n${script}`]);

  /** A bucket by the variables that the container has. */
  const rclone = (args: string) =>
    `rclone --config /dev/null --s3-provider Other --s3-env-auth --s3-no-check-bucket --s3-endpoint "$AWS_ENDPOINT_URL_S3" --retries 1 --low-level-retries 1 ${args}`;

  /** What the database, the bucket and the volume have. */
  const data = (): string[] => [
    inWiki('psql -tAc "SELECT text FROM pages"').out.trim(),
    inWiki(rclone('cat ":s3:$S3_BUCKET/first"')).out.trim(),
    inWiki("cat /data/first").out.trim(),
  ];

  /** The only container of a namespace's pods. */
  const container = (namespace: string) => {
    const pods = node.get<Pod>(["pods", "-n", namespace, "--field-selector=status.phase!=Succeeded"]);
    assert.equal(pods.length, 1, namespace);
    return pods[0]?.status.containerStatuses?.[0] ?? assert.fail(`no container in ${namespace}`);
  };

  it("a process that takes more memory than the limit ends, and the application goes on", async () => {
    // `tail` keeps a line whole, and this one never ends.
    assert.throws(() => inWiki("tail /dev/zero"), /: 137\n|exit code 137/);
    await eventually(60, () => assert.ok(container("wiki").ready));
    assert.deepEqual(data(), ["first", "first", "first"]);
  });

  it("the loss of power: every pod is back by itself, with all data", async () => {
    const namespaces = ["wiki", "object-store", "server"];
    const before = namespaces.map((namespace) => container(namespace).restartCount);
    const since = Date.now();
    node.restart();
    await eventually(280, () => {
      const now = namespaces.map(container);
      assert.ok(
        now.every(({ ready, restartCount }, index) => ready && restartCount > (before[index] ?? 0)),
        JSON.stringify(now),
      );
    });
    node.tell("the pods are back", since);
    const { out } = await eventually(60, () => inWiki("echo there"));
    assert.equal(out.trim(), "there");
    assert.deepEqual(await eventually(60, data), ["first", "first", "first"]);
  });

  it("a full claim: the store refuses what does not fit, serves what it has, also after a restart, and goes on with more space", async () => {
    const claim = node.kubectl(["get", "pvc", "-n", "object-store", "-o", "jsonpath={.items[0].spec.volumeName}"]).out;
    const volume = join(node.volumes, claim);
    const scale = (replicas: number) => {
      const to = `--replicas=${replicas}`;
      node.kubectl(["scale", "statefulset/object-store", "-n", "object-store", to]);
      node.kubectl(["rollout", "status", "statefulset/object-store", "-n", "object-store", "--timeout=180s"]);
    };
    scale(0);
    node.inside(["bash", "-c", fillScript, "bash", volume]);
    scale(1);
    assert.throws(() => inWiki(`head -c 12M /dev/zero | ${rclone('rcat ":s3:$S3_BUCKET/large"')}`));
    assert.deepEqual(await eventually(60, data), ["first", "first", "first"]);
    node.kubectl(["delete", "pod", "object-store-0", "-n", "object-store", "--force", "--grace-period=0"]);
    node.kubectl(["rollout", "status", "statefulset/object-store", "-n", "object-store", "--timeout=180s"]);
    assert.deepEqual(await eventually(60, data), ["first", "first", "first"]);
    node.inside(["mount", "-o", "remount,size=64m", volume]);
    inWiki(`head -c 12M /dev/zero | ${rclone('rcat ":s3:$S3_BUCKET/large"')}`);
    assert.match(inWiki(rclone('size ":s3:$S3_BUCKET/large"')).out, /12 MiB/);
  });
});

/** Puts a volume of 8 MiB in place of a folder, with its content. */
const fillScript = `set -eu
mkdir "$1.before"
cp -a "$1/." "$1.before"
mount -t tmpfs -o size=8m tmpfs "$1"
cp -a "$1.before/." "$1"
chown --reference="$1.before" "$1"
chmod --reference="$1.before" "$1"
`;
