import * as pulumi from "@pulumi/pulumi";
import { chartRelease } from "../kit/chart-release.ts";
import { keepsData, outlives } from "../kit/component.ts";
import type { Component } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import type { Peer } from "../kit/ledger.ts";
import { secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { job } from "../kit/workload.ts";
import { loggingCredentials } from "./credentials.ts";
import type { Store } from "./mongodb-servers.ts";
import * as opensearch from "./opensearch.ts";
import { searchCertificates } from "./search-certificates.ts";
import { searchExporter } from "./search-exporter.ts";

/** A search cluster that exists. */
export interface ExternalSearch {
  /** URIs with user and password, separated by commas. */
  readonly hosts: pulumi.Output<string>;
  readonly port: number;
  readonly cidrs: readonly string[];
}

/** A search cluster, and the CA of its certificates where nobody else knows it. */
export interface SearchStore extends Store {
  readonly authority?: Keyed;
}

const securityRole = "search-security-job";

/** The Secret with the search cluster's address, user and password. */
const access = "search-access";

/** Gives Graylog a search cluster that exists. */
export function externalSearch(
  owner: Component,
  namespace: string,
  { hosts, port, cidrs }: ExternalSearch,
  client: Peer,
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

/**
 * OpenSearch with TLS between all, and users with generated passwords.
 * @param serviceMonitors the release that brings the kind PodMonitor; undefined: nobody reads metrics
 */
export function searchCluster(
  owner: Component,
  shape: opensearch.SearchShape,
  client: Peer,
  serviceMonitors: pulumi.Resource | undefined,
): SearchStore {
  const { environment } = owner;
  const { namespace } = shape;
  const password = new Credential(owner, "search-password", loggingCredentials.search);
  const host = opensearch.searchHost(namespace);
  const { http, transport } = opensearch.searchPorts;
  const uri = password.value.apply((value) => `https://${opensearch.searchUser}:${value}@${host}:${http}`);
  const own = secret(owner, "search-access", { name: access, namespace }, { uri }, outlives(environment));
  password.storedIn(own, "uri", "graylog");
  const certificates = searchCertificates(owner, namespace, opensearch.searchHosts(shape), keepsData(environment));
  const metrics = serviceMonitors && new Credential(owner, "search-metrics-password", loggingCredentials.searchMetrics);
  const files = pulumi
    .all([password.bcrypt, metrics?.bcrypt])
    .apply(([graylog, ofMetrics]) => opensearch.securityFiles({ graylog, metrics: ofMetrics }));
  const security = secret(
    owner,
    "search-security",
    { name: "opensearch-security", namespace },
    Object.fromEntries(
      Object.keys(opensearch.securityFiles({ graylog: "" })).map((name) => [
        name,
        files.apply((all) => all[name] ?? ""),
      ]),
    ),
    outlives(environment),
  );
  password.storedIn(security, "internal_users.yml", "opensearch");
  metrics?.storedIn(security, "internal_users.yml", "opensearch");
  const release = chartRelease(
    owner,
    "search",
    {
      chart: "opensearch",
      name: opensearch.searchName,
      namespace,
      values: opensearch.searchValues(shape, environment, { certificates: certificates.node, security }),
      pods: opensearch.searchPods(shape),
    },
    { ...keepsData(environment), dependsOn: [certificates.node.resource, security.resource] },
  );
  const nodes = { kind: "pods", namespace, labels: opensearch.searchLabels } as const;
  const jobs = { kind: "pods", namespace, labels: owner.selector(securityRole) } as const;
  environment.ledger.edges.push(
    { from: nodes, to: nodes, ports: [transport], purpose: "OpenSearch between its nodes" },
    { from: client, to: nodes, ports: [http], purpose: "Graylog's indices" },
    { from: jobs, to: nodes, ports: [http], purpose: "users of OpenSearch" },
  );
  const sources = { security, administrator: certificates.administrator };
  const rotations = [password, ...(metrics === undefined ? [] : [metrics])].map(({ rotation }) => rotation);
  const known = securityJob(owner, namespace, sources, rotations, release);
  if (serviceMonitors !== undefined && metrics !== undefined)
    searchExporter(owner, { namespace, nodes, authority: certificates.authority, serviceMonitors }, metrics, known);
  return {
    uri: { secret: own, key: "uri" },
    authority: certificates.authority,
    ready: [known, own.resource, certificates.authority.resource],
  };
}

/** The nodes read the files once, when the cluster is new: later passwords are given to the plugin by its own program. */
function securityJob(
  owner: Component,
  namespace: string,
  sources: { readonly security: Keyed; readonly administrator: Keyed },
  rotations: readonly number[],
  release: pulumi.Resource,
): pulumi.Resource {
  const program = "/usr/share/opensearch/plugins/opensearch-security/tools/securityadmin.sh";
  const keys = "-cacert /administrator/ca.crt -cert /administrator/admin.crt -key /administrator/admin.key";
  const address = `-h ${opensearch.searchHost(namespace)} -p ${opensearch.searchPorts.http}`;
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
    rotations,
    { dependsOn: [release, sources.security.resource, sources.administrator.resource] },
  );
}
