import { readExport, RealmExportError } from "../../components/keycloak/export/read.ts";
import { realmSettings } from "../../components/keycloak/export/realm.ts";
import type { RealmSecret } from "../../components/keycloak/export/secrets.ts";
import { clientRole } from "../../components/keycloak/clients.ts";
import { realmDocument } from "../../components/keycloak/realm.ts";
import { isRecord, record, records, text, texts } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { clientsOf } from "../settings/derive.ts";
import type { Profile } from "../settings/key.ts";
import { valueAt } from "../settings/key.ts";
import { realmGroups } from "../settings/names.ts";
import type { Path } from "../settings/path.ts";
import { refusals } from "../settings/check.ts";
import { ruleFindings } from "../settings/rules.ts";
import { settingsSchema } from "../settings/schema.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import { secretReferences } from "../settings/secrets.ts";
import { usable } from "../settings/usable.ts";
import { compareRealms } from "./compare.ts";
import type { RealmFinding } from "./compare.ts";
import { withoutDefaults } from "./defaults.ts";

export { RealmExportError } from "../../components/keycloak/export/read.ts";

/** The stack that a realm moves into. */
export interface ImportTarget {
  readonly profile: Profile;
  /** Its settings, by top-level key. */
  readonly input: Data;
}

/** The target where no stack is named: a stack with nothing but Keycloak. */
export const noStack: ImportTarget = {
  profile: "prod",
  input: { domain: "example.org", cluster: { context: "none" }, postgresql: { enabled: true } },
};

/** A realm as settings that a stack accepts. */
export interface ImportedRealm {
  /** The value of `groundplan:keycloak`: `realm` and `clients`, without defaults. */
  readonly settings: Data;
  readonly secrets: readonly RealmSecret[];
  /** What the settings cannot say, by path in the export. */
  readonly findings: readonly RealmFinding[];
}

/**
 * The settings for an exported realm. What the settings do not accept is left out and listed.
 *
 * @param content the text of the export
 * @param name the realm, if the export has several. Default: the only one
 * @param target clients that its components create are not in the settings. Default: {@link noStack}
 * @throws RealmExportError if the text is no export, or the realm's name is not accepted: the settings would create another realm
 */
export function importRealm(
  content: string,
  { name, target = noStack }: { readonly name?: string; readonly target?: ImportTarget } = {},
): ImportedRealm {
  const exported = readExport(content, name);
  const schema = settingsSchema(target.profile);
  const settingsOf = (realm: Data | undefined, clients: readonly Data[]) => ({
    ...target.input,
    keycloak: { ...record(target.input["keycloak"]), enabled: true, realm, clients },
  });
  const standIns = { domain: "example.org", cluster: { context: "none" } };
  const declared = records(record(target.input["keycloak"])["clients"]);
  const before = usable(schema, settingsOf(undefined, declared), standIns)?.value;
  if (before === undefined) throw new Error("no usable settings are left, which the schema should make impossible");
  const own = new Map(declared.map((client) => [client["name"], client["namespace"]]));
  const platforms = clientsOf(before).filter(({ name }) => !own.has(name));
  const managed = new Set(platforms.map(({ name }) => name));
  const found = realmSettings(exported, managed);
  const brought = platforms.flatMap(({ name, realmRoles = [] }) =>
    realmRoles.map((role) => `${role} ${name}.${clientRole(name)}`),
  );
  const roles = records(found.realm["roles"]).map(({ name, includes }) => ({
    name,
    includes: texts(includes).filter((role) => !brought.includes(`${String(name)} ${role}`)),
  }));
  // Which namespace has an application is not in a realm.
  const clients = found.clients.map((client) => ({ ...client, namespace: own.get(client["name"]) }));
  const input = plain(settingsOf({ ...found.realm, roles }, clients)) as Data;
  const reasons: RealmFinding[] = [];
  for (const { path, problem } of refusals({ schema, input, stack: "STACK", empty: [] })) {
    if (path.join(".") === "keycloak.realm.name")
      throw new RealmExportError(
        `has a realm whose name keycloak.realm.name does not accept: it accepts ${problem.accepts ?? ""}; under another name, users would not be in it`,
      );
    const why = `${String(path.findLast((name) => typeof name === "string"))} accepts ${problem.accepts ?? "other values"}`;
    reasons.push({ path: exportPath(path, input), kind: "stays", why });
  }
  const first = usable(schema, input, standIns)?.value ?? before;
  const value = accepted(first, (candidate) => schema.parse(candidate), reasons);
  const { realm } = value.keycloak;
  const written = withoutDefaults(schema, { keycloak: { realm, clients: value.keycloak.clients } });
  const names = new Set(secretReferences(schema, written).map(({ name }) => name));
  const document = realmDocument({ ...realm, groups: realmGroups(realm) }, clientsOf(value));
  return {
    settings: record(written["keycloak"]),
    secrets: found.secrets.filter(({ name }) => names.has(name)),
    findings: compareRealms(exported, document, { managed, reasons, keepManual: value.keycloak.keepManual }),
  };
}

