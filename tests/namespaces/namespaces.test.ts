import assert from "node:assert/strict";
import { join } from "node:path";
import { plannedObjects } from "../../plan/objects.ts";
import { Secret } from "../../plan/recorder.ts";
import { recordStack, root, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const [dev] = stacks as readonly [TestStack];

describe("namespaces", () => {
  /** What reads the nodes themselves, and what OpenSearch's and Graylog's charts run. */
  const levels: Readonly<Record<string, string>> = {
    "log-collector": "privileged",
    logging: "baseline",
    "monitoring-nodes": "privileged",
  };

  it("W03: the ten of WorldCereal, those of what reads the nodes, one for backups and one for Argo itself", async () => {
    const { resources } = await recordStack({ name: "worldcereal", file: join(root, "examples", "worldcereal.yaml") });
    const names = plannedObjects(resources)
      .filter(({ kind }) => kind === "Namespace")
      .map(({ name }) => name);
    assert.deepEqual(
      names,
      "argo argo-system backup cert-manager keycloak kong log-collector logging monitoring monitoring-nodes rdm sysdb vdm wctiler".split(
        " ",
      ),
    );
  });

  it("enforce Pod Security, deny all traffic and let names be resolved", async () => {
    for (const stack of stacks) {
      const { resources } = await recordStack(stack);
      const objects = plannedObjects(resources);
      const namespaces = objects.filter(({ kind }) => kind === "Namespace");
      assert.ok(namespaces.length > 3);
      for (const { name, manifest } of namespaces) {
        const { labels } = manifest["metadata"] as { labels: Record<string, string> };
        for (const mode of ["enforce", "audit", "warn"])
          assert.equal(labels[`pod-security.kubernetes.io/${mode}`], levels[name] ?? "restricted", name);
        const policy = (wanted: string) =>
          objects.find(
            (object) => object.kind === "NetworkPolicy" && object.namespace === name && object.name === wanted,
          )?.manifest["spec"];
        assert.deepEqual(policy("default-deny"), { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
        assert.match(JSON.stringify(policy("name-resolution")), /"port":53/);
      }
    }
  });

  it("those that hold data are kept in prod, and no others", async () => {
    const { resources } = await recordStack({ name: "worldcereal", file: join(root, "examples", "worldcereal.yaml") });
    const kept = resources
      .filter(
        ({ type, protect, retainOnDelete }) => type === "kubernetes:core/v1:Namespace" && protect && retainOnDelete,
      )
      .map(({ name }) => name);
    assert.deepEqual(
      kept,
      ["keycloak", "logging", "monitoring", "rdm", "sysdb", "vdm"].map((name) => `namespaces-${name}`),
    );
  });

  it("quota and limit range are settings", async () => {
    const { resources } = await recordStack({
      ...dev,
      set: [
        "namespaces.hello={podSecurity: baseline, quota: {cpu: 4, memory: 8Gi, storage: 100Gi, pods: 20}, limitRange: {cpu: 100m, memory: 128Mi, memoryLimit: 1Gi}}".replace(
          "cpu: 4",
          'cpu: "4"',
        ),
      ],
    });
    const objects = plannedObjects(resources);
    const spec = (kind: string) => objects.find((object) => object.kind === kind)?.manifest["spec"];
    assert.deepEqual(spec("ResourceQuota"), {
      hard: { "requests.cpu": "4", "requests.memory": "8Gi", "requests.storage": "100Gi", pods: "20" },
    });
    assert.deepEqual(spec("LimitRange"), {
      limits: [{ type: "Container", default: { memory: "1Gi" }, defaultRequest: { cpu: "100m", memory: "128Mi" } }],
    });
  });

  it("W07: the registry's login stands in every namespace, and every pod pulls with it", async () => {
    const { resources } = await recordStack({
      ...dev,
      set: [
        "images.pullSecret={registry: r.example.org, username: puller, passwordSecret: registry}",
        "secrets:registry={secure: v1}",
      ],
    });
    const logins = resources.filter(
      ({ type, inputs }) => type === "kubernetes:core/v1:Secret" && inputs["type"] === "kubernetes.io/dockerconfigjson",
    );
    assert.equal(logins.length, resources.filter(({ type }) => type === "kubernetes:core/v1:Namespace").length);
    const data = logins[0]?.inputs["stringData"];
    assert.ok(data instanceof Secret);
    assert.deepEqual(JSON.parse((data.value as Record<string, string>)[".dockerconfigjson"] ?? ""), {
      auths: {
        "r.example.org": {
          auth: Buffer.from("puller:(encrypted)").toString("base64"),
          password: "(encrypted)",
          username: "puller",
        },
      },
    });
    const job = plannedObjects(resources).find(({ kind }) => kind === "Job");
    assert.match(JSON.stringify(job?.manifest), /"imagePullSecrets":\[\{"name":"registry"\}\]/);
  });
});
