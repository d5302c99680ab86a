import { at, list, record, records, text, textAt, texts } from "../../kit/unknown.ts";
import type { Data } from "../../kit/unknown.ts";
import { compare } from "../../kit/stable.ts";
import { builtInClients, clientRole } from "../clients.ts";
import { gateAlias } from "../flows.ts";
import { isSecret } from "./secrets.ts";
import type { FoundSecrets } from "./secrets.ts";

/** The client IDs of a realm that people or components made. */
export function ownClients(realm: Data): Data[] {
  const made = records(realm["clients"]).filter((one) => !builtInClients.includes(idOf(one)));
  return made.sort((a, b) => compare(idOf(a), idOf(b)));
}

export function idOf(client: Data): string {
  return text(client["clientId"]) ?? "";
}

/** A client as the setting `keycloak.clients` describes it. Values may be ones that the settings do not accept. */
export function clientSettings(realm: Data, client: Data, secrets: FoundSecrets): Data {
  const name = idOf(client);
  const kind = kindOf(client);
  const login = kind === "confidential" || kind === "public";
  const { gated, flow } = login ? gateOf(realm, client) : { gated: false };
  const redirectUris = login ? texts(client["redirectUris"]).map((uri) => absolute(uri, client)) : [];
  const account = records(realm["users"]).find((one) => one["serviceAccountClientId"] === name);
  const secret = kind !== "public" && isSecret(client["secret"]) ? client["secret"] : undefined;
  const roles = records(at(realm, "roles", "client", name)).map((role) => String(role["name"]));
  return {
    name,
    kind,
    redirectUris: redirectUris.sort(compare),
    logoutUris: login ? logoutUris(client, redirectUris) : undefined,
    everyone: login ? !gated : kind === "api" && isAudience(realm, name),
    flow,
    clientSecretSecret: secret && secrets.add(name, "client-secret", secret, `the client secret of ${name}`),
    roles: roles.filter((role) => role !== clientRole(name)).sort(compare),
    serviceRoles: texts(at(account, "clientRoles", "realm-management")).sort(compare),
  };
}

function kindOf(client: Data): string {
  const protocol = text(client["protocol"]) ?? "openid-connect";
  // Not a kind: the client is left out.
  if (protocol !== "openid-connect") return protocol;
  if (client["publicClient"] === true) return "public";
  if (client["standardFlowEnabled"] === true || client["implicitFlowEnabled"] === true) return "confidential";
  return client["serviceAccountsEnabled"] === true && client["bearerOnly"] !== true ? "service" : "api";
}

/** A redirect URI may be relative to the client's root URL (Keycloak, "Basic configuration", "Valid redirect URIs"). */
export function absolute(uri: string, client: Data): string {
  const root = text(client["rootUrl"]) ?? "";
  return uri.startsWith("/") && root !== "" ? root.replace(/\/$/, "") + uri : uri;
}

/** Undefined if they are those that the client has by default. `+` are the redirect URIs, `-` none (Keycloak, `OIDCConfigAttributes`). */
function logoutUris(client: Data, redirectUris: readonly string[]): string[] | undefined {
  const given = textAt(client, "attributes", "post.logout.redirect.uris") ?? "+";
  const uris =
    given === "-" ? [] : given.split("##").flatMap((uri) => (uri === "+" ? redirectUris : [absolute(uri, client)]));
  const roots = redirectUris.flatMap((uri) => (URL.canParse(uri) ? [`${new URL(uri).origin}/`] : []));
  const sorted = [...new Set(uris)].sort(compare);
  return sorted.join() === [...new Set(roots)].sort(compare).join() ? undefined : sorted;
}

/** Whether tokens of other clients are for an API. */
function isAudience(realm: Data, api: string): boolean {
  return ownClients(realm).some(
    (client) =>
      idOf(client) !== api &&
      records(client["protocolMappers"]).some(
        (one) =>
          one["protocolMapper"] === "oidc-audience-mapper" && at(one, "config", "included.client.audience") === api,
      ),
  );
}

/** Whether a client's own flow denies users without the role `CLIENT_role`; its alias if it decides otherwise. */
function gateOf(realm: Data, client: Data): { readonly gated: boolean; readonly flow?: string } {
  const named = textAt(client, "authenticationFlowBindingOverrides", "browser");
  if (named === undefined || named === "") return { gated: false };
  const flows = records(realm["authenticationFlows"]);
  // Exports name a flow by its id, and documents of keycloak-config-cli by its alias.
  const flow = flows.find((one) => one["id"] === named) ?? flows.find((one) => one["alias"] === named);
  const alias = text(flow?.["alias"]) ?? named;
  const name = idOf(client);
  if (alias === gateAlias(name) || denies(realm, alias, `${name}.${clientRole(name)}`)) return { gated: true };
  return { gated: false, flow: alias };
}

/** Whether a flow, or one inside it, denies users without a role. */
function denies(realm: Data, alias: string, role: string, around: readonly string[] = []): boolean {
  if (around.includes(alias)) return false;
  const flow = records(realm["authenticationFlows"]).find((one) => one["alias"] === alias);
  const steps = records(flow?.["authenticationExecutions"]).filter((one) => one["requirement"] !== "DISABLED");
  const configs = records(realm["authenticatorConfig"]);
  const asks = steps.some(({ authenticator, authenticatorConfig }) => {
    const config = record(configs.find((one) => one["alias"] === authenticatorConfig)?.["config"]);
    return (
      authenticator === "conditional-user-role" &&
      config["condUserRole"] === role &&
      String(config["negate"]) === "true"
    );
  });
  if (asks && steps.some(({ authenticator }) => authenticator === "deny-access-authenticator")) return true;
  return list(steps).some((one) => {
    const inner = textAt(one, "flowAlias");
    return inner !== undefined && denies(realm, inner, role, [...around, alias]);
  });
}
