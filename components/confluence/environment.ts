import type { Input } from "@pulumi/pulumi";
import type { PodField } from "../kit/pod.ts";
import { parseBytes } from "../kit/quantities.ts";
import type { Bytes } from "../kit/quantities.ts";
import { paths } from "./scripts.ts";

/** Inputs of Confluence's environment. */
export interface EnvironmentArgs {
  /** The full host name. */
  readonly host: string;
  /** `jdbc:postgresql://HOST:PORT/DATABASE`. */
  readonly url: Input<string>;
  readonly heap: Bytes;
  /** Maximum number of database connections. */
  readonly connections: number;
  /** Whether Java trusts the certificates in the trust store. */
  readonly trusts: boolean;
  /** Further options of Java. Default: none. */
  readonly options?: readonly string[];
}

/** The plaintext variables that the image reads (docs/docs/containers/CONFLUENCE.md of atlassian/data-center-helm-charts). */
export function confluenceVariables(args: EnvironmentArgs): Record<string, Input<string>> {
  const heap = `${Math.floor(parseBytes(args.heap) / 2 ** 20)}m`;
  return {
    ATL_DB_POOLMAXSIZE: String(args.connections),
    ATL_DB_POOLMINSIZE: String(Math.min(20, args.connections)),
    ATL_DB_TYPE: "postgresql",
    ATL_JDBC_URL: args.url,
    ATL_PROXY_NAME: args.host,
    ATL_PROXY_PORT: "443",
    ATL_TOMCAT_SCHEME: "https",
    ATL_TOMCAT_SECURE: "true",
    JVM_MAXIMUM_MEMORY: heap,
    JVM_MINIMUM_MEMORY: heap,
    JVM_SUPPORT_RECOMMENDED_ARGS: [
      ...(args.trusts ? [`-Djavax.net.ssl.trustStore=${paths.trust}/cacerts`] : []),
      ...(args.options ?? []),
    ].join(" "),
    // The entry point would change the owner of every file, which only root may do.
    SET_PERMISSIONS: "false",
  };
}

/** The port at which Hazelcast, which is in Confluence, connects the nodes of a cluster. */
export const clusterPort = 5701;

/**
 * How a node finds the others: its Hazelcast asks the API server for the addresses of a Service. The variables and options are those of
 * Atlassian's chart (atlassian/data-center-helm-charts, `confluence.clusteringEnvVars` and `config-jvm.yaml`): the image's documentation
 * does not list this type of cluster. Hazelcast itself reads `HAZELCAST_KUBERNETES_…` and `KUBERNETES_NAMESPACE` (Hazelcast, "Kubernetes
 * Auto Discovery").
 */
export function clusterVariables({ cluster, service }: { readonly cluster: string; readonly service: string }): {
  readonly variables: Readonly<Record<string, string | PodField>>;
  readonly options: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
} {
  return {
    variables: {
      ATL_CLUSTER_NAME: cluster,
      ATL_CLUSTER_TYPE: "kubernetes",
      ATL_PRODUCT_HOME_SHARED: paths.sharedHome,
      HAZELCAST_KUBERNETES_SERVICE_NAME: service,
      HAZELCAST_KUBERNETES_SERVICE_PORT: String(clusterPort),
      KUBERNETES_NAMESPACE: { field: "metadata.namespace" },
    },
    options: [
      // Without it, Confluence listens at 5801, and at no other port is a Service of the chart.
      `-Dconfluence.cluster.hazelcast.listenPort=${clusterPort}`,
      "-Dconfluence.clusterNodeName.useHostname=true",
      // A Synchrony that each node starts would look for others at Confluence's own port. It needs servers of its own.
      "-Dsynchrony.btf.disabled=true",
    ],
    ports: { hazelcast: clusterPort },
  };
}

/** The memory that Java needs outside of the heap: classes, code, threads and buffers. */
export const besideHeap: Bytes = "1Gi";
