import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { catalogue } from "./catalogue.ts";
import type { ChartName } from "./catalogue.ts";
import type { ChildOptions, Component } from "./component.ts";
import type { ChartPods } from "./ledger.ts";
import { parseDuration } from "./quantities.ts";
import { chartLocation, mergeValues, platformValues } from "./values.ts";
import type { Values } from "./values.ts";

/** A release of a chart of the catalogue. */
export interface ChartReleaseSpec {
  readonly chart: ChartName;
  /** The release's name. The chart's own values also fix the full name, so that Services can be named before anything runs. */
  readonly name: string;
  readonly namespace: string;
  /** No secret: charts get the names of Secrets. */
  readonly values: Values;
  /** What its pods ask for, for the sums of the plan; without a namespace, in the release's own. */
  readonly pods: readonly ChartPods[];
}

/**
 * Installs a chart with Helm: atomic, so that a failed release leaves nothing and the next `up` simply tries again, and with
 * the timeout of the catalogue, since Pulumi's own is too short for what forms a cluster first.
 */
export function chartRelease(
  owner: Component,
  role: string,
  spec: ChartReleaseSpec,
  options: ChildOptions = {},
): Release {
  const { environment } = owner;
  for (const group of spec.pods)
    environment.ledger.podGroups.push({ component: owner.label, namespace: spec.namespace, ...group });
  return owner.child(
    Release,
    role,
    {
      ...chartLocation(spec.chart, environment.charts),
      name: spec.name,
      namespace: spec.namespace,
      values: mergeValues(platformValues(spec.chart, environment), spec.values),
      atomic: true,
      timeout: parseDuration(catalogue[spec.chart].timeout),
    },
    options,
    spec.namespace,
  );
}
