import { isMap, parseDocument } from "yaml";
import type { Document } from "yaml";
import { parts } from "./answers.ts";
import type { Answers } from "./answers.ts";

/** npm leaves files of this name out of packages. */
export const gitignore = "node_modules/\nout/\n";

/** What a section of the settings that runs something needs besides `enabled`, by profile. */
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // Servers must run on different nodes, and a laptop's cluster has one node.
  keycloak: { replicas: 1 },
  midpoint: { replicas: 1 },
};

/**
 * The files of a new project by path, from those of the template: placeholders are replaced, and the settings have the answers.
 * @param template the files of the folder template/ by path, which is also a template of `pulumi new`
 */
export function projectFiles(template: ReadonlyMap<string, string>, answers: Answers): Map<string, string> {
  const files = new Map<string, string>();
  for (const [path, text] of template)
    files.set(path, changed(path, text.replaceAll("${PROJECT}", answers.name), answers));
  files.set(".gitignore", gitignore);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function changed(path: string, text: string, answers: Answers): string {
  const document = () => parseDocument(text);
  switch (path) {
    case "Pulumi.yaml": {
      const project = document();
      project.delete("template");
      return printed(project);
    }
    case "Pulumi.dev.yaml":
      return printed(stackFile(document(), "dev", answers));
    case "Pulumi.prod.yaml":
      return printed(stackFile(document(), "prod", answers));
    default:
      return text;
  }
}

function stackFile(file: Document, profile: "dev" | "prod", answers: Answers): Document {
  const dev = profile === "dev";
  const set = (section: string, value: unknown) => file.setIn(["config", `groundplan:${section}`], value);
  set("domain", dev ? `dev.${answers.domain}` : answers.domain);
  file.setIn(["config", "groundplan:cluster", "context"], dev ? answers.context : answers.prodContext);
  if (answers.gateway === "none") file.deleteIn(["config", "groundplan:gateway"]);
  else file.setIn(["config", "groundplan:gateway", "kind"], answers.gateway);
  if (!dev) {
    const issuer =
      answers.certificates === "letsencrypt"
        ? { name: "letsencrypt", kind: "acme", email: `ops@${answers.domain}` }
        : { name: "own-ca", kind: "own-ca", commonName: `${answers.name} CA` };
    set("certificates", file.createNode({ issuers: [issuer] }));
  }
  const config = file.get("config");
  if (!isMap(config)) throw new TypeError("the template's stack file has no settings");
  for (const part of parts) {
    const key = `groundplan:${part}`;
    if (!answers.parts.includes(part)) config.delete(key);
    else if (!config.has(key)) set(part, file.createNode({ enabled: true, ...(dev ? needed[part] : {}) }));
  }
  return file;
}

function printed(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
