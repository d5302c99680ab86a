import type { Certificates } from "../../components/certificates/certificates.ts";
import { internalHost, keycloakPods } from "../../components/keycloak/keycloak.ts";
import type { KeycloakArgs } from "../../components/keycloak/keycloak.ts";
import type { Postgres } from "../../components/postgres/postgres.ts";
import { fullHost } from "../settings/derive.ts";
import type { Settings } from "../settings/load.ts";

/** What the settings say of Keycloak, as the component takes it. @param offered by other components */
export function keycloakArgs(
  { domain, keycloak, secrets }: Settings,
  postgres: Postgres,
  certificates: Certificates | undefined,
  offered: Pick<KeycloakArgs, "gateway" | "serviceMonitors">,
): KeycloakArgs {
  const { database, https, namespace } = keycloak;
  return {
    ...keycloak,
    fullHost: fullHost(keycloak.host, domain),
    database: postgres.database({ name: database, consumer: { namespace, labels: keycloakPods } }),
    certificate: https && certificates?.certificate({ host: internalHost(namespace), namespace, issuer: https.issuer }),
    secrets,
    ...offered,
  };
}
