import assert from "node:assert/strict";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { inChart, object, plan, release, told } from "./fixtures.ts";

describe("charts", () => {
  const deployment = (image: string) =>
    inChart(
      "db",
      object("apps/v1", "Deployment", "data/db", {
        spec: { template: { spec: { containers: [{ name: "a", image }] } } },
      }),
    );

  it("show their objects with the release", () => {
    const [base, head] = ["a:1", "a:2"].map((image) => plan([release("db")], { rendered: [deployment(image)] }));
    assert.ok(base && head);
    const { changes, consequences } = comparePlans(base, head);
    assert.deepEqual(
      changes.map(({ release: of, label }) => [of, label]),
      [["data/db", "Deployment data/db"]],
    );
    assert.deepEqual(consequences.restarts, [
      { label: "Deployment data/db", release: "data/db", causes: ["image a:1 → a:2"] },
    ]);
  });

  it("that one side did not render are left out, and named where their release changes", () => {
    const missing = { notRendered: [{ release: "data/db", reason: "helm is not on PATH" }] };
    const base = plan([release("db")], { rendered: [deployment("a:1")] });
    assert.deepEqual(comparePlans(base, plan([release("db")], missing)).changes, []);
    const changed = comparePlans(base, plan([release("db", { version: "2.0.0" })], missing));
    assert.deepEqual(told(changed.changes), ["~ Release data/db"]);
    assert.deepEqual(changed.unknown, [{ release: "data/db", reason: "helm is not on PATH" }]);
  });

  it("that were not rendered: the ledger tells that a claim template changes, and the upgrade fails", () => {
    const with_ = (size: string) =>
      plan([release("db", { values: { size } })], {
        notRendered: [{ release: "data/db", reason: "no Helm" }],
        podGroups: [
          {
            component: "part",
            name: "db-0",
            namespace: "data",
            replicas: 1,
            kind: "StatefulSet",
            containers: [],
            claims: [{ name: "data", size }],
          },
        ],
      });
    const { failures } = comparePlans(with_("8Gi"), with_("9Gi")).consequences;
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.reason ?? "", /upgrade of data\/db fails.*\[data\]\.size 8Gi → 9Gi/);
    assert.match(failures[0]?.remedy ?? "", /kubectl delete statefulset db-0 -n data --cascade=orphan/);
    assert.deepEqual(comparePlans(with_("8Gi"), with_("8Gi")).consequences.failures, []);
    const smaller = comparePlans(with_("8Gi"), with_("7Gi")).consequences.failures;
    assert.match(smaller[0]?.remedy ?? "", /^a claim cannot shrink: keep its size/, "no way around it by orphans");
  });

  it("run their hooks at each upgrade", () => {
    const hook = inChart(
      "db",
      object("batch/v1", "Job", "data/migrate", {
        metadata: { annotations: { "helm.sh/hook": "pre-upgrade" } },
        spec: {},
      }),
    );
    const with_ = (version: string) => plan([release("db", { version })], { rendered: [hook] });
    assert.deepEqual(comparePlans(with_("1"), with_("2")).consequences.jobs, [
      { label: "Job data/migrate", release: "data/db", why: "a hook of the chart (pre-upgrade)" },
    ]);
    assert.deepEqual(comparePlans(with_("1"), with_("1")).consequences.jobs, []);
    assert.deepEqual(comparePlans(plan([]), with_("1")).consequences.jobs, [], "an installation is no upgrade");
  });
});

describe("servers of CloudNativePG", () => {
  const server = (spec: object) =>
    plan([object("postgresql.cnpg.io/v1", "Cluster", "data/pg", { spec: { instances: 3, ...spec } })]);

  it("restart when they begin to archive, because a container is added to their pods", () => {
    const { consequences } = comparePlans(server({}), server({ plugins: [{ name: "barman", isWALArchiver: true }] }));
    assert.deepEqual(consequences.restarts, [
      { label: "Cluster data/pg", release: undefined, causes: ["its pods' settings"] },
    ]);
    assert.deepEqual(comparePlans(server({}), server({ enablePDB: true })).consequences.restarts, []);
  });
});
