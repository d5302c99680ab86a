import assert from "node:assert/strict";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { emptyPlan } from "../../../plan/compare/read.ts";
import { sentinel } from "../../../plan/recorder.ts";
import { changeSection, lossSection } from "../../../plan/report/review.ts";
import { terminalText, unmarked } from "../../../plan/report/terminal.ts";
import type { Style } from "../../../plan/report/terminal.ts";
import { planStack } from "../../plans.ts";
import { stacks } from "../../stacks.ts";
import type { Loss } from "../../../plan/compare/loss.ts";
import type { SavedPlan } from "../../../plan/compare/schema.ts";
import { inChart, losses, object, plan, planned, release, resource, statefulSet } from "../compare/fixtures.ts";
import { planTree } from "./plans.ts";

const marked: Style = {
  strong: (text) => `<b>${text}</b>`,
  dim: (text) => text,
  warn: (text) => `<yellow>${text}</yellow>`,
  bad: (text) => `<red>${text}</red>`,
  good: (text) => `<green>${text}</green>`,
};

function compared(base: SavedPlan, head: SavedPlan, lost: readonly Loss[], style: Style, width: number): string {
  const sections = [lossSection(lost), changeSection(comparePlans(base, head), "main")];
  return terminalText(
    { stack: "test", domain: "example.org", context: "here", base: "main", verdicts: [], figures: [], sections },
    style,
    width,
  );
}

describe("a comparison on a terminal", () => {
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
  const text = (style = unmarked, width = Infinity, ...allow: string[]) =>
    compared(base, head, losses(base, head, ...allow), style, width);

  it("reads as it should", () => {
    assert.equal(
      text(),
      `Stack test: example.org, context here, compared with main


Objects that differ from main
  part
    +  ConfigMap data/old
        looks like a rename of old: an alias would keep it
    -  ConfigMap data/old
        looks like a rename of new: an alias would keep it
    ~  Namespace data
        metadata.labels: none → {"a":"b"}
    ±  RandomPassword db-password
        because keepers: a new value is generated
        keepers.rotation: 1 → 2
    ~  Release data/db
        values.size: none → 9Gi
    -  Release data/gone
        with 1 object of its chart
    -  StatefulSet data/db
    ±  StatefulSet data/inner (chart data/db)
        because spec.volumeClaimTemplates: a StatefulSet's claim templates, Service, order and labels are fixed
        spec.volumeClaimTemplates[0].spec.storageClassName: none → x

What happens on the cluster
  up fails  StatefulSet data/inner (chart data/db)
      the upgrade of data/db fails: Helm changes objects in place, and the API server refuses this: spec.volumeClaimTemplates: a StatefulSet's claim templates, Service, order and labels are fixed
      kubectl delete statefulset inner -n data --cascade=orphan first: it keeps the pods and claims; resize a claim with kubectl patch

Data that this change touches
  refused  StatefulSet data/db  orphaned
      its claims (data) stay as long as their namespace, and nothing uses or backs them up
      save the data first (docs/recovery.md), then name it in allowDataLoss
  A loss is refused unless the setting allowDataLoss lists its name.
`,
    );
  });

  it("fits its width, whatever the marks", () => {
    const lines = (style: Style) => text(style, 60).split("\n");
    // A command or a word that is longer is not broken.
    assert.ok(lines(unmarked).every((line) => line.length <= 60));
    assert.deepEqual(
      lines(marked).map((line) => line.replaceAll(/<[^>]*>/g, "")),
      lines(unmarked),
    );
    assert.ok(lines(unmarked).some((line) => line.endsWith("…")));
  });

  it("marks what is new, and what is lost in red until it is allowed", () => {
    assert.match(text(marked), /<green> {4}\+ {2}ConfigMap data\/old<\/green>/);
    assert.match(text(marked), /<red> {2}refused {2}StatefulSet data\/db {2}orphaned<\/red>/);
    const allowed = text(marked, Infinity, "StatefulSet data/db");
    assert.match(allowed, /<yellow> {2}allowed {2}StatefulSet data\/db {2}orphaned<\/yellow>/);
    assert.doesNotMatch(allowed, /refused/);
  });

  it("says so where nothing changes", () =>
    assert.match(compared(base, base, [], unmarked, 80), /^ {2}Nothing differs from main\.$/m));

  it("and says no more than that of a state, whose Secrets are encrypted", () => {
    const state = { ...base, origin: "export" } as const;
    assert.match(compared(state, base, [], unmarked, 80), /^ {2}Nothing that can be compared differs from main\.$/m);
  });

  it("shows no generated value for a whole stack", async () => {
    const made = await planned("prod");
    const all = [emptyPlan("prod"), await planned("prod", "rotation.all=2")].map((other) =>
      compared(other, made, losses(other, made), unmarked, Infinity),
    );
    for (const one of all) assert.ok(one.length > 1000 && !one.includes(sentinel));
  });

  it("leaves out what the stack consists of, which a plan alone lists", async () => {
    const [dev] = stacks;
    assert.ok(dev);
    const made = await planStack(dev);
    const comparison = comparePlans(emptyPlan("dev"), emptyPlan("dev"));
    assert.match(planTree(made, Infinity), /^Generated secrets/m);
    assert.doesNotMatch(planTree(made, Infinity, { comparison }), /^Generated secrets/m);
  });

  it("keeps what would turn or hide text from the terminal", () => {
    const evil = plan([object("v1", "ConfigMap", "data/\u001b[31mred\n\u202ex")]);
    assert.match(compared(plan([]), evil, [], unmarked, Infinity), /ConfigMap data\/\\u001b\[31mred⏎\\u202ex/);
  });
});

describe("a plan on a terminal", () => {
  it("fits a terminal of 60 columns", async () => {
    for (const stack of stacks) {
      const plan = await planStack(stack);
      const lines = planTree(plan, 60).split("\n");
      assert.deepEqual(
        lines.filter((line) => line.length > 60),
        [],
      );
      assert.ok(lines.some((line) => line.endsWith("…")));
    }
  });

  it("names every object, chart and generated secret where there is room", async () => {
    for (const stack of stacks) {
      const plan = await planStack(stack);
      const tree = planTree(plan, Infinity);
      for (const { name } of [...plan.objects, ...plan.releases, ...plan.ledger.credentials])
        assert.ok(tree.includes(name), name);
    }
  });

  it("shows warnings", async () => {
    const [, prod] = stacks;
    assert.ok(prod);
    const set = ["storage.classes=[{name: fast, provisioner: x.example.org, reclaimPolicy: Delete}]"];
    const plan = await planStack({ ...prod, set });
    assert.match(
      planTree(plan, Infinity),
      /Warnings about the settings\n {2}groundplan:storage\.classes.*reclaimPolicy.*\n {6}deleting a PersistentVolumeClaim destroys its data/,
    );
  });
});
