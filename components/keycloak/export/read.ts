import { isRecord, records, text } from "../../kit/unknown.ts";
import type { Data } from "../../kit/unknown.ts";
import { compare } from "../../kit/stable.ts";

/** An export that cannot be used: what is wrong, and what to do, in one line without any of its values. */
export class RealmExportError extends Error {}

/**
 * The realm in an export: of `kc.sh export`, which has one realm or a list of them, or of the admin console.
 *
 * @param content the file's text
 * @param name the realm, where the export has several. Default: the only one
 * @throws RealmExportError if the text is no export, or the realm is not in it
 */
export function readExport(content: string, name?: string): Data {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.replace(/^\uFEFF/, ""));
  } catch {
    // The parser's message quotes the text, which has secrets.
    throw new RealmExportError("is not JSON: use the file that kc.sh export or the admin console wrote");
  }
  const all = Array.isArray(parsed) ? records(parsed) : isRecord(parsed) ? [parsed] : [];
  const realms = all.filter((one) => text(one["realm"]) !== undefined && !("clientId" in one));
  const names = realms.map((one) => String(one["realm"])).sort(compare);
  if (realms.length === 0)
    throw new RealmExportError('has no realm: an export is a JSON object with the key "realm", or a list of them');
  const meant = name === undefined ? realms : realms.filter((one) => one["realm"] === name);
  if (meant.length === 0)
    throw new RealmExportError(`has no realm ${JSON.stringify(name)}: --realm accepts ${names.join(", ")}`);
  const [realm, ...others] = meant.filter((one) => name !== undefined || meant.length === 1 || one["realm"] !== master);
  if (realm === undefined || others.length > 0)
    throw new RealmExportError(`has the realms ${names.join(", ")}: name one of them with --realm`);
  if (realm["realm"] === master)
    throw new RealmExportError(
      "is the realm master, which has Keycloak's administrators and no settings: export another realm",
    );
  return realm;
}

const master = "master";
