import type { OidcClientRequest } from "../kit/bindings.ts";
import type { CredentialSpec } from "../kit/credential.ts";

/** The generated secrets of midPoint, by purpose. */
export const midPointCredentials = {
  administrator: {
    // Lower case, upper case and digits: midPoint's default policy requires these and eight characters. If the first password violates
    // the policy, midPoint creates no administrator.
    name: "midpoint-administrator",
    recipe: {
      refuse: "midPoint reads it only at its first start: change the password of the administrator in midPoint",
    },
  },
  keystore: {
    name: "midpoint-keystore",
    recipe: { rotate: "the keystore is rewritten with the same keys; then midPoint's nodes restart one after another" },
  },
  /** Its rotation number is the number of keys: a higher number adds keys and keeps all old ones. */
  keys: {
    name: "midpoint-keys",
    recipe: {
      rotate:
        "adds a key and keeps the old ones; midPoint encrypts with it after its restart; then run the bulk action reencrypt, with dryRun first, so that data no longer needs the old keys (docs/midpoint.md); a lower number would delete a key and is refused as data loss",
    },
  },
} as const satisfies Record<string, CredentialSpec>;

/** The maximum number of keys in a keystore: each takes some milliseconds to write. */
export const mostKeys = 20;

/** The client with which users log in: administrators of the realm have its role; assign it to others. */
export const midPointClient = { name: "midpoint", realmRoles: ["admin"] } as const satisfies Partial<OidcClientRequest>;
