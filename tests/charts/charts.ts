import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { chartFile } from "../../components/kit/catalogue.ts";
import type { ChartName } from "../../components/kit/catalogue.ts";
import { mergeValues } from "../../components/kit/merge.ts";
import { plannedReleases } from "../../plan/objects.ts";
import type { PlannedRelease } from "../../plan/objects.ts";
import { examples, recordStack, root, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

/** The folder with each chart's defaults and schema; it stands beside the project, where it is there at all. */
const shared = join(root, "..", "shared", "charts");

/** Charts inside a chart, by the key of its values that they get; a chart of its own has its defaults beside the project. */
const subcharts: Readonly<Record<string, readonly string[]>> = {
  "kube-prometheus-stack": ["grafana", "kube-state-metrics", "prometheus-node-exporter"],
};

/** The defaults of a chart, and its schema where it has one; undefined where neither is at hand. */
export function chartDefaults(name: string): { defaults: unknown; schema: unknown } | undefined {
  const text = (file: string) => {
    const path = join(shared, name, file);
    return existsSync(path) ? readFileSync(path, "utf8") : packaged(name, `${name}/${file}`);
  };
  const [values, schema] = ["values.yaml", "values.schema.json"].map(text);
  if (values === undefined) return undefined;
  const defaults = parse(values) as Values;
  for (const inner of subcharts[name] ?? []) {
    const own = chartDefaults(inner)?.defaults ?? packagedDefaults(name, inner);
    defaults[inner] = mergeValues((own ?? {}) as Values, (defaults[inner] ?? {}) as Values);
  }
  return {
    defaults,
    schema: schema === undefined ? undefined : (JSON.parse(schema) as unknown),
  };
}

type Values = Record<string, unknown>;

/** Whether the defaults of every chart inside a chart are at hand as well. */
export function knowsSubcharts(name: string): boolean {
  const shows = (inner: string) => existsSync(join(shared, inner, "values.yaml"));
  return cachedChart(name) !== undefined || (subcharts[name] ?? []).every(shows);
}

/** The defaults of a chart inside a chart of the cache. */
function packagedDefaults(chart: string, inner: string): unknown {
  const text = packaged(chart, `${chart}/charts/${inner}/values.yaml`);
  return text === undefined ? undefined : (parse(text) as unknown);
}

/** A file of a chart of the cache; undefined where the chart or the file is not there. */
function packaged(chart: string, path: string): string | undefined {
  const file = cachedChart(chart);
  if (file === undefined) return undefined;
  const { status, stdout } = spawnSync("tar", ["-xzOf", file, path], { encoding: "utf8", maxBuffer: 2 ** 24 });
  return status === 0 ? stdout : undefined;
}

/** The chart's file in the user's cache of charts, if it is there. */
export function cachedChart(name: string): string | undefined {
  const file = join(
    process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "groundplan",
    "charts",
    chartFile(name as ChartName),
  );
  return existsSync(file) ? file : undefined;
}

let helm: boolean | undefined;

/** Whether Helm is on PATH. */
export function hasHelm(): boolean {
  helm ??= spawnSync("helm", ["version", "--short"], { stdio: "ignore" }).status === 0;
  return helm;
}

/** Every stack, example and variant with its releases. */
export async function allReleases(): Promise<
  { stack: TestStack; release: PlannedRelease; nodeSelector: Record<string, string> }[]
> {
  const found = [];
  for (const stack of [...stacks, ...examples, ...variants]) {
    const { resources, result } = await recordStack(stack);
    for (const release of plannedReleases(resources))
      found.push({ stack, release, nodeSelector: { ...result.settings.placement.nodeSelector } });
  }
  return found;
}
