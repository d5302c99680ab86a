import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { chartRelease } from "../kit/chart-release.ts";
import { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { monitoringPods } from "./pods.ts";

/**
 * The Prometheus operator's custom resource definitions, in a release of their own before everything that may carry a
 * ServiceMonitor: charts either fail without the definitions or leave their ServiceMonitors out without a word.
 */
export class MonitoringDefinitions extends Component {
  readonly reader: MetricsReader;

  constructor(environment: Environment, namespace: string, options: ComponentResourceOptions) {
    super(
      "monitoring:MonitoringDefinitions",
      "monitoring-definitions",
      "prometheus-operator-crds",
      environment,
      options,
    );
    const name = "prometheus-operator-crds";
    const ready = chartRelease(this, "release", { chart: name, name, namespace, values: {}, pods: [] });
    const { peer } = monitoringPods(namespace).servers;
    this.reader = { peer, ready };
    environment.ledger.metricsReaders.push(peer);
  }
}
