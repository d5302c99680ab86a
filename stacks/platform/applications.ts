import type { Login, OidcClient } from "../../components/kit/bindings.ts";
import type { RealmClient } from "../../components/keycloak/clients.ts";
import { fullHost } from "../../components/kit/names.ts";
import { loginClient } from "../settings/names.ts";
import { namespaceOf } from "../../components/kit/application.ts";
import { generatedCredentials } from "../../components/application/shape.ts";
import { applicationWatched } from "../../components/application/watched.ts";
import { declaredApplications, declaredClients, declaredDatabases, declaredHosts } from "../settings/declared.ts";
import type { DeclaredClient, DeclaredHost } from "../settings/declared.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

/** Applications of the user's own: those that the stack runs, and those that are deployed beside it. */
export const applicationsPart: Part = {
  on: () => true,
  needs: (settings) => {
    const { certificates, gateway, keycloak, postgresql } = settings;
    const applications = declaredApplications(settings).map(({ application }) => application);
    const clients = keycloak.enabled ? declaredClients(settings) : [];
    const hosts = gateway.enabled ? declaredHosts(settings) : [];
    const named = [
      ...(postgresql.enabled ? postgresql.databases : []),
      ...(keycloak.enabled ? keycloak.clients : []),
      ...(gateway.enabled ? gateway.hosts : []),
      ...certificates.hosts,
    ];
    return {
      namespaces: [
        ...named.flatMap(({ namespace }) => (namespace === undefined ? [] : [{ name: namespace }])),
        ...clients.map(({ namespace }) => ({ name: namespace })),
        ...applications.map((one) => ({ name: namespaceOf(one), keepsData: one.volumes.length > 0 })),
      ],
      databases: postgresql.enabled ? declaredDatabases(settings).map(({ name }) => name) : [],
      buckets:
        settings.buckets.kind === "none" ? [] : applications.flatMap(({ buckets }) => buckets.map(({ name }) => name)),
      claims: applications.flatMap((one) => one.volumes.map(({ claim }) => ({ namespace: namespaceOf(one), claim }))),
      clients: keycloak.enabled ? [...clients, ...hostClients(settings)] : [],
      hosts: [...hosts.map(({ host, login }) => ({ host, login: login !== undefined })), ...certificates.hosts],
      credentials: applications.flatMap(generatedCredentials),
      watched: applications.map(applicationWatched),
    };
  },
};

/** The clients that logins in front of hosts bring along, in the order of their hosts. */
function hostClients(settings: ParsedSettings): RealmClient[] {
  const declared = new Set(declaredClients(settings).map(({ name }) => name));
  return declaredHosts(settings).flatMap(({ host, login }) => {
    if (login === undefined) return [];
    const name = loginClient(host, login);
    return declared.has(name) ? [] : [{ name, realmRoles: login.realmRoles }];
  });
}

/** The clients of a realm by name, as far as settings declare them. */
export type Clients = ReadonlyMap<string, OidcClient>;

/** Creates what applications beside the stack ask for, and the clients of all. @returns the clients by name */
export function serveApplications(settings: Settings, offered: Offered): Clients {
  const { certificates, domain, gateway, postgresql } = settings;
  for (const { name, namespace, extensions, locale } of postgresql.databases)
    offered.database({ name, consumer: { namespace }, extensions, locale });
  for (const { host, namespace, issuer } of certificates.hosts)
    offered.certificate({ host: fullHost(host, domain), namespace, issuer });
  const clients = createdClients(settings, offered);
  const declared = declaredHosts(settings);
  gateway.hosts.forEach(({ namespace, service, port, targetPort, labels, ...rest }, index) => {
    offered.gateway?.expose({
      ...rest,
      service: { name: service, namespace, port, targetPort: targetPort ?? port, labels },
      login: hostLogin(declared[index], clients, offered),
    });
  });
  return clients;
}

/** The clients that the settings declare. */
function createdClients(settings: Settings, offered: Offered): Clients {
  const created = new Map<string, OidcClient>();
  for (const client of declaredClients(settings)) {
    const redirectUris = [...new Set([...client.redirectUris, ...returnsOf(client, settings, offered)])];
    const { name, namespace, labels, ...rest } = client;
    const made = offered.identity?.client({
      ...rest,
      name,
      redirectUris,
      consumer: { namespace, labels },
    });
    if (made !== undefined) created.set(name, made);
  }
  return created;
}

/** Where logins with a client return to at hosts: those in front of hosts, and paths of the client's application. */
function returnsOf({ name, path, redirectPaths }: DeclaredClient, settings: Settings, { gateway }: Offered): string[] {
  if (gateway === undefined) return [];
  const hosts = declaredHosts(settings);
  const before = hosts.filter(({ host, login }) => login !== undefined && loginClient(host, login) === name);
  // The hosts of the application that declares the client: their path starts with the same application.
  const own = hosts.filter((host) => path.slice(0, -2).every((step, at) => step === host.path[at]));
  return [
    ...before.map(({ host }) => gateway.loginRedirectUri(host)),
    ...redirectPaths.flatMap((one) => own.map(({ host }) => `https://${fullHost(host, settings.domain)}${one}`)),
  ];
}

/** The login in front of a host, with a client that settings declare or one of its own; undefined where it has none. */
export function hostLogin(
  declared: Pick<DeclaredHost, "apiOnly" | "host" | "login" | "namespace"> | undefined,
  clients: Clients,
  { gateway, identity }: Offered,
): Login | undefined {
  if (declared?.login === undefined) return undefined;
  const { apiOnly, host, login, namespace } = declared;
  if (identity === undefined || gateway === undefined) throw new RangeError(`nobody logs in at ${host}`);
  const { groups, realmRoles, apiPaths = [], claims, removeAuthorization } = login;
  const name = loginClient(host, login);
  const redirectUris = [gateway.loginRedirectUri(host)];
  // Programs send tokens of this client to API paths; nothing asks the provider for what those lack.
  const groupsIn = apiOnly || apiPaths.length > 0 ? "tokens" : gateway.loginGroups;
  const client =
    clients.get(name) ?? identity.client({ name, consumer: { namespace }, redirectUris, realmRoles, groupsIn });
  return { client, apiPaths, claims, removeAuthorization, ...(groups.length > 0 && { groups }) };
}
