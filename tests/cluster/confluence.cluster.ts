// Confluence as a cluster on a real API server with its controllers: the move of a home, the order of the nodes, and real Hazelcasts in
// their place, which find each other with the nodes' variables and service account. Confluence itself is not here.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { stackNamed } from "../stacks.ts";
import { eventually, skip, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { Deployment } from "./deployment.ts";
import { hazelcastVersions, Members, whyNoMembers } from "./hazelcast.ts";
import type { Account, HazelcastVersion, MemberPod } from "./hazelcast.ts";
import { withRealAuthority } from "./real-authority.ts";

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

interface Pod extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & { readonly creationTimestamp: string };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly containers: readonly { readonly env: readonly Variable[] }[];
  };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
  };
}

const moved = withRealAuthority(stackNamed("confluence-moved"));
const namespace = "prd-lan-coolcorp";
const service = "svc-confluence-nodes";

describe("Confluence on a cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let deployment: Deployment;
  let mayWipe = false;
  const members = new Members();

  before(async function () {
    cluster = await useCluster(this);
    deployment = await Deployment.of(cluster, {
      ...moved,
      set: [...(moved.set ?? []), "confluence.replicas=2", "confluence.cluster.setupFinished=true"],
    });
    mayWipe = true;
  });
  after(async () => {
    await members.remove();
    if (mayWipe) deployment.wipe();
  });

  const nodes = () =>
    cluster
      .get<Pod>(["pods", "--namespace", namespace, "--selector", "app.kubernetes.io/component=app"])
      .filter(({ metadata }) => metadata.name.startsWith("sts-confluence-"))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const readySince = ({ status }: Pod) => {
    const condition = status.conditions?.find(({ type }) => type === "Ready");
    return condition?.status === "True" ? Date.parse(condition.lastTransitionTime) : undefined;
  };

  /** Waits until both nodes are ready. */
  const settled = () =>
    eventually(90, () => {
      const found = nodes();
      assert.deepEqual(
        found.map((pod) => [pod.metadata.name, readySince(pod) !== undefined]),
        [0, 1].map((node) => [`sts-confluence-${node}`, true]),
      );
      return found as [Pod, Pod];
    });

  it("is accepted as a whole, without a warning", () => {
    assert.deepEqual(deployment.apply(), []);
  });

  it("starts the second node once the first is ready, and no pod of the old Deployment", async () => {
    const [first, second] = await settled();
    assert.ok(Date.parse(second.metadata.creationTimestamp) >= (readySince(first) ?? Infinity));
    const [alone] = cluster.get<KubernetesObject & { readonly status: { readonly replicas?: number } }>([
      ...["deployment", "dep-confluence", "--namespace", namespace],
    ]);
    assert.equal(alone?.status.replicas ?? 0, 0);
  });

  it("gives the nodes' account one right of this namespace: to get the Endpoints of its Service", () => {
    const account = `--as=system:serviceaccount:${namespace}:sts-confluence`;
    const can = (...args: string[]) => {
      try {
        return cluster.kubectl(["auth", "can-i", ...args, "--namespace", namespace, account]).out.trim();
      } catch {
        return "no";
      }
    };
    assert.equal(can("get", `endpoints/${service}`), "yes");
    for (const [verb = "", object = ""] of [
      ["list", "endpoints"],
      ["get", "endpoints/svc-confluence"],
      ["get", "pods"],
      ["list", "pods"],
      ["get", "secrets"],
      ["get", "endpointslices.discovery.k8s.io"],
    ])
      assert.equal(can(verb, object), "no", `${verb} ${object}`);
  });

  it("lists a node that is not ready for the others, but not for users", async () => {
    const [first] = await settled();
    const unready = { status: { conditions: [{ type: "Ready", status: "False", reason: "Starting" }] } };
    const patch = ["--subresource=status", "--patch", JSON.stringify(unready)];
    cluster.kubectl(["patch", "pod", first.metadata.name, "--namespace", namespace, ...patch]);
    type Endpoints = KubernetesObject & { readonly subsets?: readonly { addresses?: readonly { ip: string }[] }[] };
    const isListed = (name: string) =>
      cluster
        .get<Endpoints>(["endpoints", name, "--namespace", namespace])
        .flatMap(({ subsets = [] }) => subsets.flatMap(({ addresses = [] }) => addresses))
        .some(({ ip }) => ip === first.status.podIP);
    await eventually(30, () => assert.ok(!isListed("svc-confluence")));
    assert.ok(isListed(service));
    cluster.kubectl(["delete", "pod", first.metadata.name, "--namespace", namespace, "--wait=false"]);
    await settled();
  });

  describe("Hazelcasts in the place of its nodes", () => {
    before(function () {
      const why = whyNoMembers();
      if (why !== undefined) skip(this, why);
    });
    afterEach(() => members.stop());

    /** A pod's address, variables and options, as a container in it would have them. */
    function memberOf({ metadata, spec, status }: Pod): MemberPod {
      const fields: Readonly<Record<string, string | undefined>> = { "metadata.namespace": metadata.namespace };
      const env = Object.fromEntries(
        (spec.containers[0]?.env ?? []).flatMap(({ name, value, valueFrom }) => {
          const known = value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ""];
          return known === undefined ? [] : [[name, known] as const];
        }),
      );
      const options = (env["JVM_SUPPORT_RECOMMENDED_ARGS"] ?? "").split(" ");
      return { address: status.podIP ?? "", env, options };
    }

    function accountOf({ spec }: Pod): Account {
      const view = (path: string) =>
        cluster.kubectl(["config", "view", "--raw", "--minify", "-o", `jsonpath={.clusters[0].cluster.${path}}`]).out;
      return {
        server: view("server"),
        authority: Buffer.from(view("certificate-authority-data"), "base64").toString(),
        token: cluster.kubectl(["create", "token", spec.serviceAccountName, "--namespace", namespace]).out,
      };
    }

    async function run(version: HazelcastVersion): Promise<void> {
      for (const pod of await settled()) await members.start(version, memberOf(pod), accountOf(pod));
    }

    for (const version of hazelcastVersions) {
      it(`${version}: find each other by the Endpoints`, async () => {
        await run(version);
        await eventually(60, () => assert.deepEqual(members.counted(), [2, 2]));
      });

      it(`${version}: stay apart without the Role, each as a cluster of its own`, async () => {
        const role = ["role", service, "--namespace", namespace];
        const [kept] = cluster.get(role);
        assert.ok(kept !== undefined);
        cluster.kubectl(["delete", ...role]);
        try {
          await run(version);
          await sleep(10_000);
          assert.deepEqual(members.counted(), [1, 1]);
        } finally {
          deployment.send(deployment.objects.filter(({ kind, name }) => kind === "Role" && name === service));
        }
      });
    }
  });
});
