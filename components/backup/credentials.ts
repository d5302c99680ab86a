import type { CredentialSpec } from "../kit/credential.ts";

/** The two passwords of the repository. Each alone opens it. */
export const repositoryCredentials = {
  /** The password that backups use. */
  daily: {
    name: "backup-repository",
    recipe: {
      rotate: "a Job adds the new password to the repository and removes the old one; no data is encrypted again",
    },
  },
  /** The password to keep outside the cluster and the state; with it the Job replaces the other. */
  recovery: {
    name: "backup-recovery",
    recipe: {
      refuse:
        "it is the password to keep in a safe place, and the one with which the other is replaced: change it with restic key (docs/backup.md)",
    },
  },
} as const satisfies Record<string, CredentialSpec>;
