import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A stock image of Node: the programs of components have no dependencies. */
export const nodeImage = "docker.io/library/node:24.21.0-alpine";

/** Where Kubernetes mounts the token and the CA certificate of a service account. */
export const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The user and group `node` of that image. */
export const nodeAccount = { user: 1000, group: 1000 } as const;

/**
 * A program's files by name, for a ConfigMap. Node runs them directly by stripping their types.
 * @param folder of the files
 */
export function programFiles(folder: string, files: readonly string[]): Record<string, string> {
  const texts = files.map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
  // Without it, Node first parses the files as CommonJS, and prints a warning.
  return { ...Object.fromEntries(texts), "package.json": '{ "type": "module" }\n' };
}
