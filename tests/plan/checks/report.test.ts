import assert from "node:assert/strict";
import { chartAcceptances } from "../../../plan/checks/accepted.ts";
import { checks, runChecks } from "../../../plan/checks/checks.ts";
import { proofOf } from "../../../plan/checks/proof.ts";
import { today } from "./cases/case.ts";
import { containerOf, one, planOf, release } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { goodDraft } from "./good.ts";

const web = "Deployment app/web";
const reason = "accepted by a test";

/** The good plan with two containers without probes, and the exemptions of a stack. */
function draftOf(exemptions: object[], change: (draft: Draft) => unknown = () => undefined): Draft {
  const draft = goodDraft();
  delete containerOf(draft, web).readinessProbe;
  delete containerOf(draft, "Deployment app/logs").readinessProbe;
  draft.settings["exemptions"] = exemptions;
  change(draft);
  return draft;
}

function reportOf(...args: Parameters<typeof draftOf>) {
  const report = runChecks(planOf(draftOf(...args)), today);
  const result = (id: string) => {
    const found = report.results.find((each) => each.id === id);
    assert.ok(found);
    return found;
  };
  return { report, probes: result("GP012"), exemptions: result("GP001") };
}

const probes = (object: string, until = "2099-12-31") => ({ check: "GP012", object, reason, until });

describe("exemptions", () => {
  it("accept what they name, until their last day and on it", () => {
    const { probes: result, exemptions } = reportOf([probes(web, today)]);
    assert.deepEqual(
      result.findings.map(({ object }) => object),
      ["Deployment app/logs"],
    );
    assert.deepEqual(result.exempted, [
      { object: web, message: "lacks readinessProbe", container: "web", by: "settings", reason, until: today },
    ]);
    assert.deepEqual([exemptions.examined, exemptions.findings], [1, []]);
  });

  it("accept nothing the day after, and the report says so", () => {
    const { probes: result, exemptions } = reportOf([probes(web, "2026-09-30")]);
    assert.equal(result.findings.length, 2);
    assert.deepEqual(result.exempted, []);
    assert.deepEqual(result.expired, [{ object: web, reason, until: "2026-09-30", findings: 1 }]);
    assert.deepEqual(exemptions.findings, []);
  });

  it("give way to a later one for the same object", () => {
    const { probes: result } = reportOf([probes(web, "2026-09-30"), probes(web)]);
    assert.equal(result.exempted[0]?.until, "2099-12-31");
    assert.equal(result.expired.length, 1);
  });

  it("take any rest for a * at the end, and nothing else for one", () => {
    assert.deepEqual(reportOf([probes("Deployment app/*")]).probes.findings, []);
    assert.deepEqual(reportOf([probes("*")]).probes.findings, []);
    assert.equal(reportOf([{ ...probes("Deployment app/*"), check: "GP011" }]).probes.findings.length, 2);
    const { probes: result, exemptions } = reportOf([probes("Deployment */web")]);
    assert.equal(result.findings.length, 2);
    assert.match(exemptions.findings[0]?.message ?? "", /^is not needed/);
  });

  const useless: [string, object, RegExp][] = [
    ["nothing is held against", probes("Deployment app/other"), /^is not needed: GP012 has no finding for/],
    ["is over and not needed", probes("Job app/x", "2020-01-01"), /, and expired on 2020-01-01$/],
    ["belongs to another check", { ...probes(web), check: "GP011" }, /GP011 has no finding/],
    [
      "names no check",
      { ...probes(web), check: "GP112" },
      /^names a check that does not exist; did you mean GP01[0-9]\?$/,
    ],
    ["is of the check of exemptions", { ...probes(web), check: "GP001" }, /whose findings cannot be accepted$/],
  ];
  for (const [what, exemption, message] of useless) {
    it(`that nothing needs are findings themselves: one that ${what}`, () => {
      const { exemptions, report } = reportOf([exemption]);
      assert.equal(exemptions.findings.length, 1);
      assert.match(exemptions.findings[0]?.message ?? "", message);
      assert.equal(report.totals.warning, 1);
    });
  }

  it("are not judged while what they name may be in a chart that was not rendered", () => {
    const hidden = { release: "app/hidden", reason: "helm is not on PATH" };
    const unseen = reportOf([probes("Deployment app/hidden")], (draft) => draft.notRendered.push(hidden));
    assert.deepEqual(unseen.exemptions.findings, []);
    const seen = reportOf([probes("ConfigMap app/web")], (draft) => draft.notRendered.push(hidden));
    assert.equal(seen.exemptions.findings.length, 1);
  });

  it("are not needed for what a chart or a component accepts", () => {
    const { probes: result, exemptions } = reportOf([probes(web)], (draft) => {
      draft.ledger.accepted = [{ check: "GP012", object: "Deployment app/*", reason: "they only send" }];
    });
    assert.deepEqual(
      result.exempted.map(({ by, reason: why }) => `${by}: ${why}`),
      ["component: they only send", "component: they only send"],
    );
    assert.equal(exemptions.findings.length, 1);
  });
});

