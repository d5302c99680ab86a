import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { planPage } from "../../plan/report/html.ts";
import { makePlan } from "../../plan/plan.ts";
import { extrasOf, review } from "../../plan/review.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { root, stackNamed } from "../stacks.ts";
import { TestBrowser } from "./browser.ts";

// `node tests/browser/screenshot.ts`: takes docs/plan.png, the picture of the README, anew.
const example = stackNamed("midpoint");
const browser = await TestBrowser.start();
try {
  const plan = await makePlan(example.name, readStackFile(example.file));
  const page = await browser.open(await planPage(plan, extrasOf(review(plan, "2026-11-21"), new Map())), {
    viewport: { width: 1280, height: 910 },
    colorScheme: "light",
  });
  writeFileSync(join(root, "docs", "plan.png"), await page.screenshot());
} finally {
  await browser.stop();
}
