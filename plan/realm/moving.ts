import { Document } from "yaml";
import { commandLine } from "../../components/kit/command-line.ts";
import { StackSecretError, storeSecrets } from "../../components/kit/stack-secrets.ts";
import { record } from "../../components/kit/unknown.ts";
import { importRealm, RealmExportError } from "../../stacks/realm/import.ts";
import type { ImportedRealm, ImportTarget } from "../../stacks/realm/import.ts";
import { readInput } from "../../stacks/settings/input.ts";
import { configKey } from "../../stacks/settings/path.ts";
import { settingsSchema } from "../../stacks/settings/schema.ts";
import { setSecret } from "../../stacks/settings/secrets.ts";
import { InputError } from "../input-error.ts";
import { projectName } from "../project-program.ts";
import { readStackFile } from "../stack-file.ts";
import { stackFile } from "../stacks.ts";

/**
 * The settings of the stack that a realm moves into.
 * @param root the project's folder
 * @throws InputError if the stack has no file, or it is no YAML
 */
export function targetOf(root: string, stack: string): ImportTarget {
  const { values, secretKeys } = readStackFile(stackFile(root, stack), [], projectName(root));
  const profile = values["groundplan:profile"] === "dev" ? "dev" : "prod";
  const { value } = readInput({ values, secretKeys: new Set(secretKeys) }, settingsSchema(profile).shape);
  return { profile, input: record(value) };
}

/**
 * The settings for an export.
 * @param content the text of `file`
 * @throws InputError if it is no export
 */
export function importedOf(
  content: string,
  { file, realm, target }: { readonly file: string; readonly realm?: string; readonly target?: ImportTarget },
): ImportedRealm {
  try {
    return importRealm(content, { name: realm, target });
  } catch (error) {
    if (error instanceof RealmExportError) throw new InputError(`${file}: ${error.message}`);
    throw error;
  }
}

/**
 * Stores the secrets of a realm in a stack's configuration, if one is named.
 * @returns the names of those that the configuration then has
 * @throws InputError if one has another value there
 */
export async function stored({ secrets }: ImportedRealm, stack: string | undefined): Promise<ReadonlySet<string>> {
  if (stack === undefined) return new Set();
  const known = secrets.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
  try {
    await storeSecrets(known, stack);
  } catch (error) {
    if (error instanceof StackSecretError) throw new InputError(error.message);
    throw error;
  }
  return new Set(known.map(({ name }) => name));
}

/**
 * The settings as YAML for a stack file, with a comment for each secret.
 * @param file where the realm was exported to
 * @param stored names of the secrets that the stack's configuration has
 */
export function yamlOf(
  { secrets, settings }: ImportedRealm,
  {
    file,
    stack = "STACK",
    stored,
  }: { readonly file: string; readonly stack?: string; readonly stored: ReadonlySet<string> },
): string {
  const document = new Document({ "groundplan:keycloak": settings });
  document.commentBefore = ' Merge this into the section config of the stack file: docs/migrating.md, "Keycloak".';
  const storable = secrets.some(({ name, value }) => value !== undefined && !stored.has(name));
  const lines = [
    ...(storable
      ? [
          "# This command sets the secrets that the export has, without showing one:",
          `#   ${commandLine("realm", `--from ${file} --stack STACK`)}`,
        ]
      : []),
    ...secrets.map(({ name, value, what }) => {
      if (stored.has(name)) return `# secrets:${name}: ${what}; set`;
      if (value !== undefined) return `# secrets:${name}: ${what}`;
      return `# secrets:${name}: ${what}, which the export does not have:\n#   ${setSecret(name, stack)}`;
    }),
  ];
  const yaml = document.toString({ lineWidth: 0 });
  return lines.length === 0 ? yaml : `${yaml}\n${lines.join("\n")}\n`;
}

/** What the settings cannot say, one line each. */
export function listOf({ findings }: ImportedRealm): string {
  return findings
    .map(({ kind, path, why }) => {
      const place = configKey(path).slice("groundplan:".length);
      return `${`${kind}:`.padEnd(9)}${place}${why === undefined ? "" : `: ${why}`}\n`;
    })
    .join("");
}
