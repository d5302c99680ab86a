import type { EcrLoginArgs } from "../../components/registry/registry.ts";
import { registryWatched } from "../../components/registry/watched.ts";
import { userSecret } from "../../components/kit/secret.ts";
import type { Settings } from "../settings/settings.ts";
import type { Part } from "./part.ts";

/** The namespace of the renewal. */
export const registryNamespace = "registry-login";

export const registryPart: Part = {
  on: ({ images }) => images.ecr !== undefined && images.ecr.identity !== "nodes",
  needs: () => ({ namespaces: [{ name: registryNamespace }], watched: [registryWatched(registryNamespace)] }),
};

/** @param namespaces all namespaces of the stack */
export function ecrLoginArgs({ images, secrets }: Settings, namespaces: readonly string[]): EcrLoginArgs {
  const { ecr } = images;
  if (ecr === undefined) throw new TypeError("no registry of Amazon ECR");
  const { accessKeyId, cidrs, identity, registry, roleArn, secretAccessKeySecret } = ecr;
  const place = { namespace: registryNamespace, registry, namespaces, cidrs };
  if (identity === "role") return { ...place, access: roleArn === undefined ? "podIdentity" : { roleArn } };
  if (accessKeyId === undefined || secretAccessKeySecret === undefined)
    throw new TypeError("a login of Amazon ECR has a key or a role");
  return { ...place, access: { accessKeyId, secretAccessKey: userSecret(secrets, secretAccessKeySecret) } };
}
