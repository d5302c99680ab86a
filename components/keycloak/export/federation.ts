import { at, records, text, textAt, texts, whole } from "../../kit/unknown.ts";
import type { Data } from "../../kit/unknown.ts";
import type { FoundSecrets } from "./secrets.ts";

/** The mail server as the setting `keycloak.realm.smtp` describes it; undefined if the realm has none. */
export function smtpSettings(realm: Data, secrets: FoundSecrets): Data | undefined {
  const server = realm["smtpServer"];
  const host = textAt(server, "host");
  if (host === undefined || host === "") return undefined;
  const is = (key: string) => String(at(server, key)) === "true";
  const username = is("auth") ? textAt(server, "user") : undefined;
  return {
    host,
    // Keycloak's default (`DefaultEmailSenderProvider`).
    port: whole(at(server, "port")) ?? 25,
    from: at(server, "from"),
    encryption: is("ssl") ? "tls" : is("starttls") ? "starttls" : "none",
    username,
    passwordSecret:
      username && secrets.add("mail", "password", at(server, "password"), "the password for the mail server"),
  };
}

/** Other identity providers as the setting `keycloak.realm.identityProviders` describes them. */
export function providerSettings(realm: Data, secrets: FoundSecrets): Data[] {
  return records(realm["identityProviders"]).map((one) => {
    const alias = text(one["alias"]) ?? "";
    const kind = text(one["providerId"]) ?? "";
    const of = (key: string) => textAt(one, "config", key) || undefined;
    const common = {
      kind,
      alias,
      displayName: one["displayName"] === alias ? undefined : text(one["displayName"]) || undefined,
      trustEmail: one["trustEmail"] === true,
    };
    if (kind === "saml")
      return {
        ...common,
        entityId: of("idpEntityId"),
        signOnUrl: of("singleSignOnServiceUrl"),
        logoutUrl: of("singleLogoutServiceUrl"),
        certificate: pem(of("signingCertificate") ?? ""),
      };
    if (kind !== "oidc") return common;
    return {
      ...common,
      issuer: of("issuer"),
      authorizationUrl: of("authorizationUrl"),
      tokenUrl: of("tokenUrl"),
      jwksUrl: of("jwksUrl"),
      userInfoUrl: of("userInfoUrl"),
      logoutUrl: of("logoutUrl"),
      clientId: of("clientId"),
      clientSecretSecret: secrets.add(
        alias,
        "provider-secret",
        of("clientSecret"),
        `the client secret for the identity provider ${alias}`,
      ),
      scopes: of("defaultScope"),
    };
  });
}

/** Certificates in PEM, from base64 with commas between them (Keycloak, `SAMLIdentityProviderConfig`). */
function pem(certificates: string): string {
  return certificates
    .split(",")
    .map((one) => one.replace(/\s/g, ""))
    .filter((one) => one !== "")
    .map((one) => `-----BEGIN CERTIFICATE-----\n${one.replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`)
    .join("");
}

/** The component type of directories. */
export const storageProvider = "org.keycloak.storage.UserStorageProvider";

/** Directories as the setting `keycloak.realm.ldap` describes them. */
export function directorySettings(realm: Data, secrets: FoundSecrets): Data[] {
  return records(at(realm, "components", storageProvider))
    .filter((one) => one["providerId"] === "ldap")
    .map((one) => {
      const name = text(one["name"]) ?? "";
      const of = (key: string) => texts(at(one, "config", key))[0] || undefined;
      return {
        name,
        vendor: of("vendor"),
        url: of("connectionUrl"),
        usersDn: of("usersDn"),
        bindDn: of("bindDn"),
        bindPasswordSecret: secrets.add(
          name,
          "bind-password",
          of("bindCredential"),
          `the password of the account that reads the directory ${name}`,
        ),
        usernameAttribute: of("usernameLDAPAttribute"),
        filter: of("customUserSearchFilter"),
      };
    });
}
