import type { CredentialSpec } from "../kit/credential.ts";

const bootstrapOnly =
  "Keycloak reads it only when its database is first created: change it in the console, or with `kc.sh bootstrap-admin` (docs/recovery.md)";

/** The generated credentials of Keycloak itself. */
export const serverCredentials = {
  /** The first administrator, for operators. */
  administrator: { name: "keycloak-admin", recipe: { refuse: bootstrapOnly } },
  /** The client of the realm `master` that the realm's Job uses to log in. */
  automation: { name: "keycloak-automation", recipe: { refuse: bootstrapOnly } },
} as const satisfies Record<string, CredentialSpec>;

/** The secret of a client. */
export function clientCredential(name: string): CredentialSpec {
  return {
    name: `${name}-oidc`,
    length: 40,
    recipe: {
      rotate: "a Job sets it in the realm, which then rejects the old one; then its consumers restart",
    },
  };
}

/** The first password of a user. */
export function userCredential(username: string): CredentialSpec {
  const name = username.replaceAll(".", "_");
  return {
    name: `${name}-first-password`,
    recipe: { refuse: "the user has changed it: reset it in Keycloak's console" },
  };
}

/** All generated credentials of Keycloak with these confidential clients and first users. */
export function keycloakCredentials(clients: readonly string[], users: readonly string[]): CredentialSpec[] {
  return [
    ...Object.values<CredentialSpec>(serverCredentials),
    ...clients.map(clientCredential),
    ...users.map(userCredential),
  ];
}
