import type { Login } from "../kit/bindings.ts";
import { stableJson } from "../kit/stable.ts";

/** The version whose documentation tests/gateway/oauth2-proxy-options.ts lists. */
export const loginImage = "quay.io/oauth2-proxy/oauth2-proxy:v7.15.3";

/** The prefix of a login's own paths (oauth2-proxy, "Endpoints"), which an application behind it cannot use. */
export const loginPath = "/oauth2";

/** The path of the redirect URI, for either method. */
export const callbackPath = `${loginPath}/callback`;

/** The port of the login proxy, and the paths of its probes. */
export const loginPort = 4180;
export const probePaths = { liveness: "/ping", readiness: "/ready" } as const;

/** The paths of the login's configuration, and of the client's secret. */
export const loginFiles = { configuration: "/etc/login/alpha.yaml", secrets: "/etc/login-client" } as const;

/** The variable with the key of the session's cookie. */
export const cookieSecretVariable = "OAUTH2_PROXY_COOKIE_SECRET";

/** Parameters of a login with oauth2-proxy in front of an application. */
export interface LoginShape {
  readonly host: string;
  /** URL of the application inside the cluster. */
  readonly upstream: string;
  readonly login: Login;
  readonly apiOnly: boolean;
  /** Address ranges (CIDR) of the gateway's pods. */
  readonly gatewayCidrs: readonly string[];
  readonly timeoutSeconds?: number;
}

/**
 * The flags of oauth2-proxy ("Config Options") for options that are not in its structured configuration.
 *
 * A session lasts one working day. Its tokens are renewed every five minutes, so that a user who lost the role loses access within
 * that time.
 */
export function loginFlags({
  host,
  login,
  apiOnly,
  gatewayCidrs,
}: LoginShape): Record<string, string | boolean | readonly string[]> {
  const apiRoutes = apiOnly
    ? ["^/"]
    : (login.apiPaths ?? []).map((path) => `^${escaped(path.replace(/\/+$/, ""))}(/|$)`);
  return {
    "alpha-config": loginFiles.configuration,
    ...(apiRoutes.length === 0
      ? {}
      : // An invalid token counts as none, so that an API client gets 401 (RFC 6750, section 3.1); rejecting it directly would
        // return 403.
        { "api-route": apiRoutes, "skip-jwt-bearer-tokens": true, "bearer-token-login-fallback": true }),
    "cookie-csrf-expire": "15m",
    // Allows two tabs to log in at the same time.
    "cookie-csrf-per-request": true,
    "cookie-expire": "10h",
    "cookie-httponly": true,
    // With the prefix, browsers reject the cookie if another host of the domain sets it (RFC 6265bis, section 4.1.3.2).
    "cookie-name": "__Host-login",
    "cookie-refresh": "5m",
    "cookie-samesite": "lax",
    "cookie-secure": true,
    // Access depends on the role only.
    "email-domain": ["*"],
    "redirect-url": `https://${host}${callbackPath}`,
    // The gateway sets the headers itself. Network policies allow no other pods; this also holds without them.
    "reverse-proxy": true,
    "session-store-type": "cookie",
    "silence-ping-logging": true,
    "skip-provider-button": true,
    "trusted-proxy-ip": gatewayCidrs,
    "whitelist-domain": [host, new URL(login.client.logoutUrl).hostname],
  };
}

/** The flags as the program's arguments. */
export function loginArguments(shape: LoginShape): string[] {
  return Object.entries(loginFlags(shape)).flatMap(([name, value]) =>
    (typeof value === "object" ? value : [value]).map((one) => `--${name}=${one}`),
  );
}

/**
 * The structured configuration of oauth2-proxy ("Alpha Configuration"): provider, application and the headers for the
 * application. The proxy connects to the provider inside the cluster; only browsers use its public host.
 */
export function loginConfiguration({ upstream, login, timeoutSeconds }: LoginShape): object {
  const { client } = login;
  if (client.clientSecret === undefined)
    throw new RangeError(`the client ${client.clientId} has no secret to log in with`);
  return {
    injectRequestHeaders: requestHeaders(login),
    providers: [
      {
        id: "keycloak",
        provider: "keycloak-oidc",
        clientID: client.clientId,
        clientSecretFile: `${loginFiles.secrets}/${client.clientSecret.key}`,
        // PKCE (RFC 7636).
        code_challenge_method: "S256",
        loginURL: client.authorizationUrl,
        redeemURL: client.inCluster.tokenUrl,
        profileURL: client.inCluster.userInfoUrl,
        scope: "openid email profile",
        ...(login.claims === undefined ? {} : { additionalClaims: Object.keys(login.claims) }),
        ...(login.groups !== undefined
          ? { allowedGroups: [...login.groups] }
          : client.role !== undefined && { keycloakConfig: { roles: [`${client.clientId}:${client.role}`] } }),
        oidcConfig: {
          issuerURL: client.issuer,
          jwksURL: client.inCluster.jwksUrl,
          skipDiscovery: true,
          audienceClaims: ["aud"],
          // userIDClaim must not be set, because it would override this one.
          emailClaim: "email",
          groupsClaim: client.groupsClaim,
          insecureSkipNonce: false,
          // The e-mail address does not identify users here: the subject and the role do.
          insecureAllowUnverifiedEmail: true,
        },
      },
    ],
    // Without a host: IPv4 and IPv6, whichever the pod has (Go, package net, "Listen").
    server: { bindAddress: `:${loginPort}` },
    upstreamConfig: {
      proxyRawPath: true,
      upstreams: [
        {
          id: "application",
          path: "/",
          uri: upstream,
          passHostHeader: true,
          proxyWebSockets: true,
          timeout: `${timeoutSeconds ?? 60}s`,
        },
      ],
    },
  };
}

/** The configuration as a file: oauth2-proxy replaces `$NAME` with variables before it parses the file. */
export function loginFile(shape: LoginShape): string {
  return `${stableJson(loginConfiguration(shape), 2).replaceAll("$", "\\u0024")}\n`;
}

/** Headers for the application; headers of these names from clients are removed. */
function requestHeaders({ claims = {}, removeAuthorization }: Login): object[] {
  const header = (name: string, claim: string) => ({ name, values: [{ claimSource: { claim } }] });
  return [
    header("X-Forwarded-User", "preferred_username"),
    header("X-Forwarded-Preferred-Username", "preferred_username"),
    header("X-Forwarded-Email", "email"),
    header("X-Forwarded-Groups", "groups"),
    ...Object.entries(claims).map(([claim, name]) => header(name, claim)),
    // A header without a value is only removed.
    ...(removeAuthorization === true ? [{ name: "Authorization", values: [] }] : []),
  ];
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
