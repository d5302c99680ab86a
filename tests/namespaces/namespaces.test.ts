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

  it("have labels and annotations of the settings, which cannot replace the stack's own", async () => {
    const set = [
      'namespaces={rdm: {labels: {example.org/team: maps}, annotations: {example.org/owner: "Maps, room 5"}}}',
    ];
    const planned = async (stack: TestStack) => plannedObjects((await recordStack(stack)).resources);
    const found = (await planned({ ...dev, set })).find(({ kind, name }) => kind === "Namespace" && name === "rdm");
    const { annotations, labels } = found?.manifest["metadata"] as Record<string, Record<string, string>>;
    assert.equal(labels?.["example.org/team"], "maps");
    assert.equal(labels["pod-security.kubernetes.io/enforce"], "restricted");
    assert.equal(labels["app.kubernetes.io/part-of"], "groundplan");
    assert.deepEqual(annotations, { "example.org/owner": "Maps, room 5" });
    for (const key of [
      "pod-security.kubernetes.io/enforce",
      "kubernetes.io/metadata.name",
      "app.kubernetes.io/part-of",
    ])
      await assert.rejects(
        planned({ ...dev, set: [`namespaces={rdm: {labels: {${key}: x}}}`] }),
        /podSecurity sets/,
        key,
      );
  });

  it("with isolation that is only reported, have no policies, and Pod Security warns", async () => {
    const [enforced, reported] = await Promise.all(
      [[], ["isolation=reported"]].map(async (set) => plannedObjects((await recordStack({ ...dev, set })).resources)),
    );
    const policies = (objects: typeof enforced) => objects?.filter(({ kind }) => kind === "NetworkPolicy").length;
    assert.ok((policies(enforced) ?? 0) > 20);
    assert.equal(policies(reported), 0);
    const levels = (objects: typeof enforced) =>
      objects?.flatMap(({ kind, manifest }) =>
        kind === "Namespace"
          ? Object.keys((manifest["metadata"] as { labels: object }).labels).filter((key) =>
              key.startsWith("pod-security"),
            )
          : [],
      );
    assert.ok(levels(enforced)?.some((key) => key.endsWith("/enforce")));
    assert.deepEqual(
      new Set(levels(reported)),
      new Set(["pod-security.kubernetes.io/audit", "pod-security.kubernetes.io/warn"]),
    );
    // Everything else is the same.
    const others = (objects: typeof enforced) =>
      objects?.filter(({ kind }) => !["Namespace", "NetworkPolicy"].includes(kind)).map(({ urn }) => urn);
    assert.deepEqual(others(reported), others(enforced));
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
