import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

// `npm run bench`: where the time of a plan goes, each scenario in a process of its own, so that start-up is measured too.
const root = join(import.meta.dirname, "..");
const rounds = 3;

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
  readonly render: number;
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
    const [{ readStackFile }, { record }, { program }, { planOf }, files] = await Promise.all([
      import("./stack-file.ts"),
      import("./recorder.ts"),
      import("../index.ts"),
      import("./plan.ts"),
      import("./files.ts"),
    ]);
    mark();
    const list = Array.from({ length: databases ?? 0 }, (_, index) => `{name: db${index}, namespace: tenant${index}}`);
    const set = databases === undefined ? [] : [`postgresql.databases=[${list.join(", ")}]`];
    const recording = await record(program, stack, readStackFile(join(root, `Pulumi.${stack}.yaml`), set));
    mark();
    const plan = await planOf(stack, recording);
    mark();
    const texts = files.planFiles(plan);
    mark();
    files.writeFiles(join(out, "plan"), texts);
    mark();
    const [loaded = 0, recorded = 0, charts = 0, rendered = 0, written = 0] = marks;
    return {
      resources: recording.resources.length,
      startUp: loaded,
      record: recorded - loaded,
      charts: charts - recorded,
      render: rendered - charts,
      write: written - rendered,
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
  const columns = ["resources", "start-up", "record", "charts", "render", "write", "total ms", "ms each", "MiB"];
  console.log(`${"stack".padEnd(22)}${columns.map((column) => column.padStart(10)).join("")}`);
  for (const scenario of scenarios) {
    // The fastest of some rounds: what the machine does besides only ever adds.
    const all = Array.from({ length: rounds }, () => inProcess(scenario));
    const best = all.reduce((a, b) => (total(b) < total(a) ? b : a));
    const each = (total(best) - best.startUp) / best.resources;
    const figures = [best.resources, best.startUp, best.record, best.charts, best.render, best.write, total(best)].map(
      (value) => String(Math.round(value)),
    );
    console.log(
      `${scenario.name.padEnd(22)}${[...figures, each.toFixed(2), String(Math.round(best.memory))].map((figure) => figure.padStart(10)).join("")}`,
    );
  }
}

function total({ startUp, record, charts, render, write }: Figures): number {
  return startUp + record + charts + render + write;
}

const [scenario] = process.argv.slice(2);
if (scenario === undefined) main();
else console.log(JSON.stringify(await measure(JSON.parse(scenario) as Scenario)));
