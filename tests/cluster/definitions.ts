import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cachedChart } from "../charts/charts.ts";
import { definitions } from "./cluster.ts";

/** The files of definitions by the chart that brings them. */
const files: Readonly<Record<string, string>> = {
  "cert-manager": "cert-manager.yaml",
  "cloudnative-pg": "cloudnative-pg.yaml",
  kong: "kong.yaml",
  "mongodb-kubernetes": "mongodbcommunity.yaml",
  "prometheus-operator-crds": "prometheus-operator.yaml",
  traefik: "traefik.yaml",
  velero: "velero.yaml",
};

/** Charts with the definitions that a stack installs in a template. */
const templates: Readonly<Record<string, readonly string[]>> = {
  "argo-workflows": ["--show-only", "templates/crds.yaml", "--set", "crds.full=false"],
  // Helm built from source calls itself a cluster of 1.20, which the chart refuses.
  "plugin-barman-cloud": ["--show-only", "templates/crds/crds.yaml", "--kube-version", "1.33.0"],
};

/** The API groups of their kinds. */
const groups: Readonly<Record<string, string>> = {
  "argo-workflows": "argoproj.io",
  "plugin-barman-cloud": "barmancloud.cnpg.io",
};

/** The API groups whose definitions are not at hand, because a chart is not: a cluster does not know their kinds. */
export function unknownGroups(): string[] {
  return Object.entries(groups).flatMap(([chart, group]) => (cachedChart(chart) === undefined ? [group] : []));
}

/** The charts that bring definitions. */
export const definingCharts = [...Object.keys(files), ...Object.keys(templates)];

/** The definitions of kinds that a chart brings, in YAML; undefined where they are not at hand. */
export function definitionsOf(chart: string): string | undefined {
  const file = files[chart] === undefined ? undefined : join(definitions, files[chart]);
  if (file !== undefined) return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const shown = templates[chart];
  const archive = shown === undefined ? undefined : cachedChart(chart);
  if (shown === undefined || archive === undefined) return undefined;
  const { status, stdout } = spawnSync("helm", ["template", "definitions", archive, ...shown], { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}
