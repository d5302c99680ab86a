import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A stock image of Node: the programs of components have no dependencies. */
export const nodeImage = "docker.io/library/node:24.21.0-alpine";

/** Where Kubernetes mounts the token and the CA certificate of a service account. */
export const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The user and group `node` of that image. */
export const nodeAccount = { user: 1000, group: 1000 } as const;

/** Files that programs of several components use. */
const sharedFolder = join(import.meta.dirname, "programs");

/**
 * A program's files by name, for a ConfigMap. Node runs them directly by stripping their types.
 * @param folder of the files
 * @param shared files of components/kit/programs that they import
 */
export function programFiles(
  folder: string,
  files: readonly string[],
  shared: readonly string[] = [],
): Record<string, string> {
  const read = (from: string, name: string) => {
    // The keys of a ConfigMap are one folder.
    const text = readFileSync(join(from, name), "utf8").replaceAll('from "../../kit/programs/', 'from "./');
    return [name, text] as const;
  };
  const texts = [...files.map((name) => read(folder, name)), ...shared.map((name) => read(sharedFolder, name))];
  // Without it, Node first parses the files as CommonJS, and prints a warning.
  return { ...Object.fromEntries(texts), "package.json": '{ "type": "module" }\n' };
}
