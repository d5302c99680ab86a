import type { CredentialSpec } from "../kit/credential.ts";

/** The generated secrets of midPoint, by what they are for. */
export const midPointCredentials = {
  administrator: {
    // Letters and digits with each kind among them: midPoint's default policy asks for that and eight characters, and where the
    // first password breaks it there is no administrator at all.
    name: "midpoint-administrator",
    recipe: {
      refuse: "midPoint reads it at its first start only: change it there, at the administrator's own account",
    },
  },
  keystore: {
    name: "midpoint-keystore",
    recipe: { rotate: "the keystore is written anew with the same keys; then midPoint's nodes restart one by one" },
  },
  /** Its rotation number is the number of keys: a higher one adds keys, and every old one stays. */
  keys: {
    name: "midpoint-keys",
    recipe: {
      rotate:
        "adds a key beside the old ones, with which midPoint encrypts from its restart on; then run its bulk action reencrypt, with dryRun first, so that data needs no old key (docs/midpoint.md); a lower number would drop a key and is refused as a loss of data",
    },
  },
} as const satisfies Record<string, CredentialSpec>;

/** Keys that a keystore holds at most: each takes some milliseconds to write. */
export const mostKeys = 20;
