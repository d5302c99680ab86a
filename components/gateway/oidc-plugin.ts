import type { Login } from "../kit/bindings.ts";
import { callbackPath } from "./login.ts";

/** The header with the user's claims as base64 of a JSON object, for applications that read all of them. */
const userInfoHeader = "X-Userinfo";

/** Parameters of the plugin, without the two secrets. */
export interface PluginShape {
  readonly host: string;
  readonly login: Login;
  /** Whether it only accepts bearer tokens and never sends a browser to log in. */
  readonly bearerOnly: boolean;
}

/** The two secrets of the plugin's configuration. */
export interface PluginSecrets {
  readonly clientSecret: string;
  /** The key that encrypts the session's cookie. */
  readonly session: string;
}

/**
 * The configuration of the Kong plugin `oidc` (kong-plugin-oidc 1.8.0, kong/plugins/oidc/schema.lua; flags are "yes" and "no").
 * Kong connects to the provider inside the cluster; browsers use the public host in the discovery document.
 */
export function pluginConfiguration({ host, login, bearerOnly }: PluginShape, secrets: PluginSecrets) {
  const { client, claims = {}, groups } = login;
  const headers: [string, string][] = [
    ["X-Forwarded-User", "preferred_username"],
    ["X-Forwarded-Preferred-Username", "preferred_username"],
    ["X-Forwarded-Email", "email"],
    ["X-Forwarded-Groups", client.groupsClaim],
    ...Object.entries(claims).map(([claim, name]): [string, string] => [name, claim]),
  ];
  return {
    bearer_only: bearerOnly ? "yes" : "no",
    client_id: client.clientId,
    client_secret: secrets.clientSecret,
    discovery: client.inCluster.discoveryUrl,
    // Given, every bearer token is looked up there, and Keycloak calls those active whose owner has a role of this client
    // (Keycloak 26.6.2, "Upgrading Guide", token introspection). Hosts for browsers do not need it.
    ...(bearerOnly
      ? {
          introspection_endpoint: client.inCluster.introspectionUrl,
          introspection_endpoint_auth_method: "client_secret_post",
        }
      : {}),
    encryption_secret: secrets.session,
    cookie_name: "groundplan_login",
    ...(groups === undefined ? {} : { groups_claim: client.groupsClaim }),
    header_names: headers.map(([name]) => name),
    header_claims: headers.map(([, claim]) => claim),
    // A session of the plugin holds the id token's claims and no user information: both go by one name.
    id_token_header_name: userInfoHeader,
    userinfo_header_name: userInfoHeader,
    disable_access_token_header: "yes",
    logout_path: "/logout",
    realm: client.realm,
    redirect_after_logout_uri: "/",
    redirect_uri: `https://${host}${callbackPath}`,
    response_type: "code",
    scope: "openid",
    session_absolute_timeout: 36_000,
    ssl_verify: "yes",
    token_endpoint_auth_method: "client_secret_post",
    unauth_action: bearerOnly ? "deny" : "auth",
  };
}
