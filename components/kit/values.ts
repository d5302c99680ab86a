import { catalogue } from "./catalogue.ts";
import type { Chart, ChartName, ChartSource } from "./catalogue.ts";
import { chartFile, chartVersion } from "./catalogue.ts";
import { placed } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { parseImage } from "./images.ts";
import { mergeValues } from "./merge.ts";
import type { Values } from "./merge.ts";
import { podExtras, podPriority, podValues } from "./pod-extras.ts";
import type { Priority } from "./priority.ts";

/**
 * Values that every chart gets: placement, priority, labels and annotations of pods, pull secrets, mirror and the checksum of a local
 * file.
 * @param namespace that of the release
 */
export function platformValues(
  name: ChartName,
  namespace: string,
  environment: Pick<Environment, "placement" | "images" | "charts" | "stack" | "pods">,
): Values {
  const chart: Chart = catalogue[name];
  const { placement, images, charts } = environment;
  const paths: [string, unknown][] = [];
  const { nodeSelector, tolerations } = placed(placement);
  if (nodeSelector !== undefined) for (const path of chart.nodeSelector) paths.push([path, nodeSelector]);
  if (tolerations !== undefined) for (const path of chart.tolerations) paths.push([path, tolerations]);
  for (const [priority, places = []] of Object.entries(chart.priorities))
    for (const path of places) paths.push([path, podPriority(environment, namespace, priority as Priority)]);
  const extras = podExtras(environment, namespace);
  for (const kind of ["labels", "annotations"] as const)
    if (Object.keys(extras[kind]).length > 0)
      for (const path of podValues[name]?.[kind] ?? []) paths.push([path, { ...extras[kind] }]);
  if (images.pullSecret !== undefined && chart.pullSecrets !== undefined) {
    const { path, shape } = chart.pullSecrets;
    paths.push([path, [shape === "names" ? images.pullSecret : { name: images.pullSecret }]]);
  }
  if (images.mirror !== undefined) {
    if ("registry" in chart.images) paths.push([chart.images.registry, images.mirror]);
    else if ("registries" in chart.images)
      for (const path of chart.images.registries) paths.push([path, images.mirror]);
    else {
      for (const [path, repository] of Object.entries(chart.images.repositories)) {
        paths.push([path, `${images.mirror}/${parseImage(repository).repository}`]);
      }
    }
  }
  // Pulumi compares a local chart by its path only. `global` is the only key where every chart accepts an unknown value.
  if (charts.kind === "folder") paths.push(["global.chartChecksum", charts.checksums[chartFile(name, charts)]]);
  return paths.reduce<Values>((values, [path, value]) => mergeValues(values, nested(path, value)), {});
}

/** The location of a chart: arguments of a release. */
export function chartLocation(
  name: ChartName,
  source: ChartSource,
): { chart: string; version?: string; repositoryOpts?: { repo: string } } {
  const { repository } = catalogue[name];
  const version = chartVersion(name, source);
  // A local file's name contains its version; the path stays relative, because Pulumi compares it as text.
  if (source.kind === "folder") return { chart: `${source.path}/${chartFile(name, source)}` };
  if (source.kind === "oci") return { chart: `${source.registry}/${name}`, version };
  if (repository.startsWith("oci://")) return { chart: `${repository}/${name}`, version };
  return { chart: name, version, repositoryOpts: { repo: repository } };
}

/** A value at a dotted path of otherwise empty values. */
export function nested(path: string, value: unknown): Values {
  return path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
}