describe("what charts accept", () => {
  it("goes for the chart's own objects and the named container only", () => {
    const [known] = chartAcceptances;
    assert.ok(known);
    const inChart = (chart: string, container: string) =>
      reportOf([], (draft) => {
        draft.releases.push(release("app", "charted", chart));
        one(draft, web).release = "app/charted";
        containerOf(draft, web).name = container;
      }).probes.exempted.map(({ by }) => by);
    assert.deepEqual(inChart(known.chart, known.container ?? ""), ["chart"]);
    assert.deepEqual(inChart(known.chart, "other"), []);
    assert.deepEqual(inChart("other", known.container ?? ""), []);
  });
});

describe("the report", () => {
  it("is the same for equal plans, whatever the order of their objects", () => {
    const first = runChecks(planOf(draftOf([])), today);
    const second = runChecks(planOf(draftOf([], (draft) => draft.objects.reverse())), today);
    assert.equal(JSON.stringify(second), JSON.stringify(first));
    assert.deepEqual(
      first.results.map(({ id }) => id),
      checks.map(({ id }) => id).sort(),
    );
  });

  it("names each finding once", () => {
    const { report } = reportOf([], (draft) => {
      for (const name of ["ONE", "TWO"])
        (containerOf(draft, web).env as object[]).push({
          name,
          valueFrom: { configMapKeyRef: { name: "none", key: "a" } },
        });
    });
    assert.equal(report.results.find(({ id }) => id === "GP095")?.findings.length, 1);
  });

  it("counts what is left by severity", () => {
    assert.deepEqual(reportOf([probes(web)]).report.totals, { error: 1, warning: 0, info: 0 });
  });
});

describe("checks themselves", () => {
  it("have an id of their own, a reason and a fix in whole sentences", () => {
    assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
    for (const { id, title, reason: why, fix } of checks) {
      assert.match(id, /^GP[0-9]{3}$/);
      assert.match(title, /^[A-Z`].*[^.]$/, id);
      assert.match(why, /^[A-Z`].*\.$/, id);
      assert.match(fix, /^[A-Z`].*\.$/, id);
    }
  });
});

describe("the proof", () => {
  it("X9: adds up, and holds no date but today and the ends of exemptions", () => {
    const plan = planOf(
      draftOf([probes(web)], (draft) => {
        draft.ledger.exemptions.push({ namespace: "app", level: "privileged", reason: "it owns the disks" });
        containerOf(draft, web).securityContext.privileged = true;
      }),
    );
    const proof = proofOf(runChecks(plan, today), plan);
    assert.deepEqual(proof.pods, { templates: 4, lasting: 8, jobs: 0 });
    for (const rule of proof.rules) assert.equal(rule.held + rule.exempted + rule.failed, rule.examined, rule.id);
    const rule = (id: string) => proof.rules.find((each) => each.id === id);
    assert.deepEqual(rule("GP012"), {
      id: "GP012",
      title: rule("GP012")?.title,
      severity: "error",
      examined: 3,
      held: 1,
      exempted: 1,
      failed: 1,
    });
    assert.equal(rule("GP013")?.exempted, 1);
    const security = runChecks(plan, today).results.find(({ id }) => id === "GP013");
    assert.deepEqual(security?.exempted, [
      { object: web, message: "is privileged", container: "web", by: "component", reason: "it owns the disks" },
    ]);
    assert.deepEqual(
      proof.exemptions.map(({ check, object, by, until }) => [check, object, by, until]),
      [
        ["GP012", web, "settings", "2099-12-31"],
        ["GP013", web, "component", undefined],
      ],
    );
    const dates = JSON.stringify({ ...proof, rules: [] }).match(/\d{4}-\d{2}-\d{2}/g);
    assert.deepEqual(dates, [today, "2099-12-31"]);
    assert.deepEqual(JSON.parse(JSON.stringify(proof)), proof);
  });
});
