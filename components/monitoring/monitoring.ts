import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import type { ComponentResourceOptions, Output, Resource } from "@pulumi/pulumi";
import { bucketSecrets } from "../kit/bindings.ts";
import type { Bucket, DatabaseBinding, Exposure, LogsBinding, OidcClient } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component, keepsData, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost, unusualDomain } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { combinedChecksum, configMap, secret, userSecret } from "../kit/secret.ts";
import type { Keyed, UserSecrets } from "../kit/secret.ts";
import { stableJson } from "../kit/stable.ts";
import type { Trusted } from "../kit/trust.ts";
import type { Watched } from "../kit/watched.ts";
import { alertmanagerConfig, receiversSecret, receiverSecrets } from "./alertmanager.ts";
import { grafanaCredentials } from "./credentials.ts";
import { monitoringEdges } from "./edges.ts";
import { acceptedFindings } from "./accepted.ts";
import { dataSources } from "./data-sources.ts";
import { dashboardJson, dashboards } from "./dashboard.ts";
import { dashboardLabel, grafanaConnections, grafanaRoles, grafanaValues } from "./grafana.ts";
import { pluginEdges } from "./logs.ts";
import { ruleGroups } from "./rules.ts";
import { monitoringPods, thanosName } from "./pods.ts";
import { exposeMonitoring, grafanaClient } from "./hosts.ts";
import type { Entrances, Exposures } from "./hosts.ts";
import { names } from "./shape.ts";
import type { MonitoringShape, ThanosShape } from "./shape.ts";
import { objstore, objstoreConfig, sidecarValues, thanosEdges, thanosPodGroups, thanosValues } from "./thanos.ts";
import { stackPods, stackValues } from "./stack-values.ts";

/** What the component is told. */
export interface MonitoringArgs extends MonitoringShape, Entrances {
  /** The namespace of the pods that look at their nodes: its Pod Security level is `privileged`. */
  readonly nodesNamespace: string;
  /** Address below which the pages of docs/runbooks stand. */
  readonly runbooks?: string;
  /** The user's secrets, by name. */
  readonly secrets: UserSecrets;
  /** CA certificates of receivers, mail servers and the object store. Default: public CAs only. */
  readonly trusted?: Trusted;
  /** The release of the definitions. */
  readonly definitions: Resource;
  /** The bucket of long-term metrics, where the shape asks for them. */
  readonly bucket?: Bucket;
  /** Grafana's database. */
  readonly database: DatabaseBinding;
  /** Logs that Grafana shows; left out: none. */
  readonly logs?: LogsBinding;
}

/** What alerts and dashboards are about. */
export interface WatchedStack {
  /** The namespaces of the stack, for alerts and the dashboard about all of them. */
  readonly namespaces: readonly string[];
  /** The alerts and dashboards of the stack's components. */
  readonly watched: readonly Watched[];
}

/** Metrics of all time: where the bucket is, in a Secret, and what changes when the Secret or the bucket's keys do. */
interface LongTerm {
  readonly shape: ThanosShape;
  readonly bucket: Bucket;
  readonly configuration: Keyed;
  readonly checksum: Output<string>;
}

/** Prometheus, Alertmanager and Grafana, with the exporters of the cluster itself. */
export class Monitoring extends Component {
  readonly release: Release;
  /** The password of Grafana's own administrator, which is the way in if the identity provider is down. */
  readonly adminPassword: Output<string>;
  private readonly args: MonitoringArgs;

  constructor(environment: Environment, args: MonitoringArgs, options: ComponentResourceOptions) {
    super("monitoring:Monitoring", "monitoring", "kube-prometheus-stack", environment, options);
    this.args = args;
    const admin = new Credential(this, "grafana-admin", grafanaCredentials.admin);
    this.adminPassword = admin.value;
    const own = this.grafanaSecret(admin);
    const client = grafanaClient(environment, args);
    const alerting = this.alerting();
    const exposures = exposeMonitoring(args);
    const longTerm = this.longTerm();
    this.release = this.stack({ own, client, alerting, exposures, longTerm });
    if (longTerm !== undefined) this.thanos(longTerm);
    this.record();
  }

