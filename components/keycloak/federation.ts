import { compare } from "../kit/stable.ts";
import { brokerAlias } from "./flows.ts";
import { Placeholder } from "./representation.ts";
import type { Json } from "./representation.ts";

/** A mail server. */
export interface SmtpShape {
  readonly host: string;
  readonly port: number;
  readonly from: string;
  readonly encryption: "starttls" | "tls" | "none";
  readonly username?: string;
  /** Name of the user's secret with the password. */
  readonly passwordSecret?: string;
}

/** Another identity provider for users of the realm. */
export type IdentityProviderShape = {
  readonly alias: string;
  readonly displayName?: string;
  /** Whether its e-mail addresses count as verified. */
  readonly trustEmail: boolean;
} & (
  | {
      readonly kind: "oidc";
      readonly issuer: string;
      readonly authorizationUrl: string;
      readonly tokenUrl: string;
      readonly jwksUrl: string;
      readonly userInfoUrl?: string;
      readonly logoutUrl?: string;
      readonly clientId: string;
      readonly clientSecretSecret: string;
      readonly scopes: string;
    }
  | {
      readonly kind: "saml";
      readonly entityId: string;
      readonly signOnUrl: string;
      readonly logoutUrl?: string;
      readonly certificate: string;
    }
);

/** An LDAP directory with users of the realm. */
export interface LdapShape {
  readonly name: string;
  readonly vendor: "ad" | "rhds" | "other";
  readonly url: string;
  readonly usersDn: string;
  readonly bindDn: string;
  readonly bindPasswordSecret: string;
  readonly usernameAttribute: string;
  readonly filter?: string;
}

/** The realm's mail server (Keycloak, `RealmRepresentation.smtpServer`: texts throughout). */
export function smtpServer({ host, port, from, encryption, username, passwordSecret }: SmtpShape): Json {
  return {
    host,
    port: String(port),
    from,
    ssl: String(encryption === "tls"),
    starttls: String(encryption === "starttls"),
    auth: String(username !== undefined),
    user: username,
    password: passwordSecret === undefined ? undefined : new Placeholder("smtp", "password"),
  };
}

/** Other identity providers, each with the post-login flow that requires the client's role. */
export function identityProviders(shapes: readonly IdentityProviderShape[]): Json[] {
  return [...shapes]
    .sort((a, b) => compare(a.alias, b.alias))
    .map((shape) => ({
      alias: shape.alias,
      displayName: shape.displayName ?? shape.alias,
      providerId: shape.kind,
      enabled: true,
      trustEmail: shape.trustEmail,
      storeToken: false,
      linkOnly: false,
      firstBrokerLoginFlowAlias: "first broker login",
      postBrokerLoginFlowAlias: brokerAlias,
      config: shape.kind === "oidc" ? oidc(shape) : saml(shape),
    }));
}

function oidc(shape: IdentityProviderShape & { kind: "oidc" }): Json {
  return {
    issuer: shape.issuer,
    authorizationUrl: shape.authorizationUrl,
    tokenUrl: shape.tokenUrl,
    jwksUrl: shape.jwksUrl,
    useJwksUrl: "true",
    validateSignature: "true",
    userInfoUrl: shape.userInfoUrl,
    logoutUrl: shape.logoutUrl,
    clientId: shape.clientId,
    clientSecret: new Placeholder("identity-provider", shape.alias),
    clientAuthMethod: "client_secret_post",
    defaultScope: shape.scopes,
    pkceEnabled: "true",
    pkceMethod: "S256",
    syncMode: "IMPORT",
  };
}

function saml(shape: IdentityProviderShape & { kind: "saml" }): Json {
  return {
    idpEntityId: shape.entityId,
    singleSignOnServiceUrl: shape.signOnUrl,
    singleLogoutServiceUrl: shape.logoutUrl,
    signingCertificate: signingCertificates(shape.certificate),
    validateSignature: "true",
    wantAssertionsSigned: "true",
    postBindingAuthnRequest: "true",
    postBindingResponse: "true",
    nameIDPolicyFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    principalType: "SUBJECT",
    syncMode: "IMPORT",
  };
}

/** Certificates as Keycloak splits them: base64 without lines, with a comma between two (`SAMLIdentityProviderConfig`). */
function signingCertificates(pem: string): string {
  const blocks = pem.split("-----END CERTIFICATE-----").map((block) => block.replace(/-----[A-Z ]+-----|\s/g, ""));
  return blocks.filter((block) => block !== "").join(",");
}

/** Directories, read-only: users are changed in the directory itself. */
export function federation(shapes: readonly LdapShape[]): Json {
  const providers = [...shapes]
    .sort((a, b) => compare(a.name, b.name))
    .map((shape): Json => {
      const directory = vendors[shape.vendor];
      return {
        name: shape.name,
        providerId: "ldap",
        config: {
          enabled: ["true"],
          priority: ["0"],
          editMode: ["READ_ONLY"],
          importEnabled: ["true"],
          syncRegistrations: ["false"],
          vendor: [shape.vendor],
          connectionUrl: [shape.url],
          startTls: ["false"],
          useTruststoreSpi: ["always"],
          connectionPooling: ["true"],
          pagination: ["true"],
          authType: ["simple"],
          bindDn: [shape.bindDn],
          bindCredential: [new Placeholder("ldap", shape.name)],
          usersDn: [shape.usersDn],
          searchScope: ["2"],
          usernameLDAPAttribute: [shape.usernameAttribute],
          rdnLDAPAttribute: [directory.rdn],
          uuidLDAPAttribute: [directory.uuid],
          userObjectClasses: [directory.classes],
          customUserSearchFilter: shape.filter && [shape.filter],
        },
      };
    });
  return { "org.keycloak.storage.UserStorageProvider": providers };
}

/** What the console fills in for each vendor (Keycloak, admin console, "Add LDAP provider"). */
const vendors = {
  ad: { rdn: "cn", uuid: "objectGUID", classes: "person, organizationalPerson, user" },
  rhds: { rdn: "uid", uuid: "nsuniqueid", classes: "inetOrgPerson, organizationalPerson" },
  other: { rdn: "uid", uuid: "entryUUID", classes: "inetOrgPerson, organizationalPerson" },
} as const;
