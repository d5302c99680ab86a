import type { OidcClientRequest } from "../kit/bindings.ts";
import type { CredentialSpec } from "../kit/credential.ts";

/** The token with which users register. */
export const registrationToken: CredentialSpec = {
  name: "matrix-registration",
  recipe: { rotate: "the homeserver restarts; accounts stay, and new ones need the new token" },
};

/** The client with which users log in. */
export const matrixClient = { name: "matrix" } as const satisfies Partial<OidcClientRequest>;

/** The path of the redirect URI (tuwunel, docs/authentication/providers/keycloak.md). */
export const callbackPath = `/_matrix/client/unstable/login/sso/callback/${matrixClient.name}`;
