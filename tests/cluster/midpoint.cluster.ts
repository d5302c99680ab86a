// midPoint's nodes on a real API server with its controllers: their order, their claims, their keystore. No container runs, so
// nothing here says that midPoint starts.
import assert from "node:assert/strict";
import { keyIdentifier } from "../../components/midpoint/keystore.ts";
import { readKeystore } from "../../components/midpoint/keystore-reader.ts";
import { known } from "../midpoint/fakes.ts";
import { stackNamed } from "../stacks.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { Deployment } from "./deployment.ts";

interface Pod extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & { readonly creationTimestamp: string };
  readonly spec: {
    readonly containers: readonly {
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    }[];
    readonly volumes: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
  };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
  };
}

interface Claim extends KubernetesObject {
  readonly spec: { readonly volumeName?: string };
  readonly status: { readonly phase: string };
}

const example = stackNamed("midpoint");

describe("midPoint on a cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let deployment: Deployment;
  let mayWipe = false;
  let bound: Claim[] = [];

  before(async function () {
    cluster = await useCluster(this);
    deployment = await Deployment.of(cluster, example);
    mayWipe = true;
  });
  after(() => mayWipe && deployment.wipe());

  const nodes = () =>
    cluster
      .get<Pod>(["pods", "--namespace", "mp-demo", "--selector", "app=mp-pg-demo"])
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const readySince = ({ status }: Pod) => {
    const condition = status.conditions?.find(({ type }) => type === "Ready");
    return condition?.status === "True" ? Date.parse(condition.lastTransitionTime) : undefined;
  };
  const claims = () =>
    deployment.all<Claim>("persistentvolumeclaims").filter(({ metadata }) => /^mp-home-|^shared$/.test(metadata.name));
  const names = (count: number) => Array.from({ length: count }, (_, index) => `mp-pg-demo-${index}`);

  /** Waits until exactly these nodes are there and ready. */
  async function settled(count: number): Promise<Pod[]> {
    return eventually(90, () => {
      const found = nodes();
      assert.deepEqual(
        found.map(({ metadata }) => metadata.name),
        names(count),
      );
      for (const pod of found) assert.ok(readySince(pod) !== undefined, `${pod.metadata.name} is not ready`);
      return found;
    });
  }

  it("is accepted as a whole, without a warning, and by Pod Security `restricted`", () => {
    assert.deepEqual(deployment.apply(), []);
    const [namespace] = cluster.get(["namespace", "mp-demo"]);
    assert.equal(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"], "restricted");
  });

  it("M22: two nodes start, the second once the first is ready", async () => {
    const [first, second] = await settled(2);
    assert.ok(first !== undefined && second !== undefined);
    assert.ok(Date.parse(second.metadata.creationTimestamp) >= (readySince(first) ?? Infinity));
  });

  it("M06: every node mounts the keystore's Secret at its place, and the Secret holds a keystore that opens", async () => {
    for (const { spec } of nodes()) {
      assert.deepEqual(
        spec.volumes.find(({ name }) => name === "keystore"),
        { name: "keystore", secret: { secretName: "mp-demo-keystore", defaultMode: 420 } },
      );
      const [mount] = spec.containers.flatMap(({ volumeMounts }) =>
        volumeMounts.filter(({ mountPath }) => mountPath === "/opt/midpoint/mount-keystore"),
      );
      assert.equal(mount?.name, "keystore");
    }
    const [secret] = cluster.get<KubernetesObject & { readonly data: Record<string, string> }>([
      ...["secret", "mp-demo-keystore", "--namespace", "mp-demo"],
    ]);
    const file = (key: string) => Buffer.from(secret?.data[key] ?? "", "base64");
    const entries = readKeystore(file("keystore.jceks"), file("keystore").toString());
    // The stack's own CA is trusted, too.
    assert.deepEqual(
      entries.map(({ alias, kind }) => [alias, kind]),
      [
        ["default", "secret key"],
        ["own-1", "trusted certificate"],
      ],
    );
    const [key] = entries;
    assert.ok(key?.kind === "secret key");
    const { midpointKeys } = deployment.result.outputs;
    assert.ok(midpointKeys?.["default"] !== undefined);
    assert.equal(await known(midpointKeys["default"]), keyIdentifier(key.key));
  });

  it("has a claim for each node and one for all, all of them bound", async () => {
    bound = await eventually(60, () => {
      const found = claims();
      assert.deepEqual(
        found.map(({ metadata, status }) => [metadata.name, status.phase]).sort(),
        [...names(2).map((name) => `mp-home-${name}`), "shared"].map((name) => [name, "Bound"]),
      );
      return found;
    });
    const common = bound.find(({ metadata }) => metadata.name === "shared");
    assert.equal(common?.spec.volumeName, "mp-demo-shared");
  });

  it("M22: scaled to three and down to one, the highest numbers go first and every claim stays", async () => {
    const scale = (count: number) =>
      cluster.kubectl(["scale", "statefulset/mp-pg-demo", "--namespace", "mp-demo", `--replicas=${count}`]);
    scale(3);
    await settled(3);
    scale(1);
    await settled(1);
    const left = claims().map(({ metadata, spec, status }) => [metadata.name, spec.volumeName, status.phase]);
    assert.equal(left.length, 4);
    assert.ok(left.every(([, volume, phase]) => volume !== undefined && phase === "Bound"));
    for (const { metadata, spec } of bound)
      assert.ok(left.some(([name, volume]) => name === metadata.name && volume === spec.volumeName));
    scale(2);
    await settled(2);
  });
});
