import type { CredentialSpec } from "../kit/credential.ts";

/** The administrator of the embedded object store. */
export const rootCredential: CredentialSpec = {
  name: "object-store-root",
  recipe: { rotate: "restarts the object store, which reads it again; the buckets' Jobs run again with it" },
};

/** The key of one bucket's user. */
export function bucketCredential(name: string): CredentialSpec {
  return {
    name: `${name}-bucket`,
    recipe: {
      rotate: "a Job sets it on the object store; then its consumers restart, whose old pods are refused meanwhile",
    },
  };
}

/** The key of another user of a bucket, for one namespace. */
export function limitedCredential(bucket: string, namespace: string): CredentialSpec {
  return bucketCredential(`${bucket}-limited-${namespace}`);
}

/** All generated credentials of the embedded object store with these buckets. */
export function bucketCredentials(names: readonly string[]): CredentialSpec[] {
  return [rootCredential, ...names.map(bucketCredential)];
}
