// What the software of the platform connects to, as its own documentation and charts say, written down apart from the ledger.
// The kubelet's probes are missing on purpose: policies never bind a pod's own node.
import type { Connection } from "./evaluator.ts";

export const component = "app.kubernetes.io/component";
export const node = `mp-demo ${component}=node`;

/**
 * From, to, and port: a pod is `namespace key=value`, with `#2` for the second of these; `user` in the place of the label is a
 * pod of an application of the user's own.
 */
export type Row = readonly [from: string, to: string, port: number, protocol?: Connection["protocol"]];

export const controller = `cert-manager ${component}=controller`;
export const webhook = `cert-manager ${component}=webhook`;
const cainjector = `cert-manager ${component}=cainjector`;
export const solver = "rdm acme.cert-manager.io/http01-solver=true";
export const keycloak = "keycloak app.kubernetes.io/name=keycloakx";
export const server = `sysdb ${component}=postgresql`;
export const pgpool = `sysdb ${component}=pgpool`;
export const job = `sysdb ${component}=database-job`;
export const instance = "sysdb cnpg.io/podRole=instance";
export const pooler = "sysdb cnpg.io/podRole=pooler";
export const operator = "sysdb app.kubernetes.io/name=cloudnative-pg";
export const barman = "sysdb app.kubernetes.io/name=plugin-barman-cloud";
export const objectStore = `object-store ${component}=server`;
export const recovered = "sysdb cnpg.io/cluster=pgsqlha-at-20261120030000";
export const recovery = "sysdb cnpg.io/jobRole=full-recovery";

/** cert-manager.io/docs, "Best Practice", "Network Requirements and Network Policy"; ports of the chart's pod templates. */
export const certManager: readonly Row[] = [
  [controller, "apiServer", 443],
  [controller, "apiServer", 6443],
  [webhook, "apiServer", 6443],
  [cainjector, "apiServer", 6443],
  // The hook that waits for the webhook asks the API server, which asks the webhook.
  [`cert-manager ${component}=startupapicheck`, "apiServer", 6443],
  ["apiServer", webhook, 10250],
  ["monitoring prometheus", controller, 9402],
  ["monitoring prometheus", webhook, 9402],
  ["monitoring prometheus", cainjector, 9402],
];
const alertmanager = "monitoring app.kubernetes.io/name=alertmanager";
const scraper = "monitoring app.kubernetes.io/name=prometheus";
export const grafana = "monitoring app.kubernetes.io/name=grafana";
const stateMetrics = "monitoring app.kubernetes.io/name=kube-state-metrics";
const prometheusOperator = `monitoring ${component}=prometheus-operator`;
const webhookJob = `monitoring ${component}=prometheus-operator-webhook`;

/**
 * prometheus-operator.dev, "Admission webhook" and "High Availability"; prometheus.io, "Alertmanager", "High Availability" (the mesh
 * speaks TCP and UDP); grafana.com/docs, "Configure high availability" of alerting; ports of the chart's pod templates.
 */
export const monitoring: readonly Row[] = [
  ["apiServer", prometheusOperator, 10250],
  [prometheusOperator, "apiServer", 6443],
  [webhookJob, "apiServer", 6443],
  [stateMetrics, "apiServer", 6443],
  [grafana, "apiServer", 6443],
  [scraper, "apiServer", 6443],
  [scraper, "private", 9100],
  [scraper, "private", 10250],
  [scraper, "coredns", 9153],
  [scraper, stateMetrics, 8080],
  [scraper, prometheusOperator, 10250],
  [scraper, alertmanager, 9093],
  [scraper, grafana, 3000],
  [scraper, `${scraper}#2`, 9090],
  [alertmanager, `${alertmanager}#2`, 9094],
  [alertmanager, `${alertmanager}#2`, 9094, "UDP"],
  [grafana, `${grafana}#2`, 9094],
  [grafana, `${grafana}#2`, 9094, "UDP"],
  [grafana, scraper, 9090],
  [grafana, alertmanager, 9093],
  [grafana, pgpool, 5432],
];
export const notMonitoring: readonly Row[] = [
  [grafana, "logging app.kubernetes.io/name=opensearch", 9200],
  ["rdm user", scraper, 9090],
  ["rdm user", alertmanager, 9093],
  ["alien", grafana, 3000],
  [alertmanager, "apiServer", 6443],
  [alertmanager, "public", 443],
  [grafana, "public", 443],
  [stateMetrics, pgpool, 5432],
  [scraper, pgpool, 5432],
];

const querier = `monitoring ${component}=query`;
const store = `monitoring ${component}=storegateway`;
const compactor = `monitoring ${component}=compactor`;

/** thanos.io, "Components": the querier asks side-cars and stores, by gRPC; who reads and writes blocks comes to the bucket. */
export const thanos: readonly Row[] = [
  [querier, scraper, 10901],
  [querier, store, 10901],
  [grafana, querier, 9090],
  [scraper, querier, 9090],
  [scraper, store, 10902],
  [scraper, compactor, 10902],
  [scraper, "public", 443],
  [store, "public", 443],
  [compactor, "public", 443],
];
export const notThanos: readonly Row[] = [
  [querier, "public", 443],
  [querier, store, 10902],
  [compactor, store, 10901],
  ["monitoring user", querier, 9090],
];

/** Conduit, or tuwunel. */
export const homeserver = `choppa ${component}=homeserver`;

const kong = `gateway ${component}=app`;
const kongMigrations = `gateway ${component}=init-migrations`;
export const traefik = "gateway app.kubernetes.io/name=traefik";

/** developer.konghq.com, "Default ports"; ports of the chart's pod templates. */
export const kongRows: readonly Row[] = [
  ["public", kong, 8000],
  ["public6", kong, 8443],
  [kong, pgpool, 5432],
  [kongMigrations, pgpool, 5432],
  [kong, "apiServer", 6443],
  ["apiServer", kong, 8080],
  ["monitoring prometheus", kong, 8100],
  ["monitoring prometheus", kong, 10255],
  // Its own look at a challenge, which the cluster hands straight to the gateway's pods.
  [controller, kong, 8000],
  [kong, solver, 8089],
];
export const kongRefused: readonly Row[] = [
  ["rdm user", kong, 8001],
  ["public", kong, 8001],
  ["monitoring user", kong, 8100],
  [kongMigrations, "apiServer", 6443],
  [kong, "rdm user", 8080],
  [kong, "public", 443],
];

export const opensearch = "logging app.kubernetes.io/name=opensearch";
export const mongodb = "logging app=graylog-mongodb-svc";
export const exporter = `logging ${component}=opensearch-exporter`;
export const collector = "log-collector app.kubernetes.io/name=fluent-bit";

/** Exporters: graylog.org, "Prometheus exporter"; mongodb-kubernetes, `spec.prometheus`; elasticsearch_exporter; Fluent Bit, "Monitoring". */
export const logging: readonly Row[] = [
  [exporter, opensearch, 9200],
  [scraper, exporter, 9114],
  [scraper, mongodb, 9216],
  [scraper, collector, 2020],
];
export const notLogging: readonly Row[] = [
  [exporter, opensearch, 9300],
  [exporter, mongodb, 27017],
  [scraper, opensearch, 9200],
  [opensearch, "public", 443],
  [scraper, mongodb, 27017],
  ["rdm user", exporter, 9114],
  ["logging user", mongodb, 9216],
];

export const acme: readonly Row[] = [
  [controller, "public", 443],
  [controller, "public6", 443],
];
