import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Component } from "../kit/component.ts";
import type { Credential } from "../kit/credential.ts";
import { metricsEdges } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import type { Pods } from "../kit/pods.ts";
import { secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { deployment } from "../kit/workload.ts";
import { searchHost, searchPorts, searchUsers } from "./opensearch.ts";

/** The exporter: the stock image of OpenSearch brings none, and a plugin would have to be fetched at each start of a node. */
const image = "quay.io/prometheuscommunity/elasticsearch-exporter:v1.11.0";
const name = "opensearch-exporter";
const port = 9114;

/** The user `nobody` of the image. */
const runAs = { user: 65534, group: 65534 };

/** Where the exporter stands, and what it reads. */
export interface ExporterPlace {
  readonly namespace: string;
  readonly nodes: Pods<"http">;
  readonly authority: Keyed;
  /** What reads metrics. */
  readonly serviceMonitors: MetricsReader;
  /** Whether there are snapshots whose age is measured. */
  readonly snapshots: boolean;
}

/**
 * Metrics of the search cluster: an exporter that asks it as a user who may look at its state alone.
 * @param known the Job that makes the user known
 */
export function searchExporter(
  owner: Component,
  { authority, namespace, nodes, serviceMonitors, snapshots }: ExporterPlace,
  password: Credential,
  known: pulumi.Resource,
): void {
  const { ledger } = owner.environment;
  const own = secret(owner, "search-metrics-secret", { name, namespace }, { password: password.value });
  password.storedIn(own, "password", name);
  const exporter = deployment(
    owner,
    name,
    {
      name,
      namespace,
      // Two would measure the same cluster twice.
      replicas: 1,
      pod: {
        runAs,
        volumes: { authority: { from: authority } },
        containers: [
          {
            name: "exporter",
            image,
            args: [
              `--es.uri=https://${searchHost(namespace, owner.environment)}:${searchPorts.http}`,
              "--es.all",
              "--es.ca=/authority/ca.crt",
              "--es.timeout=10s",
              ...(snapshots ? ["--collector.snapshots"] : []),
              `--web.listen-address=:${port}`,
            ],
            env: { ES_USERNAME: searchUsers.metrics, ES_PASSWORD: { secret: own, key: "password" } },
            mounts: { "/authority": { volume: "authority", readOnly: true } },
            ports: { metrics: port },
            probes: {
              readiness: { check: { http: "/healthz", port: "metrics" } },
              liveness: { check: { tcp: "metrics" }, failureThreshold: 6 },
            },
            resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
          },
        ],
      },
    },
    { dependsOn: [known, own.resource, authority.resource] },
  );
  owner.object(
    CustomResource,
    "search-monitor",
    { name, namespace },
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PodMonitor",
      spec: {
        selector: { matchLabels: exporter.labels },
        podMetricsEndpoints: [
          // Each look asks every node, and the bucket for each snapshot.
          { port: "metrics", interval: "1m", scrapeTimeout: "30s" },
        ],
      },
    },
    { dependsOn: [serviceMonitors.ready] },
  );
  ledger.edges.push(
    { from: exporter.peer, to: nodes.peer, ports: [nodes.port("http")], purpose: "metrics of OpenSearch" },
    ...metricsEdges(serviceMonitors, exporter.peer, [exporter.port("metrics")]),
  );
  ledger.accepted.push({
    check: "GP050",
    object: `Deployment ${namespace}/${name}`,
    reason: "two would measure the same cluster twice",
  });
}
