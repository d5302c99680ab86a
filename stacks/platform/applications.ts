import type { Gateway } from "../../components/gateway/gateway.ts";
import type { DatabaseBinding, IdentityProvider, Login, OidcClient } from "../../components/kit/bindings.ts";
import type { Postgres } from "../../components/postgres/postgres.ts";
import { fullHost, hostsOf, loginClient } from "../settings/derive.ts";
import type { Settings } from "../settings/load.ts";
import type { HostCertificates } from "./certificates.ts";

type HostLogin = NonNullable<Settings["gateway"]["hosts"][number]["login"]>;

/** Who serves applications of the user's own; undefined: the stack has none. */
interface Servants {
  readonly database: (request: Parameters<Postgres["database"]>[0]) => DatabaseBinding;
  readonly certificates: HostCertificates;
  readonly gateway: Gateway | undefined;
  readonly identity: IdentityProvider | undefined;
}

/** Applications of the user's own: databases, certificates, clients and hosts that the settings ask for. */
export function serveApplications(settings: Settings, servants: Servants): void {
  const { certificates, domain, gateway, postgresql } = settings;
  for (const { name, namespace, extensions, locale } of postgresql.databases)
    servants.database({ name, consumer: { namespace }, extensions, locale });
  for (const { host, namespace, issuer } of certificates.hosts)
    servants.certificates.of({ host: fullHost(host, domain), namespace, issuer });
  const declared = declaredClients(settings, servants);
  for (const { namespace, service, port, targetPort, labels, login, ...rest } of gateway.hosts)
    servants.gateway?.expose({
      ...rest,
      service: { name: service, namespace, port, targetPort: targetPort ?? port, labels },
      ...(login && { login: hostLogin(rest.host, namespace, login, declared, servants) }),
    });
}

/** The clients that the settings declare, by name. */
function declaredClients(settings: Settings, { gateway, identity }: Servants): ReadonlyMap<string, OidcClient> {
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
  host: string,
  namespace: string,
  login: HostLogin,
  declared: ReadonlyMap<string, OidcClient>,
  { gateway, identity }: Servants,
): Login {
  if (identity === undefined || gateway === undefined) throw new RangeError(`nobody logs in at ${host}`);
  const { groups, realmRoles, apiPaths, claims, removeAuthorization } = login;
  const name = loginClient(host, login);
  const redirectUris = [gateway.loginRedirectUri(host)];
  const client = declared.get(name) ?? identity.client({ name, consumer: { namespace }, redirectUris, realmRoles });
  return { client, apiPaths, claims, removeAuthorization, ...(groups.length > 0 && { groups }) };
}
