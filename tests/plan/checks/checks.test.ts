import assert from "node:assert/strict";
import { checks, runChecks } from "../../../plan/checks/checks.ts";
import type { CheckReport } from "../../../plan/checks/checks.ts";
import { cases } from "./cases/all.ts";
import { today } from "./cases/case.ts";
import type { Case } from "./cases/case.ts";
import { planOf } from "./draft.ts";
import { goodDraft } from "./good.ts";

/** The rows of docs/sources.md that the cases of a check show. */
const rows: Readonly<Record<string, string>> = {
  GP022: "X14: ",
  GP023: "X14: ",
  GP024: "X14: ",
  GP026: "X14: ",
  GP030: "X16: ",
  GP040: "X17: ",
  GP041: "X18: ",
  GP125: "N16: ",
  GP126: "N15: ",
  GP115: "X10: ",
};

function report({ when, today: day }: Pick<Case, "when" | "today">, exemptions: object[] = []): CheckReport {
  const draft = goodDraft();
  when(draft);
  draft.settings["exemptions"] = exemptions;
  return runChecks(planOf(draft), day ?? today);
}

function result({ results }: CheckReport, id: string) {
  const found = results.find((one) => one.id === id);
  assert.ok(found, id);
  return found;
}

// They show what each check finds in plans made up for it; what it finds in real stacks is in stacks.test.ts.
describe("checks", () => {
  it("hold nothing against the good plan, and look at something in it", () => {
    const { totals, results } = report({ when: () => undefined });
    assert.deepEqual(totals, { error: 0, warning: 0, info: 0 });
    assert.deepEqual(
      results.filter(({ examined }) => examined === 0).map(({ id }) => id),
      // Exemptions, a mirror, existing volumes, midPoint, a lock and tags of its own, AWS, external-dns, Argo Workflows, claims, and a
      // bucket with an archive are what the good plan lacks.
      [
        "GP001",
        "GP021",
        "GP109",
        "GP144",
        "GP146",
        "GP147",
        "GP150",
        "GP151",
        "GP152",
        "GP153",
        "GP154",
        "GP155",
        "GP156",
        "GP157",
        "GP158",
        "GP159",
        "GP160",
        "GP161",
        "GP163",
        "GP167",
        "GP168",
        "GP169",
        "GP172",
      ],
    );
  });

  it("each have a case in which they find something", () => {
    const found = new Set(cases.filter(({ finds }) => finds.length > 0).map(({ id }) => id));
    assert.deepEqual(
      checks.map(({ id }) => id).filter((id) => !found.has(id)),
      ["GP001"],
    );
  });

  for (const one of cases) {
    const { id, name, finds, also = [] } = one;
    it(`${rows[id] ?? ""}${id} ${finds.length > 0 ? "finds" : "leaves alone"}: ${name}`, () => {
      const full = report(one);
      const { examined, findings } = result(full, id);
      if (finds.length > 0) assert.ok(examined > 0, "nothing examined");
      assert.deepEqual(
        findings.map(({ object }) => object),
        finds.map(([object]) => object),
        JSON.stringify(findings, undefined, 1),
      );
      findings.forEach(({ message }, index) => assert.match(message, finds[index]?.[1] ?? /^$/));
      const dated = one.today === undefined ? [] : ["GP022", "GP023", "GP024", "GP025"];
      const others = full.results.filter(
        (other) => other.id !== id && other.findings.length > 0 && !dated.includes(other.id),
      );
      assert.deepEqual(
        others.map((other) => other.id),
        [...also].sort(),
        JSON.stringify(others, undefined, 1),
      );
    });

    if (finds.length > 0) {
      it(`${id} accepts with an exemption: ${name}`, () => {
        const objects = [...new Set(finds.map(([object]) => object))];
        const reason = "accepted by a test";
        const exempted = result(
          report(
            one,
            objects.map((object) => ({ check: id, object, reason, until: "2099-12-31" })),
          ),
          id,
        );
        assert.deepEqual(exempted.findings, []);
        const accepted = exempted.exempted.filter(({ by }) => by === "settings");
        assert.equal(accepted.length, finds.length);
        assert.ok(accepted.every((finding) => finding.reason === reason));
      });
    }
  }
});
