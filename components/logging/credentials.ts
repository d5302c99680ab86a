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
  authority: {
    name: "opensearch-authority",
    recipe: { refuse: "the nodes would not know each other until all of them have the new CA's certificates" },
  },
} as const satisfies Record<string, CredentialSpec>;

/**
 * Every generated credential of a stack's logging.
 * @param search.kind `external`: the search cluster's own are nobody's here
 * @param measured whether Prometheus reads metrics, for which it logs in
 */
export function credentialsOfLogging(search: { readonly kind: string }, measured: boolean): CredentialSpec[] {
  const { search: password, authority, mongodbMetrics, searchMetrics, ...always } = loggingCredentials;
  const own = search.kind === "external" ? [] : [password, authority];
  const metrics = measured ? [mongodbMetrics, ...(search.kind === "external" ? [] : [searchMetrics])] : [];
  return [...Object.values<CredentialSpec>(always), ...own, ...metrics];
}

/** The client by which people log in: administrators of the realm have its role; others are given it. */
export const graylogClient = { name: "graylog", realmRoles: ["admin"] } as const satisfies Partial<OidcClientRequest>;