  /** Creates all alerts and dashboards, when the namespaces and components of the stack are known. */
  seal(watched: WatchedStack): void {
    this.alerts(watched);
    this.dashboards(watched);
  }

  /** One ConfigMap for each dashboard: Grafana's side-car finds it by its label. */
  private dashboards({ namespaces, watched }: WatchedStack): void {
    const { namespace } = this.args;
    for (const dashboard of dashboards(namespaces, watched)) {
      const name = `dashboard-${dashboard.component}`;
      const data = { [`${dashboard.component}.json`]: stableJson(dashboardJson(dashboard)) };
      configMap(this, name, { name, namespace, labels: dashboardLabel }, data);
    }
  }

  /** One PrometheusRule for each component: the operator's webhook has checked it before Prometheus reads it. */
  private alerts({ namespaces, watched }: WatchedStack): void {
    const { namespace, runbooks } = this.args;
    for (const { component, group } of ruleGroups(namespaces, watched, runbooks)) {
      this.object(
        CustomResource,
        `alerts-${component}`,
        { name: `groundplan-${component}`, namespace },
        {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PrometheusRule",
          spec: { groups: [group] },
        },
        { dependsOn: [this.release] },
      );
    }
  }

  private stack(given: {
    own: Keyed;
    client: OidcClient | undefined;
    alerting: readonly Keyed[];
    exposures: Exposures;
    longTerm: LongTerm | undefined;
  }): Release {
    const { own, client, alerting, exposures, longTerm } = given;
    const { bucket, database, definitions, logs, namespace, nodesNamespace, trusted } = this.args;
    const storageClass = this.environment.storageClass("fast");
    const grafanaReads = [
      own,
      database.password.secret,
      ...(client?.clientSecret ? [client.clientSecret.secret] : []),
      ...(logs === undefined ? [] : [logs.password.secret, logs.authority]),
      ...(trusted === undefined ? [] : [trusted]),
    ];
    const [configuration] = alerting;
    const nodes = this.environment.namespaces.get(nodesNamespace);
    const url = (exposure: Exposure | undefined) => exposure?.url;
    return chartRelease(
      this,
      "release",
      {
        chart: "kube-prometheus-stack",
        name: names.release,
        namespace,
        values: {
          ...stackValues(this.args, {
            stack: this.environment.stack,
            clusterDomain: unusualDomain(this.environment),
            nodesNamespace,
            alertmanagerConfig: configuration?.name ?? "",
            storageClass,
            sidecar: longTerm && sidecarValues(longTerm.bucket, longTerm.checksum, trusted),
            trusted,
            prometheusUrl: url(exposures.prometheus),
            alertmanagerUrl: url(exposures.alertmanager),
          }),
          grafana: grafanaValues(this.args.grafana, {
            cluster: this.environment.cluster,
            namespace,
            database,
            adminSecret: own.name,
            secretKey: { secret: own, key: "secret-key" },
            client,
            url: url(exposures.grafana),
            checksum: combinedChecksum(grafanaReads),
            dataSources: dataSources(this.args, this.environment),
            logs,
            trusted,
          }),
        },
        pods: stackPods(this.args, nodesNamespace, storageClass),
      },
      {
        ...keepsData(this.environment),
        dependsOn: [
          definitions,
          database.ready,
          ...(longTerm === undefined ? [] : [longTerm.configuration.resource]),
          ...(bucket === undefined ? [] : [bucket.ready]),
          ...(logs === undefined ? [] : [logs.ready]),
          ...alerting.map(({ resource }) => resource),
          ...grafanaReads.map(({ resource }) => resource),
          ...(client === undefined ? [] : [client.ready]),
          ...(nodes === undefined ? [] : [nodes]),
        ],
      },
    );
  }

