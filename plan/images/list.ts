import type { ChartName } from "../../components/kit/catalogue.ts";
import { parseImage, upstreamName } from "../../components/kit/images.ts";
import { compare } from "../../components/kit/stable.ts";
import { record } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { chartLocation } from "../../components/kit/values.ts";
import { imagesOf } from "../checks/software.ts";
import type { Plan } from "../plan.ts";
import type { Config } from "../recorder.ts";

/** An image that a stack uses, at its own registry. */
export interface StackImage {
  /** `registry/repository:tag`. */
  readonly name: string;
  /** The digest in the reference itself, as `sha256:…`. Default: the image is pulled by tag. */
  readonly digest?: string;
  /** `Kind namespace/name` of the objects whose pods use it, sorted. */
  readonly users: readonly string[];
}

/** A chart that a stack installs. */
export interface StackChart {
  readonly name: string;
  readonly version: string;
  /** Where Helm finds it: arguments of `helm pull`, or the path of a file. */
  readonly source:
    { readonly kind: "pull"; readonly args: readonly string[] } | { readonly kind: "file"; readonly path: string };
}

/** The software of a stack. */
export interface Inventory {
  readonly images: readonly StackImage[];
  readonly charts: readonly StackChart[];
  /** Names without a tag, which operators complete: they can be neither pinned nor copied. */
  readonly untagged: readonly string[];
  /** Releases whose images are unknown, because they were not rendered. */
  readonly unseen: readonly string[];
}

/** The setting `images` of a configuration; empty where it is not an object, which the settings' own check reports. */
export function imagesSetting({ secretKeys, values }: Config): Data {
  if (secretKeys.includes("groundplan:images")) return {};
  try {
    return record(JSON.parse(values["groundplan:images"] ?? "{}"));
  } catch {
    return {};
  }
}

/** The configuration of a stack without its mirror and its lock: its plan has every image at its own registry, by tag. */
export function upstreamConfig(config: Config): Config {
  const { lock, mirror, ...rest } = imagesSetting(config);
  if (lock === undefined && mirror === undefined) return config;
  return { ...config, values: { ...config.values, "groundplan:images": JSON.stringify(rest) } };
}

/** Every image and chart of a plan that was made with {@link upstreamConfig}. */
export function inventory(plan: Plan): Inventory {
  const users = new Map<string, { digest?: string; users: Set<string> }>();
  const untagged = new Set<string>();
  for (const { image, pod } of imagesOf(plan)) {
    const reference = parseImage(image);
    const name = upstreamName(reference);
    if (reference.tag === undefined && reference.digest === undefined) {
      untagged.add(name);
      continue;
    }
    const entry = users.get(name) ?? { digest: reference.digest, users: new Set() };
    entry.users.add(pod.owner);
    users.set(name, entry);
  }
  const charts = new Map(plan.releases.map(({ chart, version }) => [chart, version]));
  return {
    images: [...users]
      .map(([name, { digest, users: owners }]) => ({ name, digest, users: [...owners].sort(compare) }))
      .sort((a, b) => compare(a.name, b.name)),
    charts: [...charts]
      .map(([name, version]) => ({ name, version, source: sourceOf(name as ChartName, version, plan) }))
      .sort((a, b) => compare(a.name, b.name)),
    untagged: [...untagged].sort(compare),
    unseen: plan.notRendered.map(({ release }) => release).sort(compare),
  };
}

/** The repository of a chart, or the path of its file. */
export function repositoryOf({ source }: StackChart): string {
  if (source.kind === "file") return source.path;
  const flag = source.args.indexOf("--repo");
  return (flag < 0 ? source.args[0] : source.args[flag + 1]) ?? "";
}

function sourceOf(name: ChartName, version: string, { settings: { chartSource } }: Plan): StackChart["source"] {
  const { chart, repositoryOpts } = chartLocation(name, chartSource);
  if (chartSource.kind === "folder") return { kind: "file", path: chart };
  const repository = repositoryOpts === undefined ? [] : ["--repo", repositoryOpts.repo];
  return { kind: "pull", args: [chart, ...repository, "--version", version] };
}

/** The inventory as a table for a terminal. @param digests the digests of the lock, by image */
export function inventoryText(
  { images, charts, unseen, untagged }: Inventory,
  digests: Readonly<Record<string, string>>,
): string {
  const lines = images.flatMap(({ name, digest = digests[name], users }) => [
    name,
    ...(digest === undefined ? [] : [`  ${digest}`]),
    ...users.map((user) => `  ${user}`),
  ]);
  return [
    `${images.length} images:`,
    ...lines,
    "",
    `${charts.length} charts:`,
    ...charts.map((chart) => `${chart.name} ${chart.version}  ${repositoryOf(chart)}`),
    ...(untagged.length === 0 ? [] : ["", `Names without a tag, which operators complete: ${untagged.join(", ")}`]),
    ...(unseen.length === 0
      ? []
      : [
          "",
          `The images of ${unseen.length} releases are missing, because their charts were not rendered: ${unseen.join(", ")}`,
        ]),
    "",
  ].join("\n");
}
