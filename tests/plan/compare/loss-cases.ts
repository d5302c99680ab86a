import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Effect } from "../../../plan/compare/loss.ts";
import { staleAllowances } from "../../../plan/compare/losses.ts";
import type { SavedPlan, SavedResource } from "../../../plan/compare/schema.ts";
import { root } from "../../stacks.ts";
import { inChart, losses, object, plan, release, resource, statefulSet } from "./fixtures.ts";

type Body = Record<string, unknown>;

export const pvc = (spec: Body = {}, options = {}) =>
  object(
    "v1",
    "PersistentVolumeClaim",
    "data/files",
    { spec: { storageClassName: "fast", resources: { requests: { storage: "8Gi" } }, ...spec } },
    options,
  );
export const pv = (spec: Body = {}, options = {}) =>
  object(
    "v1",
    "PersistentVolume",
    "files",
    { spec: { persistentVolumeReclaimPolicy: "Retain", nfs: { server: "a", path: "/a" }, ...spec } },
    options,
  );
export const storageClass = (body: Body = {}) =>
  object("storage.k8s.io/v1", "StorageClass", "fast", { provisioner: "p", reclaimPolicy: "Retain", ...body });
export const sts = (claim: Body = {}, spec: Body = {}, options = {}) => {
  const { spec: whole } = statefulSet("data/db", claim, spec);
  return object("apps/v1", "StatefulSet", "data/db", { spec: whole }, options);
};
export const policy = (whenDeleted: string, whenScaled = "Retain") => ({
  persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
});
export const namespace = (options = {}) => object("v1", "Namespace", "data", {}, options);
export const cluster = (spec: Body = {}, name = "pg") =>
  object(
    "postgresql.cnpg.io/v1",
    "Cluster",
    `data/${name}`,
    { spec: { instances: 3, storage: { size: "8Gi" }, walStorage: { size: "1Gi" }, ...spec } },
    { logicalName: "pg" },
  );
export const key = (inputs: Body = { algorithm: "ECDSA" }, options = {}) =>
  resource("tls:index/privateKey:PrivateKey", "ca-key", inputs, options);
export const bytes = (rotation: string) =>
  resource("random:index/randomBytes:RandomBytes", "keystore", { length: 16, keepers: { rotation } });
export const crd = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "clusters.postgresql.cnpg.io", {
  spec: { group: "postgresql.cnpg.io", names: { kind: "Cluster", plural: "clusters" } },
});
export const provider = (context: string, more: Body = {}) =>
  resource("pulumi:providers:kubernetes", "kubernetes", { context, ...more });
export const charted = (...objects: SavedResource[]) =>
  plan([release("db")], { rendered: objects.map((one) => inChart("db", one)) });
export const chartless = (more: Partial<SavedPlan> = {}, options = {}) =>
  plan([release("db", {}, options)], {
    podGroups: [
      {
        component: "part",
        name: "db",
        namespace: "data",
        replicas: 1,
        kind: "StatefulSet",
        containers: [],
        claims: [{ name: "data", size: "8Gi" }],
      },
    ],
    notRendered: [{ release: "data/db", reason: "no Helm" }],
    ...more,
  });
export const job = (database: string) =>
  object("batch/v1", "Job", `data/${database}-job`, {
    spec: {
      template: {
        metadata: { labels: { "app.kubernetes.io/component": "database-job" } },
        spec: { containers: [{ name: "psql", env: [{ name: "DATABASE_NAME", value: database }] }] },
      },
    },
  });
export const kept = { protect: true, retainOnDelete: true };
export const none = plan([]);

/** What goes from a base to a head, and what is said of it: name and effect; nothing where nothing is. */
export type Case = [title: string, base: SavedPlan, head: SavedPlan, ...expected: [name: string, effect: Effect][]];

/** Every case, and that a name allows it, and no other does. */
export function tellsOf(cases: readonly Case[]): void {
  for (const [title, base, head, ...expected] of cases) {
    it(`${title}: ${expected.map(([name, effect]) => `${name} ${effect}`).join(", ") || "nothing"}`, () => {
      const found = losses(base, head);
      assert.deepEqual(
        found.map(({ name, effect }) => [name, effect]),
        expected,
      );
      for (const { status, effect, reason, remedy } of found) {
        assert.equal(status, effect === "kept" ? "note" : "refused");
        for (const text of [reason, remedy]) assert.match(text, /^[^\n]{15,}[^.]$/);
      }
    });
  }

  for (const [title, base, head, ...expected] of cases.filter((one) => one.length > 3)) {
    it(`${title}: allowed by name, and by no other`, () => {
      const names = expected.map(([name]) => name);
      const graves = expected.filter(([, effect]) => effect !== "kept").map(([name]) => name);
      const wanted = expected.map(([, effect]) => (effect === "kept" ? "note" : "allowed"));
      assert.deepEqual(
        losses(base, head, ...names).map(({ status }) => status),
        wanted,
      );
      assert.deepEqual(
        losses(base, head, ...names.map((name) => `${name}x`), "*", "Namespace")
          .filter(({ status }) => status === "refused")
          .map(({ name }) => name),
        graves,
      );
      assert.deepEqual(
        staleAllowances(losses(base, head, ...names, "Namespace other"), [...names, "Namespace other"]),
        [...expected.filter(([, effect]) => effect === "kept").map(([name]) => name), "Namespace other"],
      );
    });
  }

  it("every name and effect is in docs/data-loss.md", () => {
    const page = readFileSync(join(root, "docs", "data-loss.md"), "utf8");
    const found = cases.flatMap(([, , , ...expected]) => expected);
    for (const [name, effect] of found) {
      const word = name.split(" ")[0] ?? name;
      // Any operator's kind may have claims.
      assert.ok(word === "Prometheus" || page.includes(`\`${word} `), name);
      assert.ok(page.includes(`\`${effect}\``), effect);
    }
  });
}
