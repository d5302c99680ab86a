import { kindOfGateway } from "../../../components/gateway/kinds.ts";
import { declaredClients, declaredHosts } from "../declared.ts";
import type { DeclaredClient, DeclaredHost } from "../declared.ts";
import { loginClient, loginMethod } from "../names.ts";
import { configKey } from "../path.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["gateway", ...rest];
const kind = at("kind");

/** The login at the gateway: the plugin needs an image that has it. */
export function gatewayLogin(settings: ParsedSettings): Violation[] {
  const { kind: name, login } = settings.gateway;
  const { supports, title } = kindOfGateway(name);
  if (
    loginMethod(settings) !== "plugin" ||
    login.pluginImage !== undefined ||
    !supports.includes("login.method: plugin")
  )
    return [];
  return [
    {
      path: at("login", "pluginImage"),
      message: `is required with method: plugin, because ${title}'s stock image has no plugin oidc`,
      accepts: "an image built from images/kong-oidc, or method: proxy",
      fix: { set: "proxy", at: at("login", "method") },
      relies: [kind],
    },
  ];
}

/** Logins in front of hosts: they need Keycloak, and a client that fits. */
export function hostLogins(settings: ParsedSettings): Violation[] {
  const { keycloak } = settings;
  const hosts = declaredHosts(settings);
  const logins = hosts.flatMap((one) => (one.login === undefined ? [] : [{ one, login: one.login }]));
  const declared = new Map(declaredClients(settings).map((client) => [client.name, client]));
  return [
    ...hosts.flatMap(({ apiOnly, login, path }): Violation[] =>
      apiOnly && login === undefined
        ? [
            {
              path: [...path, "apiOnly"],
              message: "has no effect without login",
              got: "true",
              accepts: "true only with login",
              fix: { remove: [...path, "apiOnly"] },
              relies: [[...path, "login"]],
            },
          ]
        : [],
    ),
    ...(keycloak.enabled
      ? []
      : logins.map(({ one }) => ({
          path: [...one.path, "login"],
          message: "a login needs Keycloak, but keycloak.enabled is false",
          got: "a login",
          accepts: "keycloak.enabled: true, or no login",
          fix: { set: true, at: ["keycloak", "enabled"] },
          relies: [["keycloak", "enabled"]],
        }))),
    ...logins.flatMap(({ login, one }) => {
      const client = declared.get(loginClient(one.host, login));
      return client === undefined ? [] : declaredClient(one, login, client);
    }),
  ];
}

/** A client of `keycloak.clients` for a host: in the host's namespace, of a supported kind, with roles set in one place. */
function declaredClient(
  { apiOnly, host, namespace, path }: DeclaredHost,
  { realmRoles }: NonNullable<DeclaredHost["login"]>,
  client: DeclaredClient,
): Violation[] {
  const where = (...rest: PropertyKey[]): Path => [...client.path, ...rest];
  const relies = [where(), path];
  const violations: Violation[] = [];
  if (client.namespace !== namespace) {
    // The client of an application is always in its namespace: another one takes it from keycloak.clients.
    const own = client.path[0] === "keycloak";
    violations.push({
      path: own ? where("namespace") : where("name"),
      message: `must be the namespace of the host ${host}, whose login needs the client's Secret`,
      got: shown(client.namespace),
      accepts: namespace,
      fix: own ? { set: namespace, at: where("namespace") } : `declare the client in the application of ${host}`,
      relies,
    });
  }
  const fits = apiOnly ? ["confidential", "api"] : ["confidential"];
  if (!fits.includes(client.kind))
    violations.push({
      path: where("kind"),
      message: `a client of this kind is not supported for the login of the host ${host}`,
      got: shown(client.kind),
      accepts: fits.join(", "),
      fix: { set: fits[0] ?? "", at: where("kind") },
      relies,
    });
  if (realmRoles.length > 0)
    violations.push({
      path: [...path, "login", "realmRoles"],
      message: `must be set for the client in ${listOf(client)}`,
      got: shown(realmRoles),
      accepts: `realmRoles of ${configKey(client.path).slice("groundplan:".length)}, or roles that include ${client.name}.${client.name}_role`,
      fix: { remove: [...path, "login", "realmRoles"] },
      relies,
    });
  return violations;
}

/** The list that declares a client, such as `keycloak.clients`. */
function listOf({ path }: DeclaredClient): string {
  return configKey(path.slice(0, -1)).slice("groundplan:".length);
}
