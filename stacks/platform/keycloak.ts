import { hasSecret } from "../../components/keycloak/clients.ts";
import { keycloakCredentials } from "../../components/keycloak/credentials.ts";
import { internalHost, keycloakPods } from "../../components/keycloak/keycloak.ts";
import { keycloakWatched } from "../../components/keycloak/watched.ts";
import type { KeycloakArgs } from "../../components/keycloak/keycloak.ts";
import { fullHost } from "../../components/kit/names.ts";
import { realmGroups } from "../settings/names.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

export const keycloakPart: Part = {
  section: "keycloak",
  on: ({ keycloak }) => keycloak.enabled,
  needs: ({ cluster, gateway, keycloak: { database, host, https, namespace, service } }) => ({
    namespaces: [{ name: namespace }],
    charts: ["keycloakx"],
    databases: [database],
    hosts: [
      ...(gateway.enabled || service.type === "LoadBalancer" ? [{ host }] : []),
      ...(https ? [{ host: internalHost(namespace, { cluster }) }] : []),
    ],
    watched: [keycloakWatched(namespace)],
  }),
  serves: ({ clients }, { keycloak }) =>
    keycloakCredentials(
      clients.filter((one) => hasSecret(one) && one.clientSecretSecret === undefined).map(({ name }) => name),
      keycloak.realm.users.map(({ username }) => username),
    ),
};

/** What the settings say of Keycloak, as the component takes it. */
export function keycloakArgs({ cluster, domain, keycloak, secrets }: Settings, offered: Offered): KeycloakArgs {
  const { connections, driftRepair, existingDatabase, host, https, keepManual, namespace, realm, replicas, resources } =
    keycloak;
  const { service } = keycloak;
  const { certificates, gateway, serviceMonitors, trust } = offered;
  return {
    namespace,
    replicas,
    connections,
    existingDatabase,
    resources,
    host,
    fullHost: fullHost(host, domain),
    realm: { ...realm, groups: realmGroups(realm) },
    keepManual,
    driftRepair,
    database: offered.database({ name: keycloak.database, consumer: { namespace, labels: keycloakPods } }),
    serviceType: service.type,
    certificate:
      https &&
      certificates?.certificate({
        host: internalHost(namespace, { cluster }),
        // Browsers connect to the servers themselves where no gateway answers for the host.
        aliases: gateway === undefined || service.type === "LoadBalancer" ? [fullHost(host, domain)] : [],
        namespace,
        issuer: https.issuer,
      }),
    trusted: trust?.in(namespace),
    secrets,
    gateway,
    serviceMonitors,
  };
}
