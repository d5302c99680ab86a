import assert from "node:assert/strict";
import { dashboardJson, dashboards } from "../../components/monitoring/dashboard.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { recordStack, stacks } from "../stacks.ts";
import { everything, groups, hasPromtool, promtool } from "./promtool.ts";
import { exporters } from "./metrics.ts";
import type { ExporterName } from "./metrics.ts";

const all = everything.map(([namespaces, watched]) => dashboards(namespaces, watched));
const each = all.flat();
const queries = each.flatMap(({ component, panels }) =>
  panels.flatMap(({ title, queries: own }) =>
    Object.entries(own).map(([legend, expr]) => ({
      where: `${component}: ${title}: ${legend}`,
      component,
      legend,
      expr,
    })),
  ),
);

/** What of the cluster's own every component may be shown by. */
const common: readonly ExporterName[] = ["prometheus", "kubelet", "kube-state-metrics", "node-exporter"];
const own: Readonly<Record<string, readonly ExporterName[]>> = {
  platform: [],
  monitoring: ["alertmanager", "grafana"],
  certificates: ["cert-manager"],
  dns: ["external-dns"],
  postgresql: ["postgresql-ha", "cloudnative-pg"],
  gateway: ["kong", "traefik"],
  keycloak: ["keycloak"],
  midpoint: [],
  workflows: ["argo-workflows"],
  thanos: ["thanos"],
  graylog: ["graylog"],
  collector: ["fluent-bit"],
  opensearch: ["opensearch"],
  mongodb: ["mongodb"],
  velero: ["velero"],
  backup: ["backup-sizes"],
};

/** PromQL's own words, and the functions that queries here use (prometheus.io, "Operators", "Functions"). */
const words = new Set(
  "absent and or unless bool deriv max_over_time by without on ignoring group_left sum avg min max count rate increase time vector histogram_quantile predict_linear".split(
    " ",
  ),
);

/** The metrics that an expression names: identifiers outside of texts, matchers, groupings and ranges. */
function metricsOf(expr: string): string[] {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, "")
    .replace(/\{[^}]*\}/g, "")
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, "");
  return [...new Set(bare.match(/[A-Za-z_:][A-Za-z0-9_:]*/g) ?? [])].filter((word) => !words.has(word));
}

describe("dashboards", () => {
  it("name only metrics that the component exports, and so do alerts", () => {
    const expressions = [
      ...queries,
      ...groups.flatMap(({ component, alerts }) =>
        alerts.map(({ alert, expr }) => ({ where: alert, component, expr })),
      ),
    ];
    const named = new Set<string>();
    for (const { where, component, expr } of expressions) {
      const known = [...common, ...(own[component] ?? [])].flatMap(
        (name): readonly string[] => exporters[name].metrics,
      );
      const found = metricsOf(expr);
      assert.ok(found.length > 0 || expr === "vector(1)", where);
      for (const metric of found) {
        assert.ok(known.includes(metric), `${where}: ${metric}`);
        named.add(metric);
      }
    }
    const listed = Object.values(exporters).flatMap((one): readonly string[] => one.metrics);
    assert.deepEqual(
      listed.filter((metric) => !named.has(metric)),
      [],
      "metrics that nothing names",
    );
    assert.deepEqual([...new Set(listed)].length, listed.length);
    for (const { source } of Object.values(exporters)) assert.match(source, /\w{5,}/);
  });

  it("the names of metrics are told apart from everything else in a query", () => {
    assert.deepEqual(
      metricsOf('sum by (pod, le) (rate(a_total{code=~"5..",x="b"}[$__rate_interval])) / on (pod) max(c) > 1.5'),
      ["a_total", "c"],
    );
    assert.deepEqual(metricsOf("predict_linear(free[6h], 4 * 24 * 3600) < 0 and time() - t"), ["free", "t"]);
  });

  it("parse, every query of them", function () {
    if (!hasPromtool) {
      console.log("      skipped: promtool is not on PATH (Debian's prometheus)");
      return this.skip();
    }
    const rules = queries.map(({ expr }, index) => ({
      record: `test:query:${index}`,
      expr: expr.replaceAll("$__rate_interval", "5m"),
    }));
    const { status, said } = promtool(
      { "rules.json": { groups: [{ name: "queries", rules }] } },
      "check",
      "rules",
      "--lint=none",
      "rules.json",
    );
    assert.equal(status, 0, said);
    assert.match(said, new RegExp(`SUCCESS: ${queries.length} rules found`));
  });

  it("call a series only by labels that its query keeps", () => {
    for (const { where, legend, expr } of queries) {
      const labels = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].map(([, list = ""]) => list.split(", "));
      for (const label of labels)
        assert.ok(grouped.length === 0 || grouped.some((list) => list.includes(label)), `${where}: ${label}`);
    }
  });

  it("are Grafana's JSON: each once, placed without overlap, with a data source that can be chosen", () => {
    for (const list of all) {
      const uids = list.map((dashboard) => (dashboardJson(dashboard) as { uid: string }).uid);
      assert.deepEqual([...new Set(uids)], uids);
    }
    for (const dashboard of each) {
      const json = dashboardJson(dashboard) as {
        uid: string;
        panels: { id: number; gridPos: Record<"x" | "y" | "w" | "h", number>; targets: { refId: string }[] }[];
      };
      assert.ok(json.uid.length <= 40);
      assert.equal(json.panels.length, dashboard.panels.length);
      const cells = json.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
      );
      assert.equal(new Set(cells).size, cells.length, `${dashboard.component}: panels overlap`);
      assert.ok(json.panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24));
      for (const { targets } of json.panels)
        assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length);
    }
  });

  it("W23: stand in ConfigMaps with the label that Grafana's side-car reads, one for each component of the stack", async () => {
    for (const stack of stacks) {
      const { resources } = await recordStack(stack);
      const maps = plannedObjects(resources).filter(
        ({ kind, manifest }) =>
          kind === "ConfigMap" &&
          (manifest["metadata"] as { labels?: Record<string, string> }).labels?.["grafana_dashboard"] === "1",
      );
      const names = maps.map(({ name }) => name.replace("dashboard-", ""));
      for (const component of [
        "certificates",
        "collector",
        "gateway",
        "graylog",
        "mongodb",
        "monitoring",
        "opensearch",
        "platform",
        "postgresql",
      ])
        assert.ok(names.includes(component), `${stack.name}: ${component}`);
      for (const { manifest } of maps) {
        const [text = ""] = Object.values(manifest["data"] as Record<string, string>);
        assert.ok((JSON.parse(text) as { panels: unknown[] }).panels.length > 3);
      }
    }
  });
});
