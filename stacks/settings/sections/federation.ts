import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

const applied = "A Job applies it to the realm.";

const url = (is: string, schemes: string, example: string) => ({
  is,
  format: formats.formed(
    new RegExp(`^(${schemes})://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\\s"\\\\]*)?$`),
    `a URL, such as "${example}"`,
    example,
  ),
});

const required = ({ is, format }: ReturnType<typeof url>) => key(format, { is, changing: applied });

const optional = ({ is, format }: ReturnType<typeof url>, unset: string) =>
  key(format.optional(), { is, unset, changing: applied });

const https = (is: string, example: string) => url(is, "https", example);

/** The realm's mail server. */
export function mail() {
  return z.strictObject({
    host: key(formats.address(), { is: "The host name or IP address of the server.", changing: applied }),
    port: key(formats.port().default(587), { is: "The port of the server.", unit: "TCP port", changing: applied }),
    from: key(formats.email(), { is: "The sender's address.", changing: applied }),
    encryption: key(z.enum(["starttls", "tls", "none"]).default("starttls"), {
      is: "How the connection is encrypted.",
      changing: applied,
    }),
    username: key(formats.plainText(255, "mailer").optional(), {
      is: "The user name for the mail server.",
      unset: "The mail server is used without a login.",
      changing: applied,
    }),
    passwordSecret: key(formats.secretName().optional(), {
      is: "The secret with the password of that user.",
      unset: "The mail server is used without a login.",
      changing: applied,
      secret: true,
    }),
  });
}

/** An external identity provider. */
export function identityProviders() {
  const common = {
    alias: key(formats.shortName(), {
      is: "The identity provider's name in the realm.",
      changing: "Creates a new identity provider. Users must link their accounts again.",
    }),
    displayName: key(formats.plainText(64, "Company login").optional(), {
      is: "The label of its login button.",
      unset: "The alias is shown.",
      changing: applied,
    }),
    trustEmail: key(z.boolean().default(false), {
      is: "Whether its e-mail addresses are treated as verified.",
      changing: applied,
    }),
  };
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("oidc"), { is: "An OpenID Connect provider.", changing: applied }),
      ...common,
      issuer: required(https("Its issuer URL.", "https://login.example.org")),
      authorizationUrl: required(
        https("The URL of its authorization endpoint.", "https://login.example.org/authorize"),
      ),
      tokenUrl: required(https("The URL of its token endpoint.", "https://login.example.org/token")),
      jwksUrl: required(https("The URL of its public keys (JWKS).", "https://login.example.org/keys")),
      userInfoUrl: optional(
        https("The URL of its user information endpoint.", "https://login.example.org/userinfo"),
        "User data is read from the ID token only.",
      ),
      logoutUrl: optional(
        https("The URL of its logout endpoint.", "https://login.example.org/logout"),
        "A logout does not end the session at the provider.",
      ),
      clientId: key(formats.plainText(255, "groundplan"), {
        is: "The ID of the client that Keycloak uses there.",
        changing: applied,
      }),
      clientSecretSecret: key(formats.secretName(), {
        is: "The secret with the client secret.",
        changing: applied,
        secret: true,
      }),
      scopes: key(formats.plainText(255, "openid email profile").default("openid email profile"), {
        is: "Scopes that Keycloak requests.",
        changing: applied,
      }),
    }),
    z.strictObject({
      kind: key(z.literal("saml"), { is: "A SAML 2.0 provider.", changing: applied }),
      ...common,
      entityId: key(formats.plainText(255, "https://idp.example.org/metadata"), {
        is: "Its entity ID.",
        changing: applied,
      }),
      signOnUrl: required(https("Its single sign-on URL.", "https://idp.example.org/sso")),
      logoutUrl: optional(
        https("Its single logout URL.", "https://idp.example.org/slo"),
        "A logout does not end the session at the provider.",
      ),
      certificate: key(formats.certificatePem(), {
        is: "Its signing certificate in PEM.",
        changing: applied,
      }),
    }),
  ]);
}

/** An LDAP directory. */
export function directories() {
  const dn = (is: string, example: string) =>
    key(formats.formed(/^[A-Za-z]+=[^"\\]+$/, `a distinguished name, such as "${example}"`, example), {
      is,
      changing: applied,
    });
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "The directory's name in the realm.",
      changing: "Creates a new entry. The old one stays in the realm.",
    }),
    vendor: key(z.enum(["ad", "rhds", "other"]).default("other"), {
      is: "The kind of directory: Active Directory, Red Hat Directory Server, or other, such as OpenLDAP.",
      changing: "The users' IDs may change. Do not change it later.",
    }),
    url: required(url("The URL of the server.", "ldaps?", "ldaps://ldap.example.org")),
    usersDn: dn("The DN of the users' subtree.", "ou=people,dc=example,dc=org"),
    bindDn: dn("The DN of the account that Keycloak reads the directory with.", "cn=keycloak,dc=example,dc=org"),
    bindPasswordSecret: key(formats.secretName(), {
      is: "The secret with the password of that account.",
      changing: applied,
      secret: true,
    }),
    usernameAttribute: key(
      formats.formed(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, "a name of an attribute", "uid").default("uid"),
      { is: "The attribute that is the user name.", changing: "Changes the users' names." },
    ),
    filter: key(
      formats
        .formed(/^\(.*\)$/, 'a filter in parentheses, such as "(memberOf=cn=staff,dc=example,dc=org)"', "(active=TRUE)")
        .optional(),
      { is: "A filter that selects the users.", unset: "All entries are users.", changing: applied },
    ),
  });
}
