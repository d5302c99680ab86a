import * as pulumi from "@pulumi/pulumi";
import { bucketSecrets } from "../kit/bindings.ts";
import type { Bucket, LogsBinding } from "../kit/bindings.ts";
import { chartRelease } from "../kit/chart-release.ts";
import { keepsData, outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import type { PodPeer } from "../kit/pods.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import type { Trusted } from "../kit/trust.ts";
import { job } from "../kit/workload.ts";
import { loggingCredentials } from "./credentials.ts";
import type { Store } from "./mongodb-servers.ts";
import * as opensearch from "./opensearch.ts";
import { searchCertificates } from "./search-certificates.ts";
import { searchExporter } from "./search-exporter.ts";
import { snapshotNode } from "./snapshots/policy.ts";
import type { SnapshotShape } from "./snapshots/policy.ts";
import { snapshotJob } from "./snapshots/snapshots.ts";

/** A search cluster that exists. */
export interface ExternalSearch {
  /** URIs with user and password, separated by commas. */
  readonly hosts: pulumi.Output<string>;
  readonly port: number;
  readonly cidrs: readonly string[];
}

/** A search cluster, and the CA of its certificates if clients do not trust it already. */
export interface SearchStore extends Store {
  readonly authority?: Keyed;
  /** How other programs read its logs. Default: they do not. */
  readonly logs?: LogsBinding;
}

const securityRole = "search-security-job";

/** The Secret with the search cluster's address, user and password. */
const access = "search-access";

/** Gives Graylog a search cluster that exists. */
export function externalSearch(
  owner: Component,
  namespace: string,
  { hosts, port, cidrs }: ExternalSearch,
  client: PodPeer,
): SearchStore {
  const own = secret(owner, "search-access", { name: access, namespace }, { uri: hosts }, outlives(owner.environment));
  const to = { kind: "outside", cidrs } as const;
  owner.environment.ledger.edges.push({
    from: client,
    to,
    ports: [port],
    purpose: "the search cluster that exists",
  });
  return { uri: { secret: own, key: "uri" }, ready: [own.resource] };
}

/** How snapshots are taken, and where they go. */
export interface SnapshotArgs {
  readonly shape: SnapshotShape;
  readonly bucket: Bucket;
}

/** Who uses the search cluster beside Graylog. */
export interface SearchOnlookers {
  /** What reads metrics; undefined: nothing does, and no ServiceMonitor is made. */
  readonly serviceMonitors?: MetricsReader;
  /** Pods that read logs; undefined: none do. */
  readonly reader?: PodPeer;
  /** What they may read, and what snapshots keep. */
  readonly indexSets: LogsBinding["indexSets"];
  /** CA certificates of the object store of snapshots, and of the host of its plugin. Default: public CAs only. */
  readonly trusted?: Trusted;
}

/** OpenSearch with TLS between all, and users with generated passwords. */
export function searchCluster(
  owner: Component,
  { snapshots, ...shape }: opensearch.SearchShape & { readonly snapshots?: SnapshotArgs | undefined },
  client: PodPeer,
  { indexSets, reader: readingPods, serviceMonitors, trusted }: SearchOnlookers,
): SearchStore {
  const { environment } = owner;
  const { namespace } = shape;
  const password = new Credential(owner, "search-password", loggingCredentials.search);
  const host = opensearch.searchHost(namespace, environment);
  const nodes = opensearch.searchNodes(namespace);
  const http = nodes.port("http");
  const uri = password.value.apply((value) => `https://${opensearch.searchUser}:${value}@${host}:${http}`);
  const own = secret(owner, "search-access", { name: access, namespace }, { uri }, outlives(environment));
  password.storedIn(own, "uri", "graylog");
  const certificates = searchCertificates(
    owner,
    namespace,
    opensearch.searchHosts(shape, environment),
    keepsData(environment),
  );
  const metrics = serviceMonitors && new Credential(owner, "search-metrics-password", loggingCredentials.searchMetrics);
  const reader = readingPods && new Credential(owner, "search-reader-password", loggingCredentials.searchReader);
  const users = [password, metrics, reader].filter((user) => user !== undefined);
  const readable = indexSets.map(({ pattern }) => pattern);
  const security = securitySecret(
    owner,
    namespace,
    { graylog: password, metrics, reader },
    { readable, snapshots: snapshots !== undefined },
  );
  for (const user of users) user.storedIn(security, "internal_users.yml", "opensearch");
  const release = chartRelease(
    owner,
    "search",
    {
      chart: "opensearch",
      name: opensearch.searchName,
      namespace,
      values: opensearch.searchValues(
        shape,
        environment,
        { certificates: certificates.node, security },
        snapshots && { ...snapshotNode(snapshots.shape, snapshots.bucket), trusted },
      ),
      pods: opensearch.searchPods(shape),
    },
    {
      ...keepsData(environment),
      dependsOn: [
        certificates.node.resource,
        security.resource,
        ...(snapshots === undefined || trusted === undefined ? [] : [trusted.resource]),
        ...(snapshots === undefined ? [] : bucketSecrets(snapshots.bucket.access).map(({ resource }) => resource)),
      ],
    },
  );
  const { peer } = nodes;
  environment.ledger.edges.push(
    { from: peer, to: peer, ports: [nodes.port("transport")], purpose: "OpenSearch between its nodes" },
    { from: client, to: peer, ports: [http], purpose: "Graylog's indices" },
    { from: owner.pods(securityRole, namespace).peer, to: peer, ports: [http], purpose: "users of OpenSearch" },
    ...(readingPods === undefined ? [] : [{ from: readingPods, to: peer, ports: [http], purpose: "reads logs" }]),
  );
  const sources = { security, administrator: certificates.administrator };
  const what = [
    users.map(({ rotation }) => rotation),
    ...(reader === undefined ? [] : [readable]),
    ...(snapshots === undefined ? [] : ["snapshots"]),
  ];
  const known = securityJob(owner, namespace, sources, what, release);
  const { authority } = certificates;
  if (serviceMonitors !== undefined && metrics !== undefined)
    searchExporter(
      owner,
      { namespace, nodes, authority, serviceMonitors, snapshots: snapshots !== undefined },
      metrics,
      known,
    );
  if (snapshots !== undefined)
    snapshotJob(owner, snapshots, {
      namespace,
      access: { secret: own, key: "uri" },
      authority,
      nodes,
      indices: readable,
      ready: [known],
    });
  const store = { uri: { secret: own, key: "uri" }, authority, ready: [known, own.resource, authority.resource] };
  if (readingPods === undefined || reader === undefined) return store;
  const reading = { namespace: readingPods.namespace, url: `https://${host}:${http}`, authority: certificates.pem };
  return { ...store, logs: { ...readerSecrets(owner, reading, reader), indexSets, ready: known } };
}

/** What the security plugin is told of users: their hashes, and what they may do. */
function securitySecret(
  owner: Component,
  namespace: string,
  { graylog, metrics, reader }: Record<"graylog", Credential> & Record<"metrics" | "reader", Credential | undefined>,
  what: { readonly readable: readonly string[]; readonly snapshots: boolean },
): Keyed {
  const files = pulumi
    .all([graylog.bcrypt, metrics?.bcrypt, reader?.bcrypt])
    .apply(([ofGraylog, ofMetrics, ofReader]) =>
      opensearch.securityFiles({ graylog: ofGraylog, metrics: ofMetrics, reader: ofReader }, what),
    );
  const names = Object.keys(opensearch.securityFiles({ graylog: "" }));
  return secret(
    owner,
    "search-security",
    { name: "opensearch-security", namespace },
    Object.fromEntries(names.map((name) => [name, files.apply((all) => all[name] ?? "")])),
    outlives(owner.environment),
  );
}

/** Who reads logs gets the password and the CA into its own namespace. */
function readerSecrets(
  owner: Component,
  { namespace, url, authority }: Record<"namespace" | "url", string> & { authority: pulumi.Output<string> },
  reader: Credential,
): Omit<LogsBinding, "indexSets" | "ready"> {
  const place = { name: "logs-reader", namespace };
  const kept = outlives(owner.environment);
  const password = secret(owner, "search-reader-secret", place, { password: reader.value }, kept);
  reader.storedIn(password, "password", namespace);
  const ca = configMap(
    owner,
    "search-reader-authority",
    { name: "logs-authority", namespace },
    { "ca.crt": authority },
    kept,
  );
  return {
    url,
    version: opensearch.searchVersion,
    username: opensearch.searchUsers.reader,
    password: { secret: password, key: "password" },
    authority: ca,
    timeField: "timestamp",
  };
}

/** The nodes read the files once, when the cluster is new: later passwords are given to the plugin by its own program. */
function securityJob(
  owner: Component,
  namespace: string,
  sources: { readonly security: Keyed; readonly administrator: Keyed },
  what: unknown,
  release: pulumi.Resource,
): pulumi.Resource {
  const program = "/usr/share/opensearch/plugins/opensearch-security/tools/securityadmin.sh";
  const keys = "-cacert /administrator/ca.crt -cert /administrator/admin.crt -key /administrator/admin.key";
  const address = `-h ${opensearch.searchHost(namespace, owner.environment)} -p ${opensearch.searchPorts.http}`;
  const command = `until ${program} -cd /security -icl ${keys} ${address}; do sleep 10; done`;
  return job(
    owner,
    securityRole,
    {
      name: "opensearch-security",
      namespace,
      pod: {
        runAs: opensearch.searchAccount,
        volumes: { security: { from: sources.security }, administrator: { from: sources.administrator } },
        containers: [
          {
            name: "securityadmin",
            image: opensearch.searchImage,
            command: ["bash", "-c", command],
            mounts: {
              "/security": { volume: "security", readOnly: true },
              "/administrator": { volume: "administrator", readOnly: true },
            },
            writable: ["/tmp"],
            resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "768Mi" } },
          },
        ],
      },
    },
    "search-security-job",
    what,
    { dependsOn: [release, sources.security.resource, sources.administrator.resource] },
  ).resource;
}
