import assert from "node:assert/strict";
import { graphOf } from "../../../plan/report/graph.ts";
import { mermaid } from "../../../plan/report/mermaid.ts";
import { hostile, planWith, prodPlan } from "./plans.ts";

describe("the Mermaid flowchart", () => {
  it("has a box for each set of pods, and a line for each pair that talks", async () => {
    const graph = graphOf(await prodPlan());
    const text = mermaid(graph) ?? "";
    assert.equal(
      text.split("\n").filter((line) => line.includes(" --> ")).length,
      graph.links.filter(({ kind }) => kind === "connection").length,
    );
    assert.match(text, /subgraph n\d+\["sysdb"\]\n(.*\n)*? {4}n\d+\["pgsqlha-pgpool<br>Deployment × 3"\]/);
  });

  it("takes no character of a name for its own", async () => {
    const plan = await prodPlan();
    for (const name of hostile) {
      for (const line of (mermaid(graphOf(planWith(plan, name))) ?? "").split("\n")) {
        const bare = line.replaceAll("<br>", "").replace(/"[^"]*"/, "");
        assert.match(bare, /^(flowchart LR| *end| *(subgraph )?n\d+\[\]| {2}n\d+ (-- {2}-->|-\.->) n\d+)$/, line);
        assert.doesNotMatch(line.replaceAll("<br>", "").replace(" --> ", "").replace(" -.-> ", ""), /[`<>@#&|\\]/);
      }
    }
  });

  it("is left out where there is too much to draw, or nothing", () => {
    assert.equal(mermaid({ boxes: [], groups: [], links: [] }), undefined);
    const link = { id: "l", from: "a", to: "b", kind: "connection", purposes: [], ports: [] } as const;
    assert.equal(mermaid({ boxes: [], groups: [], links: Array.from({ length: 200 }, () => link) }), undefined);
  });
});
