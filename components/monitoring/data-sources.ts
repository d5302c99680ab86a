import type { Bucket, LogsBinding } from "../kit/bindings.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { logsSources } from "./logs.ts";
import { monitoringPods, thanosName, thanosPods } from "./pods.ts";
import { names } from "./shape.ts";
import type { DataSource, MonitoringShape } from "./shape.ts";

/** What there is to show. */
export interface Shown extends Pick<MonitoringShape, "prometheus" | "thanos"> {
  readonly namespace: string;
  readonly bucket?: Bucket;
  readonly logs?: LogsBinding;
}

/** What Grafana shows: a store of metrics over all time where there is one, alerts, and logs. */
export function dataSources(
  { bucket, logs, namespace, prometheus, thanos }: Shown,
  environment: Pick<Environment, "cluster">,
): DataSource[] {
  const longTerm = thanos !== undefined && bucket !== undefined;
  const { alertmanagers, servers } = monitoringPods(namespace);
  const address = (service: string, port: number) => `http://${serviceHost(environment, service, namespace)}:${port}`;
  return [
    {
      name: "Prometheus",
      type: "prometheus",
      uid: "prometheus",
      url: address(names.prometheus, servers.port("http")),
      isDefault: !longTerm,
      jsonData: { httpMethod: "POST", timeInterval: prometheus.scrapeInterval },
    },
    ...(longTerm
      ? [
          {
            name: "Thanos",
            type: "prometheus",
            uid: "thanos",
            url: address(`${thanosName}-query`, thanosPods(namespace).query.port("query")),
            isDefault: true,
            jsonData: { httpMethod: "POST", prometheusType: "Thanos", timeInterval: prometheus.scrapeInterval },
          },
        ]
      : []),
    {
      name: "Alertmanager",
      type: "alertmanager",
      uid: "alertmanager",
      url: address(names.alertmanager, alertmanagers.port("http")),
      jsonData: { handleGrafanaManagedAlerts: false, implementation: "prometheus" },
    },
    ...(logs === undefined ? [] : logsSources(logs)),
  ];
}