  /** What tells the side-cars and Thanos where the bucket is. */
  private longTerm(): LongTerm | undefined {
    const { bucket, namespace, thanos: shape, trusted } = this.args;
    if (shape === undefined || bucket === undefined) return undefined;
    const place = { name: objstore.secretName, namespace };
    const data = { [objstore.secretKey]: `${stableJson(objstoreConfig(bucket), 2)}\n` };
    const configuration = secret(this, "objstore", place, data, outlives(this.environment));
    const checksum = combinedChecksum([
      configuration,
      ...bucketSecrets(bucket.access),
      ...(trusted === undefined ? [] : [trusted]),
    ]);
    return { shape, bucket, configuration, checksum };
  }

  private thanos({ shape, bucket, checksum }: LongTerm): void {
    const { namespace, trusted } = this.args;
    const { cluster } = this.environment;
    const storageClass = this.environment.storageClass("bulk");
    chartRelease(
      this,
      "thanos",
      {
        chart: "thanos",
        name: thanosName,
        namespace,
        values: thanosValues(shape, bucket, { namespace, storageClass, checksum, cluster, trusted }),
        pods: thanosPodGroups(shape, storageClass),
      },
      { ...keepsData(this.environment), dependsOn: [this.release, bucket.ready] },
    );
    this.environment.ledger.edges.push(...thanosEdges(namespace));
    this.environment.ledger.accepted.push({
      check: "GP050",
      object: `StatefulSet ${namespace}/${thanosName}-compactor`,
      reason: "two compactors of one bucket would delete each other's blocks",
    });
  }

  private grafanaSecret(admin: Credential): Keyed {
    const key = new Credential(this, "grafana-secret-key", grafanaCredentials.secretKey);
    const made = secret(
      this,
      "grafana-secret",
      { name: "grafana-admin", namespace: this.args.namespace },
      { "admin-password": admin.value, "admin-user": "admin", "secret-key": key.value },
      // Nor could Grafana's database be read without the key.
      outlives(this.environment),
    );
    admin.storedIn(made, "admin-password", "grafana");
    key.storedIn(made, "secret-key", "grafana");
    return made;
  }

  /** The Secret with Alertmanager's configuration, and that with what its receivers ask for. */
  private alerting(): Keyed[] {
    const { alertmanager, namespace, secrets } = this.args;
    const wanted = Object.entries(receiverSecrets(alertmanager)).map(
      ([key, name]) => [key, userSecret(secrets, name)] as const,
    );
    const kept = outlives(this.environment);
    const configuration = { "alertmanager.yaml": `${stableJson(alertmanagerConfig(alertmanager), 2)}\n` };
    return [
      secret(this, "alertmanager-config", { name: "alertmanager-config", namespace }, configuration, kept),
      ...(wanted.length === 0
        ? []
        : [
            secret(
              this,
              "alertmanager-receivers",
              { name: receiversSecret, namespace },
              Object.fromEntries(wanted),
              kept,
            ),
          ]),
    ];
  }

  private record(): void {
    const { database, gateway, grafana, identityProvider, logs, namespace, nodesNamespace } = this.args;
    const { accepted, edges, exemptions, groupRoles, pools, services } = this.environment.ledger;
    if (gateway !== undefined && identityProvider !== undefined) groupRoles.push(...grafanaRoles(grafana));
    edges.push(...monitoringEdges(this.args, namespace, this.environment));
    const pods = monitoringPods(namespace);
    if (logs !== undefined) edges.push(...pluginEdges(grafana.logs, pods.grafana.peer));
    exemptions.push({
      namespace: nodesNamespace,
      level: "privileged",
      reason: "node-exporter reads its node's file systems, processes and network: /proc, /sys and / of the host",
    });
    accepted.push(...acceptedFindings(namespace, nodesNamespace));
    if (typeof database.host === "string")
      pools.push({
        consumer: names.grafana,
        database: database.database,
        host: database.host,
        connections: grafanaConnections,
        replicas: grafana.replicas,
      });
    services.push(
      {
        name: "prometheus",
        address: `${serviceHost(this.environment, names.prometheus, namespace)}:${pods.servers.port("http")}`,
        purpose: "metrics of the cluster and of the platform, by HTTP",
      },
      {
        name: "alertmanager",
        address: `${serviceHost(this.environment, names.alertmanager, namespace)}:${pods.alertmanagers.port("http")}`,
        purpose: "alerts, by HTTP",
      },
    );
  }
}
