import type { OidcClientRequest } from "../kit/bindings.ts";
import type { CredentialSpec } from "../kit/credential.ts";

/** The generated credentials of logging. */
export const loggingCredentials = {
  passwordSecret: {
    name: "graylog-password-secret",
    length: 96,
    recipe: { refuse: "values that Graylog has encrypted with it could not be read, and all sessions would end" },
  },
  root: {
    name: "graylog-admin",
    recipe: { rotate: "Graylog restarts with it; the configuration Job logs in with it" },
  },
  configuration: {
    name: "graylog-configuration",
    recipe: { rotate: "the configuration Job sets it for its own user" },
  },
  mongodb: {
    name: "graylog-mongodb",
    recipe: { rotate: "the operator sets it on the servers; then Graylog restarts" },
  },
  mongodbMetrics: {
    name: "mongodb-metrics",
    recipe: { rotate: "the operator sets it on the servers; Prometheus reads it again" },
  },
  search: { name: "graylog-search", recipe: { rotate: "a Job sets it in OpenSearch; then Graylog restarts" } },
  searchMetrics: {
    name: "opensearch-metrics",
    recipe: { rotate: "a Job sets it in OpenSearch; then the exporter restarts" },
  },
  searchReader: {
    name: "opensearch-reader",
    recipe: { rotate: "a Job sets it in OpenSearch; then Grafana restarts" },
  },
  authority: {
    name: "opensearch-authority",
    recipe: { refuse: "the nodes would not trust each other until all of them have certificates of the new CA" },
  },
} as const satisfies Record<string, CredentialSpec>;

/** The bucket of the search cluster's snapshots. */
export const searchBucket = "opensearch";

/** Consumers of the databases in addition to Graylog. */
export interface Onlookers {
  /** Whether Prometheus reads metrics, which needs a login. */
  readonly metrics: boolean;
  /** Whether Grafana or another program reads the logs. */
  readonly reader: boolean;
}

/**
 * All generated credentials of a stack's logging.
 * @param search.kind `external`: the credentials of the search cluster are not included
 */
export function credentialsOfLogging(search: { readonly kind: string }, onlookers: Onlookers): CredentialSpec[] {
  const { passwordSecret, root, configuration, mongodb } = loggingCredentials;
  const { authority, mongodbMetrics, search: password, searchMetrics, searchReader } = loggingCredentials;
  const { metrics, reader } = onlookers;
  return [
    ...[passwordSecret, root, configuration, mongodb],
    ...(metrics ? [mongodbMetrics] : []),
    ...(search.kind === "external"
      ? []
      : [password, authority, ...(metrics ? [searchMetrics] : []), ...(reader ? [searchReader] : [])]),
  ];
}

/** The client with which users log in: administrators of the realm have its role; assign it to others. */
export const graylogClient = { name: "graylog", realmRoles: ["admin"] } as const satisfies Partial<OidcClientRequest>;
