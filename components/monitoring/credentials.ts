import type { CredentialSpec } from "../kit/credential.ts";

/** The generated credentials of Grafana. */
export const grafanaCredentials = {
  admin: {
    name: "grafana-admin",
    recipe: {
      refuse:
        "Grafana reads it only when its database is first created: reset it there (docs/runbooks/grafana-login.md)",
    },
  },
  secretKey: {
    name: "grafana-secret-key",
    recipe: { refuse: "Grafana encrypts secrets in its database with it: with another key, it could not read them" },
  },
} as const satisfies Record<string, CredentialSpec>;

/** The database in which Grafana stores users, folders and alerts. */
export const grafanaDatabase = "grafana";

/** The bucket of long-term metrics. */
export const thanosBucket = "thanos";

/** The clients of monitoring at the identity provider: Grafana has its own login, the gateway adds one to the others. */
export const monitoringClients = {
  grafana: { name: "grafana", realmRoles: ["admin"] },
  prometheus: { name: "prometheus", realmRoles: ["admin"] },
  alertmanager: { name: "alertmanager", realmRoles: ["admin"] },
} as const;
