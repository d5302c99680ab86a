import assert from "node:assert/strict";
import { firstText } from "../../../plan/adopt/report.ts";
import type { Survey } from "../../../plan/adopt/survey.ts";

describe("what to run after adopt", () => {
  const none = { adopted: [], refused: [], unowned: [] } as unknown as Survey;

  it("is the import of what the cluster has", () => {
    const text = firstText({ ...none, adopted: ["Namespace app"] }, "prod");
    assert.match(text, /^Next:\n {2}npx pulumi preview --stack prod --import-file import\.json\n/);
  });

  it("is up where the cluster has nothing of the plan", () => {
    assert.match(firstText(none, "prod"), /nothing to adopt\. Next:\n {2}npx pulumi up --stack prod\n$/);
  });
});
