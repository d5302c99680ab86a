import type { CredentialSpec } from "../kit/credential.ts";

const bootstrapOnly =
  "Keycloak reads it only when its database is first made: change it in the console, or with `kc.sh bootstrap-admin` (docs/recovery.md)";

/** The generated credentials of Keycloak itself. */
export const serverCredentials = {
  /** The first administrator, a person's. */
  administrator: { name: "keycloak-admin", recipe: { refuse: bootstrapOnly } },
  /** The client of the realm `master` as which the realm's Job logs in. */
  automation: { name: "keycloak-automation", recipe: { refuse: bootstrapOnly } },
} as const satisfies Record<string, CredentialSpec>;

/** The secret of a client. */
export function clientCredential(name: string): CredentialSpec {
  return {
    name: `${name}-oidc`,
    length: 40,
    recipe: {
      rotate: "a Job sets it in the realm, and the old one is refused from then on; then who uses it restarts",
    },
  };
}

/** The first password of a user. */
export function userCredential(username: string): CredentialSpec {
  const name = username.replaceAll(".", "_");
  return {
    name: `${name}-first-password`,
    recipe: { refuse: "the user has changed it since: reset it in Keycloak's console" },
  };
}

/** Every generated credential of Keycloak with clients that have a secret and first users of these names. */
export function keycloakCredentials(clients: readonly string[], users: readonly string[]): CredentialSpec[] {
  return [
    ...Object.values<CredentialSpec>(serverCredentials),
    ...clients.map(clientCredential),
    ...users.map(userCredential),
  ];
}
