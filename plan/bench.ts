import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import module from "node:module";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

// `npm run bench`: where the processor time of a plan goes, each scenario in a process of its own, so that start-up is measured
// too. It ends with exit code 1 where a plan takes more than its bounds, or a large stack more for each object than a small one.
const root = join(import.meta.dirname, "..");
const rounds = 3;

/** Milliseconds of processor time for prod with all checks and the page: twice what an idle machine takes. */
const budget = 4000;

/** How many times the processor time of `helm template` prod may take, Helm included: nothing cached, and all cached. */
const timesHelm = { cold: 2.8, warm: 1.25 };

/** Mebibytes that a plan may take. */
const mostMemory = 300;

/** How many times longer an object of the largest stack may take than one of the stack a tenth of its size. */
const growth = 2;

interface Scenario {
  readonly name: string;
  readonly stack: string;
  /** Databases, in place of those of the stack. */
  readonly databases?: number;
}

/** Processor time is in milliseconds, without that of Helm. */
interface Figures {
  readonly resources: number;
  readonly startUp: number;
  readonly record: number;
  /** Fetching and rendering charts, or reading them from the cache. */
  readonly charts: number;
  readonly checks: number;
  /** Manifests, page, Markdown and JSON. */
  readonly reports: number;
  readonly write: number;
  /** Mebibytes. */
  readonly memory: number;
  /** Releases that could not be rendered. */
  readonly notRendered: number;
}

const scenarios: Scenario[] = [
  { name: "dev", stack: "dev" },
  { name: "prod", stack: "prod" },
  { name: "dev, 10 databases", stack: "dev", databases: 10 },
  { name: "dev, 100 databases", stack: "dev", databases: 100 },
  { name: "dev, 1000 databases", stack: "dev", databases: 1000 },
];

/** Plans once, as the command line does, and says what each part took. */
async function measure({ stack, databases }: Scenario): Promise<Figures> {
  module.enableCompileCache(join(root, "node_modules", ".cache", "groundplan"));
  const out = mkdtempSync(join(tmpdir(), "groundplan-bench-"));
  try {
    const marks: number[] = [];
    const mark = () => {
      const { user, system } = process.cpuUsage();
      marks.push((user + system) / 1000);
    };
    await import("./unused-sdk.ts");
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
      notRendered: plan.notRendered.length,
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** What a scenario took, and the milliseconds of processor time of the programs that it started: those of Helm. */
interface Run extends Figures {
  readonly helm: number;
}

/** @param cache the folder of the user's cache */
function inProcess(scenario: Scenario, cache: string): Run {
  // `times` prints two lines: what the shell itself took, and what all that it waited for took.
  const command = '"$0" "$@" && times';
  const args = [process.execPath, "--max-semi-space-size=16", import.meta.filename, JSON.stringify(scenario)];
  const { stdout, stderr, status } = spawnSync("sh", ["-c", command, ...args], {
    encoding: "utf8",
    env: { ...process.env, XDG_CACHE_HOME: cache },
  });
  if (status !== 0) throw new Error(stderr);
  const [json = "", , children = ""] = stdout.split("\n");
  const { self, ...figures } = JSON.parse(json) as Figures & { self: number };
  const all = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  return { ...figures, helm: Math.max(0, all.reduce((a, b) => a + b, 0) * 1000 - self) };
}

/** The run of some that took least: what the machine does besides only ever adds. */
function best(runs: readonly Run[]): Run {
  return runs.reduce((a, b) => (total(b) < total(a) ? b : a));
}

function repeated(make: () => Run): Run {
  return best(Array.from({ length: rounds }, make));
}

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

function line(name: string, run: Run): string {
  const { resources, startUp, record, charts, checks, reports, write, memory } = run;
  const figures = [resources, startUp, record, charts, checks, reports, write, total(run)].map((value) =>
    String(Math.round(value)),
  );
  const all = [...figures, each(run).toFixed(2), String(Math.round(memory))];
  return `${name.padEnd(22)}${all.map((figure) => figure.padStart(10)).join("")}`;
}

function main(): void {
  console.log(`${"stack".padEnd(22)}${columns.map((column) => column.padStart(10)).join("")}`);
  const user = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const found = new Map<string, Run>();
  for (const scenario of scenarios) {
    const run = repeated(() => inProcess(scenario, user));
    found.set(scenario.name, run);
    console.log(line(scenario.name, run));
  }
  const kept = judge(found);
  process.exitCode = judgeCharts(user) && kept ? 0 : 1;
}

/** Whether prod keeps to its bounds, and time grows with the number of objects and not faster. */
function judge(found: ReadonlyMap<string, Run>): boolean {
  const [dev, prod, hundred, thousand] = ["dev", "prod", "dev, 100 databases", "dev, 1000 databases"].map((name) =>
    found.get(name),
  );
  if (dev === undefined || prod === undefined || hundred === undefined || thousand === undefined)
    throw new Error("a scenario is missing");
  const times = each(thousand) / each(hundred);
  const memory = Math.max(dev.memory, prod.memory);
  console.log(
    `\nprod: ${Math.round(total(prod))} of ${budget} ms; memory: ${Math.round(memory)} of ${mostMemory} MiB; an object of 1000 databases: ${times.toFixed(2)} times one of 100, ${growth} allowed`,
  );
  return total(prod) <= budget && memory <= mostMemory && times <= growth;
}

/**
 * Whether prod with its charts keeps to its bound, as a ratio to the `helm template` of the same charts and values that the
 * plan itself runs, so that a busy machine slows both.
 */
function judgeCharts(user: string): boolean {
  const home = mkdtempSync(join(tmpdir(), "groundplan-bench-cache-"));
  const scenario = { name: "prod", stack: "prod" };
  try {
    const charts = join(user, "groundplan", "charts");
    mkdirSync(join(home, "groundplan"));
    if (existsSync(charts)) symlinkSync(charts, join(home, "groundplan", "charts"));
    const empty = (folder: string) => {
      rmSync(join(home, "groundplan", folder), { recursive: true, force: true });
    };
    const rendered = (folders: readonly string[]) => {
      folders.forEach(empty);
      return inProcess(scenario, home);
    };
    const cold = repeated(() => rendered(["renders", "layouts"]));
    if (cold.helm === 0 || cold.notRendered > 0) {
      console.log(
        `\ncharts: not measured, since ${cold.notRendered} could not be rendered (helm on PATH, charts in ${charts})`,
      );
      return true;
    }
    const changed = repeated(() => rendered(["renders"]));
    const warm = repeated(() => inProcess(scenario, home));
    console.log("");
    for (const [name, run] of [
      ["prod, nothing cached", cold],
      ["prod, charts rendered", changed],
      ["prod, all cached", warm],
    ] as const)
      console.log(line(name, run));
    const ratio = (run: Run) => ((total(run) + run.helm) / cold.helm).toFixed(2);
    console.log(
      `\nhelm template of the same charts and values: ${Math.round(cold.helm)} ms. With it, nothing cached takes ${ratio(cold)} times as much, ${timesHelm.cold} allowed; charts rendered ${ratio(changed)} times; all cached ${ratio(warm)} times, ${timesHelm.warm} allowed`,
    );
    return Number(ratio(cold)) <= timesHelm.cold && Number(ratio(warm)) <= timesHelm.warm;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
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
else {
  const figures = await measure(JSON.parse(scenario) as Scenario);
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ ...figures, self: (user + system) / 1000 }));
}
