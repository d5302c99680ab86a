import { certificateAlerts } from "./certificates.ts";
import { clusterAlerts } from "./cluster.ts";
import { kongAlerts, traefikAlerts } from "./gateway.ts";
import { keycloakAlerts } from "./keycloak.ts";
import { monitoringAlerts } from "./monitoring.ts";
import { cloudNativePgAlerts, postgresqlHaAlerts } from "./postgresql.ts";
import { thanosAlerts } from "./thanos.ts";
import type { AlertGroup } from "./rule.ts";

/** Where a component's pods are. */
interface Place {
  readonly namespace: string;
}

/** What a stack has of what alerts and dashboards are about; what is undefined, it has not, or elsewhere. */
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
}

/** The alerts of a stack: one group for each component that it has. */
export function alertGroups({ certificates, gateway, keycloak, namespaces, postgresql, thanos }: Parts): AlertGroup[] {
  return [
    clusterAlerts(namespaces),
    monitoringAlerts,
    ...(certificates === undefined ? [] : [certificateAlerts]),
    ...(postgresql === undefined
      ? []
      : [{ "postgresql-ha": postgresqlHaAlerts, "cloudnative-pg": cloudNativePgAlerts }[postgresql.engine]]),
    ...(gateway === undefined ? [] : [{ kong: kongAlerts, traefik: traefikAlerts }[gateway.kind]]),
    ...(keycloak === undefined ? [] : [keycloakAlerts]),
    ...(thanos === undefined ? [] : [thanosAlerts]),
  ];
}
