import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

const applied = "A Job applies it to the realm.";

const url = (is: string, schemes: string, example: string) => ({
  is,
  format: formats.formed(
    new RegExp(`^(${schemes})://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\\s"\\\\]*)?$`),
    `an address, such as "${example}"`,
    example,
  ),
});

const required = ({ is, format }: ReturnType<typeof url>) => key(format, { is, left: "An error.", changing: applied });

const optional = ({ is, format }: ReturnType<typeof url>, left: string) =>
  key(format.optional(), { is, left, changing: applied });

const https = (is: string, example: string) => url(is, "https", example);

/** The realm's mail server. */
export function mail() {
  return z.strictObject({
    host: key(formats.address(), { is: "The server's address.", left: "An error.", changing: applied }),
    port: key(formats.port().default(587), { is: "The server's port.", unit: "TCP port", changing: applied }),
    from: key(formats.email(), { is: "The sender's address.", left: "An error.", changing: applied }),
    encryption: key(z.enum(["starttls", "tls", "none"]).default("starttls"), {
      is: "How the connection is encrypted.",
      changing: applied,
    }),
    username: key(formats.plainText(255, "mailer").optional(), {
      is: "The user to log in as at the mail server.",
      left: "No login.",
      changing: applied,
    }),
    passwordSecret: key(formats.secretName().optional(), {
      is: "The secret with that user's password.",
      left: "No login.",
      changing: applied,
      secret: true,
    }),
  });
}

/** Another provider of logins. */
export function identityProviders() {
  const common = {
    alias: key(formats.shortName(), {
      is: "The provider's name in the realm.",
      left: "An error.",
      changing: "A new provider: users link their accounts anew.",
    }),
    displayName: key(formats.plainText(64, "Company login").optional(), {
      is: "What its button says.",
      left: "The alias.",
      changing: applied,
    }),
    trustEmail: key(z.boolean().default(false), {
      is: "Whether e-mail addresses that it gives count as verified.",
      changing: applied,
    }),
  };
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("oidc"), { is: "A provider of OpenID Connect.", left: "An error.", changing: applied }),
      ...common,
      issuer: required(https("Its issuer.", "https://login.example.org")),
      authorizationUrl: required(https("Its authorization endpoint.", "https://login.example.org/authorize")),
      tokenUrl: required(https("Its token endpoint.", "https://login.example.org/token")),
      jwksUrl: required(https("Where its keys are.", "https://login.example.org/keys")),
      userInfoUrl: optional(
        https("Its user information endpoint.", "https://login.example.org/userinfo"),
        "The ID token alone says who the user is.",
      ),
      logoutUrl: optional(
        https("Its logout endpoint.", "https://login.example.org/logout"),
        "The session there stays.",
      ),
      clientId: key(formats.plainText(255, "groundplan"), {
        is: "The id of the client that Keycloak is there.",
        left: "An error.",
        changing: applied,
      }),
      clientSecretSecret: key(formats.secretName(), {
        is: "The secret with that client's secret.",
        left: "An error.",
        changing: applied,
        secret: true,
      }),
      scopes: key(formats.plainText(255, "openid email profile").default("openid email profile"), {
        is: "Scopes that it is asked for.",
        changing: applied,
      }),
    }),
    z.strictObject({
      kind: key(z.literal("saml"), { is: "A provider of SAML 2.0.", left: "An error.", changing: applied }),
      ...common,
      entityId: key(formats.plainText(255, "https://idp.example.org/metadata"), {
        is: "Its entity id.",
        left: "An error.",
        changing: applied,
      }),
      signOnUrl: required(https("Its single sign-on address.", "https://idp.example.org/sso")),
      logoutUrl: optional(
        https("Its single logout address.", "https://idp.example.org/slo"),
        "The session there stays.",
      ),
      certificate: key(formats.certificatePem(), {
        is: "The certificate in PEM that it signs with.",
        left: "An error.",
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
      left: "An error.",
      changing: applied,
    });
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "The directory's name in the realm.",
      left: "An error.",
      changing: "A new entry beside the old one.",
    }),
    vendor: key(z.enum(["ad", "rhds", "other"]).default("other"), {
      is: "Which directory it is: Active Directory, Red Hat Directory Server, or another such as OpenLDAP.",
      changing: "Users' ids may change: choose it once.",
    }),
    url: required(url("The server.", "ldaps?", "ldaps://ldap.example.org")),
    usersDn: dn("Where the people are.", "ou=people,dc=example,dc=org"),
    bindDn: dn("As whom Keycloak reads it.", "cn=keycloak,dc=example,dc=org"),
    bindPasswordSecret: key(formats.secretName(), {
      is: "The secret with that account's password.",
      left: "An error.",
      changing: applied,
      secret: true,
    }),
    usernameAttribute: key(
      formats.formed(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, "an attribute's name", "uid").default("uid"),
      { is: "The attribute that becomes the user's name.", changing: "Users get other names." },
    ),
    filter: key(
      formats
        .formed(/^\(.*\)$/, 'a filter in parentheses, such as "(memberOf=cn=staff,dc=example,dc=org)"', "(active=TRUE)")
        .optional(),
      { is: "Who of them are users.", left: "All.", changing: applied },
    ),
  });
}
