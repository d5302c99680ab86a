import type { Input } from "@pulumi/pulumi";
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
    JVM_SUPPORT_RECOMMENDED_ARGS: args.trusts ? `-Djavax.net.ssl.trustStore=${paths.trust}/cacerts` : "",
    // The entry point would change the owner of every file, which only root may do.
    SET_PERMISSIONS: "false",
  };
}

/** The memory that Java needs outside of the heap: classes, code, threads and buffers. */
export const besideHeap: Bytes = "1Gi";
