import type { Login, OidcClient } from "../../components/kit/bindings.ts";
import type { RealmClient } from "../../components/keycloak/clients.ts";
import { fullHost } from "../../components/kit/names.ts";
import { loginClient } from "../settings/names.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** Applications of the user's own, each declared in the section of what it asks for. */
export const applicationsPart: Part = {
  on: () => true,
  needs: (settings) => {
    const { certificates, gateway, keycloak, postgresql } = settings;
    const databases = postgresql.enabled ? postgresql.databases : [];
    const clients = keycloak.enabled ? keycloak.clients : [];
    const hosts = gateway.enabled ? gateway.hosts : [];
    const named = [...databases, ...clients, ...hosts, ...certificates.hosts];
    return {
      namespaces: named.flatMap(({ namespace }) => (namespace === undefined ? [] : [{ name: namespace }])),
      databases: databases.map(({ name }) => name),
      clients: keycloak.enabled ? [...clients, ...hostClients(settings)] : [],
      hosts: [...hosts.map(({ host, login }) => ({ host, login: login !== undefined })), ...certificates.hosts],
    };
  },
};

/** The clients that logins in front of hosts bring along, in the order of their hosts. */
function hostClients({ gateway, keycloak }: ParsedSettings): RealmClient[] {
  const declared = new Set(keycloak.clients.map(({ name }) => name));
  return gateway.hosts.flatMap(({ host, login }) => {
    if (login === undefined) return [];
    const name = loginClient(host, login);
    return declared.has(name) ? [] : [{ name, realmRoles: login.realmRoles }];
  });
}

/** The hosts of the user's own applications before which a client of the realm stands. */
function hostsOf(client: string, { gateway }: ParsedSettings): string[] {
  return gateway.hosts.flatMap(({ host, login }) =>
    login !== undefined && loginClient(host, login) === client ? [host] : [],
  );
}

type HostLogin = NonNullable<Settings["gateway"]["hosts"][number]["login"]>;

/** Creates what applications of the user's own ask for: databases, certificates, clients and hosts. */
export function serveApplications(settings: Settings, offered: Offered): void {
  const { certificates, domain, gateway, postgresql } = settings;
  for (const { name, namespace, extensions, locale } of postgresql.databases)
    offered.database({ name, consumer: { namespace }, extensions, locale });
  for (const { host, namespace, issuer } of certificates.hosts)
    offered.certificate({ host: fullHost(host, domain), namespace, issuer });
  const declared = declaredClients(settings, offered);
  for (const { namespace, service, port, targetPort, labels, login, ...rest } of gateway.hosts)
    offered.gateway?.expose({
      ...rest,
      service: { name: service, namespace, port, targetPort: targetPort ?? port, labels },
      login: login && hostLogin(rest, namespace, login, declared, offered),
    });
}

/** The clients that the settings declare, by name. */
function declaredClients(settings: Settings, { gateway, identity }: Offered): ReadonlyMap<string, OidcClient> {
  const { keycloak } = settings;
  const declared = new Map<string, OidcClient>();
  for (const { namespace = keycloak.namespace, ...client } of keycloak.clients) {
    const hosts = hostsOf(client.name, settings).map((host) => gateway?.loginRedirectUri(host) ?? []);
    const redirectUris = [...new Set([...client.redirectUris, ...hosts.flat()])];
    const made = identity?.client({ ...client, redirectUris, consumer: { namespace } });
    if (made !== undefined) declared.set(client.name, made);
  }
  return declared;
}

/** The login in front of an application of the user's own, with a client of the settings or one of its own. */
function hostLogin(
  { host, apiOnly }: Pick<Settings["gateway"]["hosts"][number], "host" | "apiOnly">,
  namespace: string,
  login: HostLogin,
  declared: ReadonlyMap<string, OidcClient>,
  { gateway, identity }: Offered,
): Login {
  if (identity === undefined || gateway === undefined) throw new RangeError(`nobody logs in at ${host}`);
  const { groups, realmRoles, apiPaths, claims, removeAuthorization } = login;
  const name = loginClient(host, login);
  const redirectUris = [gateway.loginRedirectUri(host)];
  // Programs send tokens of this client to API paths; nothing asks the provider for what those lack.
  const groupsIn = apiOnly || apiPaths.length > 0 ? "tokens" : gateway.loginGroups;
  const client =
    declared.get(name) ?? identity.client({ name, consumer: { namespace }, redirectUris, realmRoles, groupsIn });
  return { client, apiPaths, claims, removeAuthorization, ...(groups.length > 0 && { groups }) };
}
