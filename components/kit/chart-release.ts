import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { catalogue } from "./catalogue.ts";
import type { ChartName } from "./catalogue.ts";
import type { ChildOptions, Component } from "./component.ts";
import type { ChartPods } from "./ledger.ts";
import { hasNull, isNamed, overridden } from "./overrides.ts";
import { parseDuration } from "./quantities.ts";
import { mergeValues } from "./merge.ts";
import { pinnedValues } from "./pins.ts";
import { chartLocation, platformValues } from "./values.ts";
import type { Values } from "./merge.ts";

/** A release of a chart of the catalogue. */
export interface ChartReleaseSpec {
  readonly chart: ChartName;
  /** The release's name. The chart's values also set the full name, so that names of Services are known in advance. */
  readonly name: string;
  readonly namespace: string;
  /** Contains no secrets: charts get the names of Secrets. */
  readonly values: Values;
  /** The requests of its pods, for the totals of the plan. Default namespace: the release's. */
  readonly pods: readonly ChartPods[];
}

/**
 * Installs a chart with Helm: atomic, so that a failed release is rolled back and the next `up` tries again, and with the timeout of
 * the catalogue, because Pulumi's default is too short for software that first forms a cluster.
 */
export function chartRelease(
  owner: Component,
  role: string,
  spec: ChartReleaseSpec,
  options: ChildOptions = {},
): Release {
  const { environment } = owner;
  const { values: given, override } = environment.overrides;
  const own = mergeValues(platformValues(spec.chart, spec.namespace, environment), spec.values);
  const { values, changes } = overridden(
    mergeValues(own, pinnedValues(spec.chart, environment.images, own)),
    given[spec.name] ?? {},
    (path) => isNamed(override, spec.name, path),
  );
  const release = `${spec.namespace}/${spec.name}`;
  environment.ledger.overrides.push(...changes.map((change) => ({ release, ...change })));
  for (const group of spec.pods)
    environment.ledger.podGroups.push({ component: owner.label, namespace: spec.namespace, ...group });
  return owner.child(
    Release,
    role,
    {
      ...chartLocation(spec.chart, environment.charts),
      name: spec.name,
      namespace: spec.namespace,
      values,
      allowNullValues: hasNull(values) || undefined,
      atomic: true,
      timeout: parseDuration(catalogue[spec.chart].timeout),
    },
    options,
    spec.namespace,
  );
}
