import type { OidcClient } from "../../components/kit/bindings.ts";
import type { Keyed } from "../../components/kit/secret.ts";

const secret = { kind: "Secret", name: "app-oidc", namespace: "apps" } as unknown as Keyed;

/** A client as the identity provider gives it. */
export const client: OidcClient = {
  clientId: "app",
  clientSecret: { secret, key: "client-secret" },
  realm: "platform",
  groupsClaim: "groups",
  issuer: "https://auth.example.org/realms/platform",
  authorizationUrl: "https://auth.example.org/realms/platform/protocol/openid-connect/auth",
  logoutUrl: "https://auth.example.org/realms/platform/protocol/openid-connect/logout",
  discoveryUrl: "https://auth.example.org/realms/platform/.well-known/openid-configuration",
  tokenUrl: "https://auth.example.org/realms/platform/protocol/openid-connect/token",
  userInfoUrl: "https://auth.example.org/realms/platform/protocol/openid-connect/userinfo",
  introspectionUrl: "https://auth.example.org/realms/platform/protocol/openid-connect/token/introspect",
  jwksUrl: "https://auth.example.org/realms/platform/protocol/openid-connect/certs",
  inCluster: {
    discoveryUrl: "http://keycloak.auth.svc/realms/platform/.well-known/openid-configuration",
    tokenUrl: "http://keycloak.auth.svc/realms/platform/protocol/openid-connect/token",
    userInfoUrl: "http://keycloak.auth.svc/realms/platform/protocol/openid-connect/userinfo",
    introspectionUrl: "http://keycloak.auth.svc/realms/platform/protocol/openid-connect/token/introspect",
    jwksUrl: "http://keycloak.auth.svc/realms/platform/protocol/openid-connect/certs",
    server: { peer: { kind: "pods", namespace: "auth", labels: { app: "keycloak" } }, port: 8080 },
  },
  role: "app_role",
  ready: {} as OidcClient["ready"],
};
