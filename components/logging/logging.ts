import { createHash } from "node:crypto";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Gateway, IdentityProvider, LogInput, LogsBinding, MongodbBinding } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { Component, keepsData, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import { metricsEdges, monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { fullHost } from "../kit/names.ts";
import type { Pods } from "../kit/pods.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import type { Trusted } from "../kit/trust.ts";
import { collector } from "./collector/collector.ts";
import type { CollectorArgs } from "./collector/collector.ts";
import { graylogClient, loggingCredentials } from "./credentials.ts";
import { configurationJob } from "./graylog/configuration-job.ts";
import { inputProtocol } from "./graylog/configuration.ts";
import type { ContentChoices } from "./graylog/configuration.ts";
import { openInputs } from "./graylog/outside.ts";
import { programTexts } from "./graylog/program.ts";
import type { GroupRole } from "./graylog/login-shape.ts";
import * as graylog from "./graylog/values.ts";
import type { MongodbShape } from "./mongodb.ts";
import { mongodbServers } from "./mongodb-servers.ts";
import type { MongodbConsumer, MongodbStore } from "./mongodb-servers.ts";
import type { SearchShape } from "./opensearch.ts";
import { externalSearch, searchCluster } from "./search-cluster.ts";
import type { ExternalSearch, SearchStore, SnapshotArgs } from "./search-cluster.ts";

/** What the component is told. */
export interface LoggingArgs {
  readonly namespace: string;
  /** The namespace of the collector, whose pods see the nodes' files. */
  readonly collectorNamespace: string;
  readonly mongodb: Omit<MongodbShape, "measured" | "namespace" | "storageClass">;
  readonly search:
    | ({ readonly kind: "opensearch"; readonly snapshots?: SnapshotArgs | undefined } & Omit<
        SearchShape,
        "namespace" | "storageClass"
      >)
    | ({ readonly kind: "external" } & ExternalSearch);
  readonly graylog: Pick<
    graylog.GraylogShape,
    "replicas" | "heap" | "resources" | "storage" | "journal" | "processors"
  > &
    Omit<ContentChoices, "userHeader"> & {
      /** `NAME` for NAME.DOMAIN, or a full host name. */
      readonly host: string;
      readonly groups: readonly GroupRole[];
      readonly otherwise: string | null;
    };
  readonly collector: CollectorArgs & { readonly enabled: boolean };
  /** CA certificates of an external search cluster and of snapshots' object store. Default: public CAs only. */
  readonly trusted?: Trusted;
  /** What reads metrics; undefined: nothing does, and no ServiceMonitor is made. */
  readonly serviceMonitors?: MetricsReader;
  /** Pods that read the logs of the stack's own search cluster beside Graylog; undefined: none do. */
  readonly reader?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  /** Where people come in, and who says who they are; undefined: Graylog is reached by port-forward only. */
  readonly entrance?: { readonly gateway: Gateway; readonly identity: IdentityProvider };
}

type Servers = ReturnType<typeof graylog.graylogServers>;

/** Logs: Graylog with MongoDB and OpenSearch, its content as code, and Fluent Bit on every node. */
export class Logging extends Component {
  /** How the reader reads logs. */
  readonly logs?: LogsBinding;
  private readonly args: LoggingArgs;
  private readonly database: MongodbStore;

  constructor(environment: Environment, args: LoggingArgs, options: pulumi.ComponentResourceOptions) {
    super("logging:Logging", "logging", "graylog", environment, options);
    this.args = args;
    const servers = graylog.graylogServers(args.namespace);
    const shape = { ...args.mongodb, namespace: args.namespace, storageClass: environment.storageClass("fast") };
    this.database = mongodbServers(this, shape, servers.peer, args.serviceMonitors);
    const search = this.search(servers);
    this.logs = search.logs;
    const sources = { ...this.accounts(), mongodb: this.database.uri, search: search.uri };
    const entrance = this.entrance(servers, sources.own);
    const release = this.graylog(
      servers,
      { ...sources, searchAuthority: search.authority, trusted: args.trusted, login: entrance?.login },
      entrance?.url,
      [...this.database.ready, ...search.ready],
    );
    const configured = configurationJob(
      this,
      { namespace: args.namespace, content: args.graylog, behindLogin: args.entrance !== undefined },
      sources,
      release,
    );
    openInputs(this, args.graylog.inputs, servers);
    if (args.collector.enabled)
      collector(this, args.collector, {
        namespace: args.collectorNamespace,
        graylog: servers.peer,
        inputs: args.graylog.inputs,
        serviceMonitors: args.serviceMonitors,
        ready: [release, configured],
      });
    this.notes();
  }

  /** Access to Graylog's database on MongoDB, for backups. */
  mongodb(consumer: MongodbConsumer): MongodbBinding {
    return this.database.given(consumer);
  }

  /**
   * An input that receives the logs of applications.
   * @throws RangeError where no input has the title
   */
  input(title: string): LogInput {
    const { graylog: args, namespace } = this.args;
    const found = args.inputs.find((one) => one.title === title);
    if (found === undefined) throw new RangeError(`Graylog has no input "${title}"`);
    const protocol = inputProtocol(found.kind);
    const service = graylog.inputServices[protocol === "UDP" ? "udp" : "tcp"];
    const { peer } = graylog.graylogServers(namespace);
    return { host: serviceHost(this.environment, service, namespace), port: found.port, protocol, peer };
  }

  private search({ peer: client }: Pods): SearchStore {
    const { graylog: args, namespace, reader, search, serviceMonitors, trusted } = this.args;
    if (search.kind === "external") return externalSearch(this, namespace, search, client);
    const storageClass = this.environment.storageClass("bulk");
    const indexSets = args.indexSets.map(({ prefix, title }) => ({ title, prefix, pattern: `${prefix}_*` }));
    return searchCluster(this, { ...search, namespace, storageClass }, client, {
      serviceMonitors,
      reader: reader && { kind: "pods", ...reader },
      indexSets,
      trusted,
    });
  }

  private accounts(): { root: Keyed; people: SecretKey; own: SecretKey } {
    const { namespace } = this.args;
    const pepper = new Credential(this, "password-secret", loggingCredentials.passwordSecret);
    const root = new Credential(this, "root-password", loggingCredentials.root);
    const own = new Credential(this, "configuration-password", loggingCredentials.configuration);
    const sha2 = root.value.apply((value) => createHash("sha256").update(value).digest("hex"));
    const read = secret(
      this,
      "root-secret",
      { name: "graylog-root", namespace },
      {
        "graylog-password-secret": pepper.value,
        "graylog-password-sha2": sha2,
      },
      outlives(this.environment),
    );
    // Apart from what Graylog reads, so that a new password of the Job's leaves it running.
    const logins = secret(this, "admin-secret", { name: "graylog-admin", namespace }, { password: root.value });
    const working = secret(
      this,
      "configuration-secret",
      { name: "graylog-configuration", namespace },
      { password: own.value },
      outlives(this.environment),
    );
    pepper.storedIn(read, "graylog-password-secret", "graylog");
    root.storedIn(read, "graylog-password-sha2", "graylog");
    root.storedIn(logins, "password", "the configuration Job, and people who need the first administrator");
    own.storedIn(working, "password", "the configuration Job");
    return { root: read, people: { secret: logins, key: "password" }, own: { secret: working, key: "password" } };
  }

  /** A host with a login before it, where there is a gateway: the user's own name reaches Graylog, and a role by group. */
  private entrance(
    servers: Servers,
    own: SecretKey,
  ): { url: string; login: { program: Keyed; own: SecretKey } } | undefined {
    const { entrance, graylog: args, namespace } = this.args;
    if (entrance === undefined) return undefined;
    const { gateway, identity } = entrance;
    const program = configMap(
      this,
      "login-program",
      { name: "graylog-entrance", namespace },
      programTexts("login"),
      outlives(this.environment),
    );
    const service = "graylog-entrance";
    const port = servers.port("login");
    this.object(
      Service,
      "login-service",
      // Its pods start later: nothing waits for them here.
      { name: service, namespace, annotations: { "pulumi.com/skipAwait": "true" } },
      { spec: { selector: servers.labels, ports: [{ name: "login", port, targetPort: port }] } },
    );
    this.environment.ledger.groupRoles.push(...args.groups.map((one) => ({ application: "Graylog", ...one })));
    const host = fullHost(args.host, this.environment.domain);
    const client = identity.client({
      ...graylogClient,
      consumer: { namespace },
      redirectUris: [gateway.loginRedirectUri(host)],
      groupsIn: gateway.loginGroups,
    });
    const exposure = gateway.expose({
      host: args.host,
      purpose: "Graylog: search in logs",
      service: servers.behind(service, "login"),
      login: { client, removeAuthorization: true },
      sticky: true,
      maxBodySize: "20Mi",
      streams: true,
    });
    return { url: exposure.url, login: { program, own } };
  }

  private graylog(
    servers: Servers,
    sources: graylog.GraylogSources,
    url: string | undefined,
    ready: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const { graylog: args, namespace, serviceMonitors } = this.args;
    const shape: graylog.GraylogShape = {
      ...args,
      namespace,
      storageClass: this.environment.storageClass("fast"),
      url,
      login: url === undefined ? undefined : { roles: args.groups, otherwise: args.otherwise },
      serviceMonitor: serviceMonitors !== undefined,
    };
    const account = this.object(
      ServiceAccount,
      "account",
      { name: graylog.graylogName, namespace },
      { automountServiceAccountToken: false },
      outlives(this.environment),
    );
    const { ledger } = this.environment;
    ledger.edges.push(...metricsEdges(serviceMonitors, servers.peer, [servers.port("metrics")]));
    // Each node of Graylog asks the others, and the leader gathers their answers.
    ledger.edges.push({
      from: servers.peer,
      to: servers.peer,
      ports: [servers.port("web")],
      purpose: "Graylog between its nodes",
    });
    ledger.services.push({
      name: "graylog",
      address: `${serviceHost(this.environment, "graylog-web", namespace)}:${servers.port("web")}`,
      purpose: "Graylog's web interface and API, as the user admin",
    });
    return chartRelease(
      this,
      "graylog",
      {
        chart: "graylog",
        name: graylog.graylogName,
        namespace,
        values: graylog.graylogValues(shape, this.environment, sources),
        pods: graylog.graylogPods(shape),
      },
      {
        ...keepsData(this.environment),
        dependsOn: [
          ...ready,
          account,
          sources.root.resource,
          ...(sources.trusted === undefined ? [] : [sources.trusted.resource]),
          ...(sources.login === undefined ? [] : [sources.login.program.resource, sources.login.own.secret.resource]),
          ...monitorKinds(serviceMonitors),
        ],
      },
    );
  }

  private notes(): void {
    const { namespace, search } = this.args;
    const { exemptions } = this.environment.ledger;
    const raises = search.kind === "opensearch" && search.mapCount === "init";
    exemptions.push({
      namespace,
      level: raises ? "privileged" : "baseline",
      reason: raises
        ? "a container of OpenSearch's pods raises vm.max_map_count on their nodes"
        : "Graylog's chart gives the journal's volume to Graylog by a container that runs as root",
    });
  }
}
