import { certificateAlerts } from "./certificates.ts";
import { clusterAlerts } from "./cluster.ts";
import { kongAlerts, traefikAlerts } from "./gateway.ts";
import { keycloakAlerts } from "./keycloak.ts";
import { collectorAlerts, graylogAlerts } from "./logging.ts";
import { monitoringAlerts } from "./monitoring.ts";
import { cloudNativePgAlerts, postgresqlHaAlerts } from "./postgresql.ts";
import { mongodbAlerts, opensearchAlerts } from "./stores.ts";
import { thanosAlerts } from "./thanos.ts";
import type { AlertGroup } from "./rule.ts";

/** Where a component's pods are. */
interface Place {
  readonly namespace: string;
}

/** The parts of a stack that alerts and dashboards cover; undefined if the stack does not run the part itself. */
export interface Parts {
  /** The namespaces of the stack. */
  readonly namespaces: readonly string[];
  readonly monitoring: Place;
  readonly certificates?: Place | undefined;
  readonly postgresql?: (Place & { readonly engine: "postgresql-ha" | "cloudnative-pg" }) | undefined;
  readonly gateway?: (Place & { readonly kind: "kong" | "traefik" }) | undefined;
  readonly keycloak?: Place | undefined;
  readonly midpoint?: Place | undefined;
  readonly thanos?: Place | undefined;
  readonly graylog?: Place | undefined;
  readonly mongodb?: Place | undefined;
  readonly opensearch?: (Place & { readonly snapshots?: boolean }) | undefined;
  readonly collector?: Place | undefined;
}

/** The alerts of a stack: one group for each of its components. */
export function alertGroups(parts: Parts): AlertGroup[] {
  const { certificates, gateway, keycloak, namespaces, postgresql, thanos } = parts;
  const of = (place: Place | undefined, group: AlertGroup) => (place === undefined ? [] : [group]);
  return [
    clusterAlerts(namespaces),
    monitoringAlerts,
    ...of(certificates, certificateAlerts),
    ...(postgresql === undefined
      ? []
      : [{ "postgresql-ha": postgresqlHaAlerts, "cloudnative-pg": cloudNativePgAlerts }[postgresql.engine]]),
    ...(gateway === undefined ? [] : [{ kong: kongAlerts, traefik: traefikAlerts }[gateway.kind]]),
    ...of(keycloak, keycloakAlerts),
    ...of(thanos, thanosAlerts),
    ...of(parts.graylog, graylogAlerts),
    ...of(parts.collector, collectorAlerts),
    ...of(parts.opensearch, opensearchAlerts(parts.opensearch?.snapshots ?? false)),
    ...of(parts.mongodb, mongodbAlerts),
  ];
}
