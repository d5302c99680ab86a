import { certificateAlerts } from "./certificates.ts";
import { clusterAlerts } from "./cluster.ts";
import { kongAlerts, traefikAlerts } from "./gateway.ts";
import { keycloakAlerts } from "./keycloak.ts";
import { monitoringAlerts } from "./monitoring.ts";
import { cloudNativePgAlerts, postgresqlHaAlerts } from "./postgresql.ts";
import type { AlertGroup } from "./rule.ts";

/** What a stack has of what alerts and dashboards are about. */
export interface Parts {
  /** The namespaces of the stack. */
  readonly namespaces: readonly string[];
  readonly certificates: boolean;
  /** How PostgreSQL runs; undefined where it runs elsewhere, or not at all. */
  readonly postgresql?: "postgresql-ha" | "cloudnative-pg" | undefined;
  readonly gateway?: "kong" | "traefik" | undefined;
  readonly keycloak: boolean;
}

/** The alerts of a stack: one group for each component that it has. */
export function alertGroups(parts: Parts): AlertGroup[] {
  const { certificates, gateway, keycloak, namespaces, postgresql } = parts;
  return [
    clusterAlerts(namespaces),
    monitoringAlerts,
    ...(certificates ? [certificateAlerts] : []),
    ...(postgresql === undefined
      ? []
      : [{ "postgresql-ha": postgresqlHaAlerts, "cloudnative-pg": cloudNativePgAlerts }[postgresql]]),
    ...(gateway === undefined ? [] : [{ kong: kongAlerts, traefik: traefikAlerts }[gateway]]),
    ...(keycloak ? [keycloakAlerts] : []),
  ];
}
