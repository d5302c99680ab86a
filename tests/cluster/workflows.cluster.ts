// Argo Workflows on a real API server and scheduler: what its accounts may do, where pods go, and what is refused. No container
// runs: the test creates the pods that the controller would, with the controller's account.
import assert from "node:assert/strict";
import { parse } from "yaml";
import { at, record, records } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { stackNamed } from "../stacks.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { chartAtHand, createDefinitions, Deployment } from "./deployment.ts";
import type { ClusterStack } from "./deployment.ts";

interface Pod extends KubernetesObject {
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly conditions?: readonly { type: string; status: string; reason?: string }[] };
}

const stack: ClusterStack = {
  ...stackNamed("workflows"),
  secrets: { "db-admin": "s", registry: "s" },
};

const node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: "groundplan-processing",
    labels: {
      "kubernetes.io/os": "linux",
      "kubernetes.io/hostname": "groundplan-processing",
      "node-group": "processing",
    },
  },
  spec: { taints: [{ key: "node-group", value: "processing", effect: "NoSchedule" }] },
  status: Object.fromEntries(
    ["allocatable", "capacity"].map((name) => [name, { cpu: "16", memory: "64Gi", pods: "110" }]),
  ),
};

const account = (namespace: string, name: string) => `--as=system:serviceaccount:${namespace}:${name}`;
const controller = account("argo-system", "argo-workflows-workflow-controller");

