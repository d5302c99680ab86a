import type { CredentialSpec } from "../kit/credential.ts";
import { childName } from "../kit/names.ts";

/** The password that backups use, and the one to keep in a safe place. Each alone opens the repository. */
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

/**
 * The password that backups of the files of a namespace use: it opens the repository of this namespace alone. Its name is a key of the
 * setting `rotation`, of at most 63 characters.
 */
export function filesCredential(namespace: string): CredentialSpec {
  return {
    name: childName(repositoryCredentials.daily.name, namespace),
    recipe: repositoryCredentials.daily.recipe,
  };
}