/** Settings without what breaks a rule between them, such as a role that includes a role of a client that was left out. */
function accepted(
  settings: ParsedSettings,
  parse: (value: unknown) => ParsedSettings,
  reasons: RealmFinding[],
): ParsedSettings {
  let value = settings;
  for (;;) {
    const broken = ruleFindings(value).find(
      ({ path, severity }) =>
        severity !== "warning" && path[0] === "keycloak" && (path[1] === "realm" || path[1] === "clients"),
    );
    if (broken === undefined) return value;
    const copy = structuredClone(value) as unknown;
    const { fix, message, got, path } = broken;
    const gone = typeof fix === "object" && "remove" in fix ? fix.remove : elementAround(value, path);
    reasons.push({
      path: exportPath(gone, value),
      kind: "stays",
      why: got === undefined ? message : `${message}: ${got}`,
    });
    // A default stays: `groundplan plan` shows what is wrong.
    if (!remove(copy, gone)) return value;
    value = parse(copy);
  }
}

/** The innermost object in a list at or above a path: a role with fewer of its parts would take rights away. */
function elementAround(value: unknown, path: Path): Path {
  const paths = path.map((_, index) => path.slice(0, path.length - index));
  const isThere = (one: Path) => valueAt(value, one) !== undefined;
  return (
    paths.find((one) => typeof one.at(-1) === "number" && isRecord(valueAt(value, one))) ?? paths.find(isThere) ?? path
  );
}

/** @returns whether there was something */
function remove(value: unknown, path: Path): boolean {
  const parent = valueAt(value, path.slice(0, -1));
  const last = path.at(-1);
  if (Array.isArray(parent)) return parent.splice(Number(last), 1).length > 0;
  return isRecord(parent) && Object.hasOwn(parent, String(last)) && Reflect.deleteProperty(parent, String(last));
}

/** The path in an export of what a setting says, as far as lists of the two have the same elements. */
function exportPath(path: Path, settings: unknown): string[] {
  const [, section, list, index, ...rest] =
    path[1] === "clients" ? ["", "realm", "clients", path[2], ...path.slice(3)] : path;
  const element = record(valueAt(settings, path.slice(0, path[1] === "clients" ? 3 : 4)));
  const name = text(element["name"]) ?? text(element["alias"]) ?? text(element["claim"]) ?? "";
  if (section !== "realm" || typeof index !== "number" || name === "") return path.slice(2).map(String);
  const places: Readonly<Record<string, readonly string[]>> = {
    roles: ["roles", "realm"],
    ldap: ["components", "org.keycloak.storage.UserStorageProvider"],
  };
  const inside = rest.filter((one) => typeof one === "string");
  return [
    ...(places[String(list)] ?? [String(list)]),
    name,
    ...(inside.length > 0 && list === "clients" ? inside : []),
  ];
}

/** Plain JSON data, without undefined members. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