describe("Argo Workflows on a cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let deployment: Deployment;
  let mayWipe = false;

  before(async function () {
    cluster = await useCluster(this);
    deployment = await Deployment.of(cluster, stack);
    if (
      deployment.releases.some((release) => release.chart === "argo-workflows" && chartAtHand(release) === undefined)
    ) {
      console.log("    skipped: helm or the chart argo-workflows is not at hand");
      this.skip();
    }
    mayWipe = true;
    cluster.kubectl(["apply", "-f", "-"], [node]);
    // The API server drops the status of a node that is created.
    cluster.kubectl([
      "patch",
      "node",
      node.metadata.name,
      "--subresource=status",
      "--patch",
      JSON.stringify({ status: node.status }),
    ]);
  });
  after(() => {
    if (!mayWipe) return;
    cluster.kubectl(["uncordon", "--selector", "!none"]);
    deployment.wipe();
    cluster.kubectl(["delete", "node", node.metadata.name, "--ignore-not-found"]);
  });

  it("is accepted without a warning: namespaces, accounts, policy, the chart, and templates after it", () => {
    const own = (component: string, namespace = "") =>
      ["namespaces", "workflows"].includes(component) || ["argo", "argo-system"].includes(namespace);
    const monitors = deployment.releases.find(({ chart }) => chart === "prometheus-operator-crds");
    assert.ok(monitors);
    createDefinitions(cluster, monitors);
    const said = deployment.steps.flatMap(({ objects, releases }) => [
      // Kinds of other charts are not installed here.
      ...deployment.send(
        objects.filter(
          ({ apiVersion, component, namespace }) =>
            own(component, namespace) && !/cert-manager|konghq/.test(apiVersion),
        ),
      ),
      ...releases.filter(({ chart }) => chart === "argo-workflows").flatMap((release) => deployment.install(release)),
    ]);
    assert.deepEqual(said, []);
    const [template] = cluster.get(["workflowtemplates.argoproj.io", "mosaic", "--namespace", "argo"]);
    assert.equal(template?.metadata.name, "mosaic");
  });

  /** The defaults of workflows as the controller reads them. */
  function defaults(): { readonly spec: Data; readonly main: Data; readonly executor: Data } {
    const [map] = cluster.get<KubernetesObject & { readonly data: Record<string, string> }>([
      ...["configmap", "argo-workflows-workflow-controller-configmap", "--namespace", "argo-system"],
    ]);
    const config: unknown = parse(map?.data["config"] ?? "");
    return {
      spec: record(at(config, "workflowDefaults", "spec")),
      main: record(at(config, "mainContainer")),
      executor: record(at(config, "executor")),
    };
  }

  /** The pod of a step (Argo Workflows 4.0, `createWorkflowPod`). */
  function step(name: string, more: Data = {}, container: Data = {}): Data {
    const { executor, main, spec } = defaults();
    const { imagePullSecrets, nodeSelector, securityContext, serviceAccountName, tolerations } = spec;
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "argo", labels: { "workflows.argoproj.io/workflow": "test" } },
      spec: {
        restartPolicy: "Never",
        ...{
          automountServiceAccountToken: false,
          imagePullSecrets,
          nodeSelector,
          securityContext,
          serviceAccountName,
          tolerations,
        },
        volumes: [{ name: "exec-sa-token", secret: { secretName: "workflow.service-account-token" } }],
        containers: [
          { ...executor, name: "wait", image: "quay.io/argoproj/argoexec:v4.0.6" },
          { ...main, name: "main", image: "docker.io/library/busybox:1.37.0", command: ["true"], ...container },
        ],
        ...more,
      },
    };
  }

  const create = (pod: Data) => cluster.kubectl(["create", controller, "-f", "-"], [pod]);
  const pods = (namespace: string, ...args: string[]) => cluster.get<Pod>(["pods", "--namespace", namespace, ...args]);
  const unschedulable = ({ status }: Pod) => status.conditions?.find(({ type }) => type === "PodScheduled")?.reason;

  it("a workflow's pod passes Pod Security, and lands on the node for processing", async () => {
    const [namespace] = cluster.get(["namespace", "argo"]);
    assert.equal(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"], "restricted");
    assert.doesNotMatch(create(step("first")).err, /Warning/);
    await eventually(30, () => assert.equal(pods("argo", "first")[0]?.spec.nodeName, node.metadata.name));
  });

  it("waits for one where there is none free, and does not go to the platform's", async () => {
    cluster.kubectl(["cordon", node.metadata.name]);
    create(step("second"));
    await eventually(30, () => {
      const [pod] = pods("argo", "second");
      assert.ok(pod);
      assert.deepEqual([pod.spec.nodeName, unschedulable(pod)], [undefined, "Unschedulable"]);
    });
    cluster.kubectl(["uncordon", node.metadata.name]);
    await eventually(60, () => assert.equal(pods("argo", "second")[0]?.spec.nodeName, node.metadata.name));
  });

  it("the platform's pods are on the platform's nodes, and wait where none of these is free", async () => {
    const server = ["--selector", "app.kubernetes.io/name=argo-workflows-server"];
    const placed = pods("argo-system", ...server).map(({ spec }) => spec.nodeName);
    assert.equal(placed.length, 2);
    assert.ok(!placed.includes(node.metadata.name) && !placed.includes(undefined));
    const platform = cluster
      .get(["nodes", "--selector", "system-tag=world-cereal-system"])
      .map(({ metadata }) => metadata.name);
    cluster.kubectl(["cordon", ...platform]);
    cluster.kubectl(["scale", "deployment/argo-workflows-server", "--namespace", "argo-system", "--replicas=3"]);
    await eventually(30, () => {
      const waiting = pods("argo-system", ...server).filter(({ spec }) => spec.nodeName === undefined);
      assert.deepEqual(waiting.map(unschedulable), ["Unschedulable"]);
    });
    cluster.kubectl(["uncordon", ...platform]);
  });

  const token = "workflows-admin.service-account-token";
  const refused: readonly (readonly [what: string, pod: () => Data, why: RegExp])[] = [
    ["on any node", () => step("bad", { nodeSelector: undefined }), /must contain node-group=processing/],
    [
      "on the platform's nodes",
      () => step("bad", { nodeSelector: { "system-tag": "world-cereal-system" } }),
      /must contain/,
    ],
    ["on a node by its name", () => step("bad", { nodeName: "system-0" }), /cannot choose a node by its name/],
    [
      "with the platform's priority",
      () => step("bad", { priorityClassName: "groundplan-workflows-platform" }),
      /priority must be below 10000/,
    ],
    [
      "with an administrator's account",
      () => step("bad", { serviceAccountName: "workflows-admin" }),
      /cannot use the accounts/,
    ],
    [
      "with an administrator's token",
      () => step("bad", { volumes: [{ name: "t", secret: { secretName: token } }] }),
      /cannot mount the tokens/,
    ],
    [
      "with a projected token",
      () => step("bad", { volumes: [{ name: "t", projected: { sources: [{ secret: { name: token } }] } }] }),
      /cannot mount the tokens/,
    ],
    [
      "with an administrator's token in a variable",
      () => step("bad", {}, { env: [{ name: "T", valueFrom: { secretKeyRef: { name: token, key: "token" } } }] }),
      /cannot read the tokens/,
    ],
    [
      "with a token in its variables",
      () => step("bad", {}, { envFrom: [{ secretRef: { name: token } }] }),
      /cannot read the tokens/,
    ],
    ["that is privileged", () => step("bad", {}, { securityContext: { privileged: true } }), /violates PodSecurity/],
    [
      "beyond the quota",
      () => step("bad", {}, { resources: { requests: { cpu: "300", memory: "1Gi" }, limits: { memory: "1Gi" } } }),
      /exceeded quota/,
    ],
  ];
  for (const [what, pod, why] of refused)
    it(`a workflow's pod is refused ${what}`, () => {
      assert.throws(() => create(pod()), why);
    });

  it("a container without requests and limits gets those of the settings", () => {
    const pod = step("third", {}, { resources: undefined });
    create(pod);
    const [made] = cluster.get<KubernetesObject & { readonly spec: Data }>(["pod", "third", "--namespace", "argo"]);
    const main = records(made?.spec["containers"]).find(({ name }) => name === "main");
    assert.deepEqual(main?.["resources"], { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } });
  });

  const rights: readonly (readonly [who: string, verb: string, what: string, namespace: string, may: boolean])[] = [
    [controller, "create", "pods", "argo", true],
    [controller, "patch", "workflows.argoproj.io", "argo", true],
    [controller, "create", "pods", "sysdb", false],
    [controller, "get", "secrets/workflows-bucket", "argo", false],
    [controller, "get", "secrets/workflows-database", "argo-system", true],
    [controller, "create", "leases.coordination.k8s.io", "argo-system", true],
    [account("argo-system", "argo-workflows-server"), "get", `secrets/${token}`, "argo", true],
    [account("argo-system", "argo-workflows-server"), "list", "secrets", "argo", false],
    [account("argo-system", "argo-workflows-server"), "create", "workflows.argoproj.io", "argo", false],
    [account("argo", "workflow"), "create", "workflowtaskresults.argoproj.io", "argo", true],
    [account("argo", "workflow"), "get", "secrets/workflows-bucket", "argo", false],
    [account("argo", "workflow"), "create", "pods", "argo", false],
    [account("argo", "workflows-viewer"), "list", "workflows.argoproj.io", "argo", true],
    [account("argo", "workflows-viewer"), "create", "workflows.argoproj.io", "argo", false],
    [account("argo", "workflows-editor"), "create", "workflows.argoproj.io", "argo", true],
    [account("argo", "workflows-editor"), "update", "workflowtemplates.argoproj.io", "argo", false],
    [account("argo", "workflows-admin"), "update", "workflowtemplates.argoproj.io", "argo", true],
    [account("argo", "workflows-admin"), "list", "workflows.argoproj.io", "argo-system", false],
    [account("argo", "workflows-admin"), "create", "pods", "argo", false],
  ];
  it("accounts may do what they need, in their namespaces only", () => {
    const answers = rights.map(([who, verb, what, namespace]) => {
      const question = ["auth", "can-i", verb, what, "--namespace", namespace, who];
      try {
        return cluster.kubectl(question).out.trim() === "yes";
      } catch {
        // A no is an exit code.
        return false;
      }
    });
    assert.deepEqual(
      rights.map((row, index) => [...row.slice(0, 4), answers[index]]),
      rights,
    );
  });

  it("the token of an account that the server acts with opens its rights", async () => {
    const [secret] = await eventually(20, () => {
      const found = cluster.get<KubernetesObject & { readonly data?: Record<string, string> }>([
        ...["secret", "workflows-editor.service-account-token", "--namespace", "argo"],
      ]);
      assert.ok(found[0]?.data?.["token"]);
      return found;
    });
    const bearer = Buffer.from(secret?.data?.["token"] ?? "", "base64").toString();
    const { out } = cluster.kubectl([
      "auth",
      "whoami",
      `--token=${bearer}`,
      "-o",
      "jsonpath={.status.userInfo.username}",
    ]);
    assert.equal(out, "system:serviceaccount:argo:workflows-editor");
  });
});
