import assert from "node:assert/strict";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { emptyPlan } from "../../../plan/compare/read.ts";
import { comparisonText, plainComparison } from "../../../plan/compare/text.ts";
import type { ComparisonStyle } from "../../../plan/compare/text.ts";
import { sentinel } from "../../../plan/recorder.ts";
import { inChart, losses, object, plan, planned, release, resource, statefulSet } from "./fixtures.ts";

const marked: ComparisonStyle = {
  strong: (text) => `<b>${text}</b>`,
  dim: (text) => text,
  warn: (text) => text,
  bad: (text) => `<red>${text}</red>`,
  good: (text) => `<green>${text}</green>`,
};

describe("a comparison as text", () => {
  const set = (body: object, name = "db") =>
    object("apps/v1", "StatefulSet", `data/${name}`, body as Record<string, unknown>);
  const password = (rotation: string) =>
    resource("random:index/randomPassword:RandomPassword", "db-password", { keepers: { rotation } });
  const base = plan(
    [
      object("v1", "Namespace", "data"),
      set({ spec: statefulSet("").spec }),
      release("db"),
      release("gone"),
      password("1"),
      object("v1", "ConfigMap", "data/old", { data: { a: "1" } }, { logicalName: "old" }),
    ],
    {
      rendered: [
        inChart("gone", object("v1", "ConfigMap", "data/x")),
        inChart("db", set({ spec: statefulSet("").spec }, "inner")),
      ],
    },
  );
  const head = plan(
    [
      object("v1", "Namespace", "data", { metadata: { labels: { a: "b" } } }),
      release("db", { values: { size: "9Gi" } }),
      password("2"),
      object("v1", "ConfigMap", "data/old", { data: { a: "1" } }, { logicalName: "new" }),
    ],
    { rendered: [inChart("db", set({ spec: statefulSet("", { storageClassName: "x" }).spec }, "inner"))] },
  );
  const text = (style = plainComparison, width = Infinity, ...allow: string[]) =>
    comparisonText(comparePlans(base, head), losses(base, head, ...allow), style, width);

  it("reads as it should", () => {
    assert.equal(
      text(),
      `Stack test: 1 created, 2 updated, 1 replaced, 3 deleted; in charts: 1 replaced, 1 deleted

part
  + ConfigMap data/old
      looks like a rename of old: with an alias it would stay
  - ConfigMap data/old
      looks like a rename of new: with an alias it would stay
  ~ Namespace data
      metadata.labels: + {"a":"b"}
  ± RandomPassword db-password
      because keepers: a generated value is made anew
      keepers.rotation: 1 → 2
  ~ Release data/db
      values.size: + 9Gi
      ± StatefulSet data/inner
          because spec.volumeClaimTemplates: a StatefulSet's claim templates, Service, order and labels are fixed
          spec.volumeClaimTemplates[0].spec.storageClassName: + x
  - Release data/gone with 1 object of its chart
  - StatefulSet data/db

Will fail
  StatefulSet data/inner: the upgrade of data/db fails: Helm changes objects in place, and the API server refuses this: spec.volumeClaimTemplates: a StatefulSet's claim templates, Service, order and labels are fixed
    kubectl delete statefulset inner -n data --cascade=orphan first, which leaves its pods and claims; a claim grows with kubectl patch

Data that would be lost: refused, unless allowDataLoss names it
  StatefulSet data/db
    its claims (data) stay as long as their namespace, and nothing uses or backs them up
    save the data first (docs/recovery.md), then name it in allowDataLoss
`,
    );
  });

  it("fits its width, whatever the marks", () => {
    const lines = (style: ComparisonStyle) => text(style, 60).split("\n");
    assert.ok(lines(plainComparison).every((line) => line.length <= 60));
    assert.deepEqual(
      lines(marked).map((line) => line.replaceAll(/<[^>]*>/g, "")),
      lines(plainComparison),
    );
    assert.ok(lines(plainComparison).some((line) => line.endsWith("…")));
  });

  it("marks what is new, and what is lost in red until it is allowed", () => {
    assert.match(text(marked), /<green> {2}\+ ConfigMap data\/old<\/green>/);
    assert.match(text(marked), /<red>Data that would be lost: refused/);
    assert.match(
      text(plainComparison, Infinity, "StatefulSet data/db"),
      /Data that will be lost, as allowDataLoss allows\n {2}StatefulSet data\/db/,
    );
  });

  it("says so where nothing changes", () =>
    assert.equal(comparisonText(comparePlans(base, base), [], plainComparison, 80), "Stack test: no changes"));

  it("shows no generated value for a whole stack", async () => {
    const made = await planned("prod");
    const all = [emptyPlan("prod"), await planned("prod", "rotation.all=2")].map((other) =>
      comparisonText(comparePlans(other, made), losses(other, made), plainComparison, Infinity),
    );
    for (const one of all) assert.ok(one.length > 1000 && !one.includes(sentinel));
  });
});
