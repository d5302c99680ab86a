import assert from "node:assert/strict";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { stackNamed } from "../stacks.ts";
import { at, values } from "./alone.ts";
import type { Json } from "./alone.ts";

const prod = stackNamed("prod");

describe("Thanos", () => {
  it("W24: Thanos has a side-car beside each Prometheus, which leaves compaction to one compactor", async () => {
    const stack = stackNamed("thanos");
    const { values: own, resources, result } = await values(stack);
    const spec = at(own, "prometheus", "prometheusSpec");
    assert.equal(at(spec, "disableCompaction"), true);
    assert.deepEqual(at(spec, "thanos", "objectStorageConfig"), {
      existingSecret: { name: "thanos-objstore", key: "objstore.yml" },
    });
    const sidecar = (at(spec, "containers") as Json[]).find(({ name }) => name === "thanos-sidecar");
    assert.match(JSON.stringify(sidecar), /AWS_SECRET_ACCESS_KEY.*thanos-bucket/);
    const thanos = plannedReleases(resources).find(({ chart }) => chart === "thanos")?.values;
    assert.equal(at(thanos, "compactor", "replicaCount"), 1);
    assert.deepEqual(at(thanos, "receive"), { enabled: false });
    assert.deepEqual(at(thanos, "query", "endpoints", "static"), [
      "dnssrv+_grpc._tcp.kps-thanos-discovery.monitoring.svc.cluster.local",
    ]);
    const sources = at(own, "grafana", "datasources", "datasources.yaml", "datasources") as Json[];
    assert.deepEqual(
      sources.map(({ name, isDefault }) => [name, isDefault]),
      [
        ["Prometheus", false],
        ["Thanos", true],
        ["Alertmanager", false],
      ],
    );
    const writers = result.ledger.edges.filter(({ purpose }) => purpose === "bucket thanos");
    assert.equal(writers.length, 3);
  });

  it("W24: Thanos comes to a bucket of Amazon's by the role of its service accounts, without a key", async () => {
    const role = "arn:aws:iam::123456789012:role/buckets";
    const { values: own, resources } = await values({
      ...prod,
      set: [
        `buckets={kind: s3, endpoint: "https://s3.eu-west-1.amazonaws.com", region: eu-west-1, roleArn: "${role}"}`,
      ],
    });
    const annotations = { "eks.amazonaws.com/role-arn": role };
    assert.deepEqual(at(own, "prometheus", "serviceAccount", "annotations"), annotations);
    const sidecar = (at(own, "prometheus", "prometheusSpec", "containers") as Json[]).find(
      ({ name }) => name === "thanos-sidecar",
    );
    assert.deepEqual(sidecar?.["env"], []);
    const thanos = plannedReleases(resources).find(({ chart }) => chart === "thanos")?.values;
    assert.deepEqual(at(thanos, "global", "serviceAccount", "annotations"), annotations);
    assert.deepEqual(at(thanos, "compactor", "extraEnv"), []);
    assert.deepEqual(
      plannedObjects(resources).filter(({ kind, name }) => kind === "Secret" && name.endsWith("-bucket")),
      [],
    );
  });
});
