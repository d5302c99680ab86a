import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

// `npm run bench`: where the time of a plan goes, each scenario in a process of its own, so that start-up is measured too.
// It ends with exit code 1 where prod takes longer than its budget, or a large stack longer for each object than a small one.
const root = join(import.meta.dirname, "..");
const rounds = 3;

/** Milliseconds for prod with all checks and the page, charts from the cache, on two cores. */
const budget = 6000;

/** How many times longer an object of the largest stack may take than one of the stack a tenth of its size. */
const growth = 2;

interface Scenario {
  readonly name: string;
  readonly stack: string;
  /** Databases, in place of those of the stack. */
  readonly databases?: number;
}

interface Figures {
  readonly resources: number;
  /** Milliseconds. */
  readonly startUp: number;
  readonly record: number;
  readonly charts: number;
  readonly checks: number;
  /** Manifests, page, Markdown and JSON. */
  readonly reports: number;
  readonly write: number;
  /** Mebibytes. */
  readonly memory: number;
}

const scenarios: Scenario[] = [
  { name: "dev", stack: "dev" },
  { name: "prod", stack: "prod" },
  { name: "dev, 10 databases", stack: "dev", databases: 10 },
  { name: "dev, 100 databases", stack: "dev", databases: 100 },
  { name: "dev, 1000 databases", stack: "dev", databases: 1000 },
];

/** Plans once, as the command line does, and says how long each part took. */
async function measure({ stack, databases }: Scenario): Promise<Figures> {
  module.enableCompileCache(join(root, "node_modules", ".cache", "groundplan"));
  const out = mkdtempSync(join(tmpdir(), "groundplan-bench-"));
  try {
    const marks: number[] = [];
    const mark = () => marks.push(performance.now());
    await import("commander");
    const [{ readStackFile }, { record }, { program }, { planOf }, { review }, { reviewFiles }, files] =
      await Promise.all([
        import("./stack-file.ts"),
        import("./recorder.ts"),
        import("../index.ts"),
        import("./plan.ts"),
        import("./review.ts"),
        import("./output.ts"),
        import("./files.ts"),
      ]);
    mark();
    const list = Array.from({ length: databases ?? 0 }, (_, index) => `{name: db${index}, namespace: tenant${index}}`);
    const set = databases === undefined ? [] : [`postgresql.databases=[${list.join(", ")}]`];
    const recording = await record(program, stack, readStackFile(join(root, `Pulumi.${stack}.yaml`), set));
    mark();
    const plan = await planOf(stack, recording);
    mark();
    const reviewed = review(plan, "2026-11-21");
    mark();
    const texts = await reviewFiles(reviewed);
    mark();
    files.writeFiles(join(out, "plan"), texts);
    mark();
    const [loaded = 0, recorded = 0, charts = 0, checked = 0, reported = 0, written = 0] = marks;
    return {
      resources: recording.resources.length,
      startUp: loaded,
      record: recorded - loaded,
      charts: charts - recorded,
      checks: checked - charts,
      reports: reported - checked,
      write: written - reported,
      memory: process.resourceUsage().maxRSS / 1024,
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function inProcess(scenario: Scenario): Figures {
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, JSON.stringify(scenario)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Figures;
}

function main(): void {
  const columns = [
    "resources",
    "start-up",
    "record",
    "charts",
    "checks",
    "reports",
    "write",
    "total ms",
    "ms each",
    "MiB",
  ];
  console.log(`${"stack".padEnd(22)}${columns.map((column) => column.padStart(10)).join("")}`);
  const found = new Map<string, Figures>();
  for (const scenario of scenarios) {
    // The fastest of some rounds: what the machine does besides only ever adds.
    const all = Array.from({ length: rounds }, () => inProcess(scenario));
    const best = all.reduce((a, b) => (total(b) < total(a) ? b : a));
    found.set(scenario.name, best);
    const { resources, startUp, record, charts, checks, reports, write } = best;
    const figures = [resources, startUp, record, charts, checks, reports, write, total(best)].map((value) =>
      String(Math.round(value)),
    );
    console.log(
      `${scenario.name.padEnd(22)}${[...figures, each(best).toFixed(2), String(Math.round(best.memory))].map((figure) => figure.padStart(10)).join("")}`,
    );
  }
  process.exitCode = judge(found) ? 0 : 1;
}

/** Whether prod keeps to its budget, and time grows with the number of objects and not faster. */
function judge(found: ReadonlyMap<string, Figures>): boolean {
  const [prod, hundred, thousand] = ["prod", "dev, 100 databases", "dev, 1000 databases"].map((name) =>
    found.get(name),
  );
  if (prod === undefined || hundred === undefined || thousand === undefined) throw new Error("a scenario is missing");
  const times = each(thousand) / each(hundred);
  console.log(
    `\nprod: ${Math.round(total(prod))} of ${budget} ms; an object of 1000 databases: ${times.toFixed(2)} times one of 100, ${growth} allowed`,
  );
  return total(prod) <= budget && times <= growth;
}

/** Milliseconds for one resource, without the start-up. */
function each(figures: Figures): number {
  return (total(figures) - figures.startUp) / figures.resources;
}

function total({ startUp, record, charts, checks, reports, write }: Figures): number {
  return startUp + record + charts + checks + reports + write;
}

const [scenario] = process.argv.slice(2);
if (scenario === undefined) main();
else console.log(JSON.stringify(await measure(JSON.parse(scenario) as Scenario)));
