import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makePlan } from "../../plan/plan.ts";
import { pageText } from "../../plan/report/html.ts";
import { reportOf } from "../../plan/report/report.ts";
import { review } from "../../plan/review.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { root, stackNamed } from "../stacks.ts";
import { TestBrowser } from "./browser.ts";

// `node tests/browser/screenshot.ts`: takes docs/plan.png, the picture of the README, anew.
const example = stackNamed("midpoint");
const browser = await TestBrowser.start();
try {
  const plan = await makePlan(example.name, readStackFile(example.file));
  const page = await browser.open(await pageText(reportOf(review(plan, "2026-11-21"))), {
    viewport: { width: 1280, height: 910 },
    colorScheme: "light",
  });
  writeFileSync(join(root, "docs", "plan.png"), await page.screenshot());
} finally {
  await browser.stop();
}
