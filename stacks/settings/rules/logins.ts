import { kindOfGateway } from "../../../components/gateway/kinds.ts";
import { loginClient, loginMethod } from "../names.ts";
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
  const { gateway, keycloak } = settings;
  const logins = gateway.hosts.flatMap(({ host, login }, index) =>
    login === undefined ? [] : [{ host, login, index }],
  );
  const login = (index: number, ...rest: PropertyKey[]) => at("hosts", index, "login", ...rest);
  const declared = new Map(keycloak.clients.map((client) => [client.name, client]));
  return [
    ...gateway.hosts.flatMap(({ apiOnly, login: given }, index): Violation[] =>
      apiOnly && given === undefined
        ? [
            {
              path: at("hosts", index, "apiOnly"),
              message: "has no effect without login",
              got: "true",
              accepts: "true only with login",
              fix: { remove: at("hosts", index, "apiOnly") },
              relies: [login(index)],
            },
          ]
        : [],
    ),
    ...(keycloak.enabled
      ? []
      : logins.map(({ index }) => ({
          path: login(index),
          message: "a login needs Keycloak, but keycloak.enabled is false",
          got: "a login",
          accepts: "keycloak.enabled: true, or no login",
          fix: { set: true, at: ["keycloak", "enabled"] },
          relies: [["keycloak", "enabled"]],
        }))),
    ...logins.flatMap(({ host, index, login: given }) => {
      const client = declared.get(loginClient(host, given));
      return client === undefined ? [] : declaredClient(settings, index, given, client);
    }),
  ];
}

type Host = ParsedSettings["gateway"]["hosts"][number];

/** A client of `keycloak.clients` for a host: in the host's namespace, of a supported kind, with roles set in one place. */
function declaredClient(
  { keycloak, gateway }: ParsedSettings,
  index: number,
  { realmRoles }: NonNullable<Host["login"]>,
  client: ParsedSettings["keycloak"]["clients"][number],
): Violation[] {
  const { apiOnly = false, namespace = "" } = gateway.hosts[index] ?? {};
  const place = keycloak.clients.indexOf(client);
  const where = (...rest: PropertyKey[]): Path => ["keycloak", "clients", place, ...rest];
  const relies = [where(), at("hosts", index)];
  const violations: Violation[] = [];
  if ((client.namespace ?? keycloak.namespace) !== namespace)
    violations.push({
      path: where("namespace"),
      message: `must be the namespace of the host ${gateway.hosts[index]?.host}, whose login needs the client's Secret`,
      got: shown(client.namespace ?? keycloak.namespace),
      accepts: namespace,
      fix: { set: namespace, at: where("namespace") },
      relies,
    });
  const fits = apiOnly ? ["confidential", "api"] : ["confidential"];
  if (!fits.includes(client.kind))
    violations.push({
      path: where("kind"),
      message: `a client of this kind is not supported for the login of the host ${gateway.hosts[index]?.host}`,
      got: shown(client.kind),
      accepts: fits.join(", "),
      fix: { set: fits[0] ?? "", at: where("kind") },
      relies,
    });
  if (realmRoles.length > 0)
    violations.push({
      path: at("hosts", index, "login", "realmRoles"),
      message: "must be set for the client in keycloak.clients",
      got: shown(realmRoles),
      accepts: `realmRoles of keycloak.clients[${place}], or roles that include ${client.name}.${client.name}_role`,
      fix: { remove: at("hosts", index, "login", "realmRoles") },
      relies,
    });
  return violations;
}
