import type { OidcClientRequest } from "../kit/bindings.ts";
import { compare } from "../kit/stable.ts";
import { gateAlias, gateScope } from "./flows.ts";
import { byText, Placeholder } from "./representation.ts";
import type { Json } from "./representation.ts";

/** A client of the realm, as requested by components and settings. */
export type RealmClient = Omit<OidcClientRequest, "consumer">;

/** An additional claim in tokens. */
export type Claim =
  /** An attribute of the user's. */
  | { readonly from: "attribute"; readonly attribute: string; readonly claim: string }
  /** The user's name at the realm. */
  | { readonly from: "username"; readonly claim: string };

/** Properties that all clients of a realm share. */
export interface ClientContext {
  readonly groupsClaim: string;
  readonly claims: readonly Claim[];
  /** Whether users may come from other providers, whose logins end without the client's own flow. */
  readonly brokered: boolean;
  /** APIs that accept the tokens of every user: each token names them as audience. */
  readonly audiences: readonly string[];
}

/** The client scopes that Keycloak gives every new client of a new realm. An explicit list replaces them. */
const standardScopes = ["acr", "basic", "email", "profile", "roles", "web-origins"];

/** Clients that Keycloak creates in every realm, or for permissions of administrators (Keycloak 26.7, `Constants`). */
export const builtInClients: readonly string[] = [
  "account",
  "account-console",
  "admin-cli",
  "admin-permissions",
  "broker",
  "realm-management",
  "security-admin-console",
];

/** Realm roles that Keycloak creates and gives to every user (Keycloak, `Constants` and `DefaultRoles`). */
export function builtInRoles(realm: string): string[] {
  return [`default-roles-${realm}`, "offline_access", "uma_authorization"];
}

/** The role that users need to log in with a client. */
export function clientRole(name: string): string {
  return `${name}_role`;
}

/** Whether users log in with a client. */
export function logsIn({ kind = "confidential" }: Pick<RealmClient, "kind">): boolean {
  return kind === "confidential" || kind === "public";
}

/** Whether only users with the client's role log in with it. */
export function gatedLogin(client: Pick<RealmClient, "everyone" | "kind">): boolean {
  return logsIn(client) && client.everyone !== true;
}

/** Whether a client has a secret. */
export function hasSecret({ kind }: Pick<RealmClient, "kind">): boolean {
  return kind !== "public";
}

/**
 * A client's representation. The client of an API is not `bearerOnly`: Keycloak drops the secret of such a client, and
 * it could not introspect tokens. The password grant is off, because it bypasses the flow that requires the role.
 */
export function clientRepresentation(client: RealmClient, context: ClientContext): Json {
  const { name, kind = "confidential", redirectUris = [], serviceRoles = [] } = client;
  const login = logsIn(client);
  const gated = gatedLogin(client);
  const flow = gated ? gateAlias(name) : client.flow;
  const isPublic = kind === "public";
  const returns = login ? unique(redirectUris) : [];
  return {
    clientId: name,
    name,
    enabled: true,
    protocol: "openid-connect",
    publicClient: isPublic,
    bearerOnly: false,
    clientAuthenticatorType: hasSecret(client) ? "client-secret" : undefined,
    secret: hasSecret(client) ? new Placeholder("client", name) : undefined,
    standardFlowEnabled: login,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: kind === "service" || serviceRoles.length > 0,
    redirectUris: returns,
    // Only the pages of a public client call the provider from the browser; a server needs no web origin.
    webOrigins: isPublic ? origins(returns) : [],
    attributes: {
      "backchannel.logout.session.required": "true",
      "oauth2.device.authorization.grant.enabled": "false",
      "oidc.ciba.grant.enabled": "false",
      "pkce.code.challenge.method": isPublic ? "S256" : undefined,
      // `-` is none (Keycloak, OIDCConfigAttributes); by default, all redirectUris are accepted.
      "post.logout.redirect.uris": login ? logoutUris(client).join("##") || "-" : "-",
    },
    authenticationFlowBindingOverrides: flow === undefined ? undefined : { browser: flow },
    defaultClientScopes: gated && context.brokered ? [...standardScopes, gateScope(name)] : undefined,
    protocolMappers: kind === "api" ? [] : mappers(client, context),
  };
}

/** The client scope that identifies a client in the flow after a login at another provider. It adds nothing to tokens. */
export function gateScopeRepresentation(name: string): Json {
  return {
    name: gateScope(name),
    description: `Marks the client ${name} for the flow after a login at another provider`,
    protocol: "openid-connect",
    attributes: { "display.on.consent.screen": "false", "include.in.token.scope": "false" },
  };
}

/** The user of a client's service account, with its roles of the realm's own management. */
export function serviceAccount({ name, serviceRoles = [] }: RealmClient): Json[] {
  if (serviceRoles.length === 0) return [];
  return [
    {
      username: `service-account-${name}`,
      enabled: true,
      serviceAccountClientId: name,
      clientRoles: { "realm-management": unique(serviceRoles) },
    },
  ];
}

function logoutUris({ redirectUris = [], logoutUris: own }: RealmClient): string[] {
  return unique(own ?? origins(redirectUris).map((origin) => `${origin}/`));
}

function origins(uris: readonly string[]): string[] {
  return unique(uris.map((uri) => new URL(uri).origin));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compare);
}

function mappers(
  { name: client, groupsIn = "tokens" }: RealmClient,
  { audiences, groupsClaim, claims }: ClientContext,
): Json[] {
  const everywhere = {
    "access.token.claim": "true",
    "id.token.claim": "true",
    "introspection.token.claim": "true",
    "userinfo.token.claim": "true",
  };
  const mapper = (name: string, protocolMapper: string, config: Record<string, string>): Json => ({
    name,
    protocol: "openid-connect",
    protocolMapper,
    consentRequired: false,
    config,
  });
  const audience = (name: string, api: string) =>
    mapper(name, "oidc-audience-mapper", {
      "access.token.claim": "true",
      "included.client.audience": api,
      "introspection.token.claim": "true",
    });
  const attribute = (name: string, claim: string) =>
    mapper(claim, "oidc-usermodel-attribute-mapper", {
      ...everywhere,
      "claim.name": claim,
      "jsonType.label": "String",
      "user.attribute": name,
    });
  return [
    // APIs accept a token only if it has them as audience. A user's roles of an API add it as well.
    audience("audience", client),
    ...audiences.map((api) => audience(`audience-${api}`, api)),
    mapper(groupsClaim, "oidc-group-membership-mapper", {
      ...everywhere,
      ...(groupsIn === "userinfo" && { "access.token.claim": "false", "id.token.claim": "false" }),
      "claim.name": groupsClaim,
      "full.path": "false",
    }),
    mapper("roles", "oidc-usermodel-client-role-mapper", {
      ...everywhere,
      "claim.name": "roles",
      "jsonType.label": "String",
      multivalued: "true",
      "usermodel.clientRoleMapping.clientId": client,
    }),
    ...claims.map((claim) =>
      claim.from === "username" ? attribute("username", claim.claim) : attribute(claim.attribute, claim.claim),
    ),
  ].sort(byText("name"));
}
