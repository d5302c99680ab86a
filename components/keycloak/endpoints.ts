import type { OidcClient } from "../kit/bindings.ts";

type Endpoints = Pick<
  OidcClient,
  | "issuer"
  | "authorizationUrl"
  | "logoutUrl"
  | "discoveryUrl"
  | "tokenUrl"
  | "userInfoUrl"
  | "introspectionUrl"
  | "jwksUrl"
  | "inCluster"
>;

/**
 * A realm's endpoints (Keycloak, "Securing applications and services with OpenID Connect", Endpoints).
 * @param publicUrl `https://HOST`, without a slash at the end
 * @param inCluster the Service's URL, without a slash at the end: its tokens have the same issuer
 */
export function endpoints(publicUrl: string, inCluster: string, realm: string): Endpoints {
  const programs = (base: string) => {
    const issuer = `${base}/realms/${realm}`;
    const protocol = `${issuer}/protocol/openid-connect`;
    return {
      discoveryUrl: `${issuer}/.well-known/openid-configuration`,
      tokenUrl: `${protocol}/token`,
      userInfoUrl: `${protocol}/userinfo`,
      introspectionUrl: `${protocol}/token/introspect`,
      jwksUrl: `${protocol}/certs`,
    };
  };
  const issuer = `${publicUrl}/realms/${realm}`;
  return {
    issuer,
    authorizationUrl: `${issuer}/protocol/openid-connect/auth`,
    logoutUrl: `${issuer}/protocol/openid-connect/logout`,
    ...programs(publicUrl),
    inCluster: programs(inCluster),
  };
}
