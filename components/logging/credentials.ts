import type { OidcClientRequest } from "../kit/bindings.ts";
import type { CredentialSpec } from "../kit/credential.ts";

/** The generated credentials of logging. */
export const loggingCredentials = {
  passwordSecret: {
    name: "graylog-password-secret",
    length: 96,
    recipe: { refuse: "everything that Graylog encrypted with it would be lost, and every session would end" },
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
    recipe: { rotate: "the operator sets it on the servers; Prometheus reads it anew" },
  },
  search: { name: "graylog-search", recipe: { rotate: "a Job gives it to OpenSearch; then Graylog restarts" } },
  searchMetrics: {
    name: "opensearch-metrics",
    recipe: { rotate: "a Job gives it to OpenSearch; then the exporter restarts" },
  },
  searchReader: {
    name: "opensearch-reader",
    recipe: { rotate: "a Job gives it to OpenSearch; then Grafana restarts" },
  },
  authority: {
    name: "opensearch-authority",
    recipe: { refuse: "the nodes would not know each other until all of them have the new CA's certificates" },
  },
} as const satisfies Record<string, CredentialSpec>;

/** The bucket of the search cluster's snapshots. */
export const searchBucket = "opensearch";

/** Who uses the stores beside Graylog. */
export interface Onlookers {
  /** Whether Prometheus reads metrics, for which it logs in. */
  readonly metrics: boolean;
  /** Whether somebody reads logs elsewhere than in Graylog. */
  readonly reader: boolean;
}

/**
 * Every generated credential of a stack's logging.
 * @param search.kind `external`: the search cluster's own are nobody's here
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

/** The client by which people log in: administrators of the realm have its role; others are given it. */
export const graylogClient = { name: "graylog", realmRoles: ["admin"] } as const satisfies Partial<OidcClientRequest>;
