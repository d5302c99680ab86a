import type { CredentialSpec } from "../kit/credential.ts";

/**
 * The password of the repositories with the files of volumes. Velero would create a Secret with a public password
 * (velero, pkg/repository/keys/keys.go).
 */
export const filesCredential: CredentialSpec = {
  name: "velero-files",
  recipe: {
    refuse:
      "Velero cannot change the password of its repositories: files that it has copied could not be read any more",
  },
};
