import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ruleGroup, ruleGroups, runbookPage } from "../../components/monitoring/rules.ts";
import { root } from "../stacks.ts";
import { cases } from "./alert-cases.ts";
import type { Case, Series } from "./logging-cases.ts";
import { everything, groups, hasPromtool, promtool, testRules } from "./promtool.ts";

const alerts = groups.flatMap(({ component, alerts: own }) => own.map((alert) => ({ component, ...alert })));

describe("alerts", function () {
  this.timeout(300_000);

  it("each have a name of their own in a stack, a sentence, a component and a page", () => {
    for (const { alerts: own, component } of groups) {
      const names = own.map(({ alert }) => alert);
      assert.deepEqual([...new Set(names)], names, component);
    }
    const pages = new Set(alerts.map((one) => runbookPage(one)));
    for (const page of pages) {
      const file = join(root, "docs", "runbooks", `${page}.md`);
      assert.ok(existsSync(file), `docs/runbooks/${page}.md is missing`);
      const text = readFileSync(file, "utf8");
      assert.match(text, /^# .+\n/);
      for (const { alert } of alerts.filter((one) => runbookPage(one) === page))
        assert.ok(text.includes(`\`${alert}\``), `docs/runbooks/${page}.md does not name ${alert}`);
    }
    const written = readdirSync(join(root, "docs", "runbooks")).filter((file) => !pages.has(file.replace(".md", "")));
    assert.deepEqual(written, ["README.md", "application.md", "grafana-login.md"]);
    for (const { summary } of alerts) assert.match(summary, /^[A-Z{].*\.$/);
  });

  it("are named in the list of pages with what they mean", () => {
    const text = readFileSync(join(root, "docs", "runbooks", "README.md"), "utf8");
    for (const one of alerts)
      assert.ok(text.includes(`| \`${one.alert}\``) && text.includes(`(${runbookPage(one)}.md)`), one.alert);
  });

  it("say where the pages stand, below an address if there is one", () => {
    const [first] = groups;
    assert.ok(first);
    const urls = (base?: string) =>
      ruleGroup(first, base).rules.map(
        (rule) => (rule as { annotations: { runbook_url: string } }).annotations.runbook_url,
      );
    assert.ok(urls().includes("docs/runbooks/claim-filling-up.md"));
    assert.ok(urls("https://x.example.org/r").includes("https://x.example.org/r/watchdog.md"));
  });

  it("are all shown to fire and not to fire", () => {
    const shown = Object.keys(cases).sort();
    const all = [
      ...new Set(
        alerts.filter(({ alert }) => alert !== "Watchdog").map(({ component, alert }) => `${component}/${alert}`),
      ),
    ];
    assert.deepEqual(shown, all.sort());
  });

  for (const index of everything.keys())
    it(`pass promtool check rules: stack ${index + 1}`, function () {
      if (!hasPromtool) {
        console.log("      skipped: promtool is not on PATH (Debian's prometheus)");
        return this.skip();
      }
      const { status, said } = promtool({ "rules.json": { groups: groupsOf(index) } }, "check", "rules", "rules.json");
      assert.equal(status, 0, said);
      assert.match(said, /SUCCESS: \d+ rules found/);
    });

  describe("on made-up series", () => {
    let results: ReadonlyMap<string, string>;
    before(function () {
      if (!hasPromtool) return this.skip();
      const scenarios = Object.entries(cases).flatMap(([name, rows]) =>
        rows.map((row, index) => [`${name} ${index + 1}`, scenario(name, row)] as const),
      );
      results = testRules(new Map([...scenarios, ["Watchdog", watchdog]]));
    });

    for (const [name, rows] of Object.entries(cases))
      for (const index of rows.keys())
        it(`${name} fires and does not, case ${index + 1}`, () => {
          assert.equal(results.get(`${name} ${index + 1}`), "SUCCESS");
        });

    it("Watchdog fires whatever happens", () => assert.equal(results.get("Watchdog"), "SUCCESS"));
  });
});

/** The rules of an alert, and tests that it fires and that it does not. */
function scenario(name: string, { fires, quiet, at = "60m", every = "1m" }: Case) {
  const [component, alert = ""] = name.split("/");
  // Both engines and gateways may define it: the series decide which one is meant.
  const own = groups
    .filter((group) => group.component === component)
    .map((group) => ({ ...group, alerts: group.alerts.filter((one) => one.alert === alert) }))
    .filter(({ alerts: left }) => left.length > 0);
  const test = (series: Series, firing: boolean) => ({
    interval: "1m",
    input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) > bool 0`,
        eval_time: at,
        exp_samples: firing ? [{ labels: "{}", value: 1 }] : [],
      },
    ],
  });
  return {
    groups: own.map((group, index) => ({ ...ruleGroup(group), name: `g${index}` })),
    every,
    tests: [test(fires, true), test(quiet, false)],
  };
}

const watchdog = {
  groups: groupsOf(0),
  every: "1m",
  tests: [
    {
      interval: "1m",
      input_series: [],
      promql_expr_test: [
        {
          expr: 'ALERTS{alertname="Watchdog"}',
          eval_time: "1m",
          exp_samples: [
            {
              labels: 'ALERTS{alertname="Watchdog",alertstate="firing",component="platform",severity="info"}',
              value: 1,
            },
          ],
        },
      ],
    },
  ],
};

/** The rules of one stack. */
function groupsOf(index: number) {
  const stack = everything[index];
  assert.ok(stack);
  return ruleGroups(...stack).map(({ group }) => group);
}
