import { createHmac } from "node:crypto";
import type { OidcClientRequest } from "../kit/bindings.ts";
import type { CredentialSpec } from "../kit/credential.ts";

/** The name of Kong's database, and of its role. */
export const kongDatabase = "kong";

/** The client of Traefik's dashboard. */
export const traefikClient = { name: "traefik", realmRoles: ["admin"] } as const satisfies Partial<OidcClientRequest>;

/** The key from which the session keys of all logins are derived. */
export const loginKey: CredentialSpec = {
  name: "login-sessions",
  length: 48,
  recipe: { rotate: "restarts every login proxy; all users must log in again" },
};

/** The private key of the certificate of Kong's admission webhook. */
export const webhookKey: CredentialSpec = {
  name: "kong-webhook-key",
  recipe: {
    refuse: "it has no consumer outside the stack: if it has leaked, `pulumi up --replace` creates a new one",
  },
};

/**
 * The key of one host's sessions: 32 bytes for AES-256, in the URL-safe base64 that oauth2-proxy reads ("Generating a Cookie
 * Secret"). Each host has a different key, so that a session of one host is not valid for another.
 */
export function sessionKey(master: string, host: string): string {
  const bytes = createHmac("sha256", master).update(host).digest();
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
