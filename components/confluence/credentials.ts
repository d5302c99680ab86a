import type { OidcClientRequest } from "../kit/bindings.ts";
import type { CredentialSpec } from "../kit/credential.ts";

/** The password of the dedicated PostgreSQL's superuser, as which Confluence connects. */
export const dedicatedPassword: CredentialSpec = {
  name: "confluence-postgresql",
  recipe: {
    refuse:
      "PostgreSQL's image sets it only when it creates the database: change it with ALTER ROLE, or use the platform's PostgreSQL",
  },
};

/** The client with which users log in, once Confluence is configured for it. */
export const confluenceClient = {
  name: "confluence",
  realmRoles: ["admin"],
} as const satisfies Partial<OidcClientRequest>;

/** The client of the login in front of Adminer. */
export const adminerClient = {
  name: "confluence-adminer",
  realmRoles: ["admin"],
} as const satisfies Partial<OidcClientRequest>;
