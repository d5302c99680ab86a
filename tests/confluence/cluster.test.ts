// Confluence as a cluster, as the stacks have it. tests/cluster/confluence.cluster.ts runs real Hazelcasts with them.
import assert from "node:assert/strict";
import { Confluence } from "../../components/confluence/confluence.ts";
import type { ConfluenceArgs } from "../../components/confluence/confluence.ts";
import { dataLoss } from "../../plan/compare/losses.ts";
import { comparePlans } from "../../plan/compare/comparison.ts";
import { savedPlan } from "../../plan/files.ts";
import { plannedIn, valueAtPath } from "../documents.ts";
import { planStack } from "../plans.ts";
import { recordStack, stackNamed, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { deployed } from "./fakes.ts";

const cluster = { sharedHome: { server: "nfs.example.org", path: "/confluence" }, movesHome: false } as const;
const clustered = (changes: Partial<ConfluenceArgs> = {}) => deployed(() => ({ cluster, replicas: 3, ...changes }));

const pod = "spec.template.spec";
const container = `${pod}.containers.0`;
const value = (body: unknown, name: string) => valueAtPath(body, `${container}.env.[name=${name}].value`);
const mount = (body: unknown, of: string, volume: string) =>
  valueAtPath(body, `${of}.volumeMounts.[name=${volume}].mountPath`);

describe("Confluence as a cluster", () => {
  it("has a home of its own for each node, and one that all share", async () => {
    const { find } = await clustered();
    const nodes = find("StatefulSet", "sts-confluence");
    assert.equal(valueAtPath(nodes, "spec.replicas"), 3);
    assert.equal(valueAtPath(nodes, "spec.podManagementPolicy"), "OrderedReady");
    assert.equal(valueAtPath(nodes, "spec.volumeClaimTemplates.0.spec.resources.requests.storage"), "8Gi");
    const data = "/var/atlassian/application-data";
    assert.equal(mount(nodes, container, "home"), `${data}/confluence`);
    assert.equal(mount(nodes, container, "shared-home"), `${data}/shared-home`);
    assert.deepEqual(
      valueAtPath(find("PersistentVolume", "wiki-pvc-confluence-shared"), "spec.nfs"),
      cluster.sharedHome,
    );
    assert.equal(find("Deployment", "dep-confluence"), undefined);
    assert.equal(find("PersistentVolumeClaim", "pvc-confluence-apps"), undefined);
  });

  it("shares a claim of a class for several nodes instead of a folder", async () => {
    const { find, ledger } = await clustered({ cluster: { sharedHome: { size: "50Gi" }, movesHome: false } });
    const claim = find("PersistentVolumeClaim", "pvc-confluence-shared");
    assert.deepEqual(valueAtPath(claim, "spec.accessModes"), ["ReadWriteMany"]);
    assert.equal(valueAtPath(claim, "spec.resources.requests.storage"), "50Gi");
    const [entry] = ledger.data.filter(({ files }) => files === true);
    assert.deepEqual([entry?.claim?.claim, entry?.claim?.shared], ["pvc-confluence-shared", true]);
  });

  it("X20: presets the cluster, with the variables and options of Atlassian's chart", async () => {
    const { find } = await clustered();
    const nodes = find("StatefulSet", "sts-confluence");
    const names = ["ATL_CLUSTER_TYPE", "ATL_CLUSTER_NAME", "ATL_PRODUCT_HOME_SHARED"];
    const hazelcast = ["HAZELCAST_KUBERNETES_SERVICE_NAME", "HAZELCAST_KUBERNETES_SERVICE_PORT"];
    assert.deepEqual(
      [...names, ...hazelcast].map((name) => value(nodes, name)),
      ["kubernetes", "confluence", "/var/atlassian/application-data/shared-home", "svc-confluence-nodes", "5701"],
    );
    assert.deepEqual(valueAtPath(nodes, `${container}.env.[name=KUBERNETES_NAMESPACE].valueFrom`), {
      fieldRef: { fieldPath: "metadata.namespace" },
    });
    assert.deepEqual(String(value(nodes, "JVM_SUPPORT_RECOMMENDED_ARGS")).split(" "), [
      "-Dconfluence.cluster.hazelcast.listenPort=5701",
      "-Dconfluence.clusterNodeName.useHostname=true",
      "-Dsynchrony.btf.disabled=true",
    ]);
  });

  it("lists its nodes in a headless Service, also while they start, and may read that list and nothing else", async () => {
    const { find, objects } = await clustered();
    const { clusterIP, publishNotReadyAddresses, ports } = find("Service", "svc-confluence-nodes")?.["spec"] as Record<
      string,
      unknown
    >;
    assert.deepEqual([clusterIP, publishNotReadyAddresses], ["None", true]);
    assert.deepEqual(ports, [{ name: "hazelcast", port: 5701, targetPort: "hazelcast" }]);
    assert.deepEqual(valueAtPath(find("Role", "svc-confluence-nodes"), "rules"), [
      { apiGroups: [""], resources: ["endpoints"], resourceNames: ["svc-confluence-nodes"], verbs: ["get"] },
    ]);
    const nodes = find("StatefulSet", "sts-confluence");
    assert.equal(valueAtPath(nodes, `${pod}.serviceAccountName`), "sts-confluence");
    assert.equal(valueAtPath(nodes, `${pod}.automountServiceAccountToken`), true);
    assert.equal(objects.filter(({ kind }) => kind.endsWith("RoleBinding")).length, 1);
    const alone = await deployed();
    const rights = alone.objects.filter(({ kind }) => kind === "ServiceAccount" || kind.includes("Role"));
    assert.deepEqual(rights, []);
    const token = `${pod}.automountServiceAccountToken`;
    assert.equal(valueAtPath(alone.find("Deployment", "dep-confluence"), token), false);
  });

  it("keeps a session on its node, at every kind of gateway", async () => {
    const { asked } = await clustered();
    assert.deepEqual(asked.exposures[0]?.sticky, { cookie: "confluence-node" });
    assert.equal((await deployed()).asked.exposures[0]?.sticky, undefined);
    const expected = {
      kong: ["KongUpstreamPolicy", "spec.hashOn.cookie"],
      traefik: ["IngressRoute", "spec.routes.0.services.0.sticky.cookie.name"],
      nginx: ["Ingress", "metadata.annotations.nginx|ingress|kubernetes|io/session-cookie-name"],
    };
    for (const [kind, [object = "", path = ""]] of Object.entries(expected)) {
      const stack = stackNamed("confluence-nodes");
      const issuers = `certificates.issuers=[{name: own, kind: own-ca}]`;
      const { result, resources } = await recordStack({
        ...stack,
        set: [...(stack.set ?? []), `gateway.kind=${kind}`, issuers],
      });
      assert.ok(result.ledger.hosts.length > 0);
      const cookies = resources
        .filter(({ inputs }) => inputs["kind"] === object)
        .map(({ inputs }) =>
          path
            .split(".")
            .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key.replaceAll("|", ".")], inputs),
        );
      assert.ok(cookies.includes("confluence-node"), `${kind}: ${JSON.stringify(cookies)}`);
    }
  });

  it("is drained node by node, and counts every node's connections", async () => {
    const { find, ledger } = await clustered();
    assert.equal(valueAtPath(find("PodDisruptionBudget", "sts-confluence"), "spec.maxUnavailable"), 1);
    const [pool] = ledger.pools;
    assert.deepEqual([pool?.connections, pool?.replicas], [20, 3]);
    const args = valueAtPath(find("Deployment", "dep-confluencedb"), `${container}.args`) as string[];
    assert.ok(args.includes("max_connections=80"), args.join(" "));
  });

  it("backs up the shared home, not the nodes' own", async () => {
    const { ledger } = await clustered();
    const files = ledger.data.filter((entry) => entry.files === true).map(({ claim }) => claim?.claim);
    assert.deepEqual(files, ["pvc-confluence-shared"]);
    assert.deepEqual(
      ledger.spareClaims.filter(({ claim }) => claim.startsWith("home-")).map(({ claim }) => claim),
      [0, 1, 2].map((node) => `home-sts-confluence-${node}`),
    );
  });

  it("has one node first, and accepts that", async () => {
    const { ledger } = await clustered({ replicas: 1 });
    const accepted = (found: typeof ledger) =>
      found.accepted
        .filter(({ check, object }) => check === "GP050" && !object.endsWith("db"))
        .map(({ object }) => object);
    assert.deepEqual(accepted(ledger), ["StatefulSet wiki/sts-confluence"]);
    assert.deepEqual(accepted((await clustered()).ledger), []);
  });

  describe("after Confluence ran alone", () => {
    const moved = stackNamed("confluence-moved");

    it("stops it, copies its home, and starts the first node, in this order", async () => {
      const { resources } = await recordStack(moved);
      const of = (type: string, name: string) =>
        resources.find((one) => one.type.endsWith(`:${type}`) && one.name === name);
      const [alone, job, nodes] = [
        of("Deployment", "confluence-app"),
        of("Job", "confluence-move-home"),
        of("StatefulSet", "confluence-app"),
      ];
      assert.equal(valueAtPath(alone?.inputs, "spec.replicas"), 0);
      assert.ok(job?.dependencies.includes(alone?.urn ?? "none"));
      assert.ok(nodes?.dependencies.includes(job?.urn ?? "none"));
    });

    it("mounts the old home to read, as the user of its files", async () => {
      const { objects } = await plannedIn("confluence-moved");
      const body = objects.find(({ kind, name }) => kind === "Job" && name.startsWith("confluence-move-"))?.manifest;
      assert.deepEqual(valueAtPath(body, `${container}.volumeMounts.[name=previous-home]`), {
        name: "previous-home",
        mountPath: "/previous-home",
        readOnly: true,
      });
      assert.deepEqual(valueAtPath(body, `${pod}.volumes.[name=previous-home].persistentVolumeClaim`), {
        claimName: Confluence.home("confluence"),
      });
      assert.equal(valueAtPath(body, `${pod}.securityContext.runAsUser`), 2002);
    });

    const losses = async (base: TestStack, head: TestStack) => {
      const [was, is] = [savedPlan(await planStack(base)), savedPlan(await planStack(head))];
      return dataLoss(comparePlans(was, is), was, is, []).map(({ name, effect }) => [name, effect]);
    };

    it("loses nothing", async () => {
      const alone = stackNamed("confluence");
      assert.deepEqual(await losses(alone, { ...moved, name: alone.name }), []);
    });

    it("loses the home where it does not move: the plan refuses that", async () => {
      const stack = (cluster?: string): TestStack => ({
        ...(stacks[0] as TestStack),
        set: [
          "gateway.enabled=true",
          `confluence={enabled: true${cluster === undefined ? "" : `, cluster: {sharedHome: {server: nfs.example.org, path: /c}, ${cluster}}`}}`,
        ],
      });
      const home = ["PersistentVolumeClaim confluence/pvc-confluence-apps", "destroyed"];
      assert.deepEqual(await losses(stack(), stack("moveHome: false")), [home]);
      assert.deepEqual(await losses(stack(), stack("moveHome: true")), []);
      assert.deepEqual(await losses(stack("moveHome: true"), stack("moveHome: true, setupFinished: true")), []);
    });
  });
});
