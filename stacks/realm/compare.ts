import { absolute, idOf, ownClients } from "../../components/keycloak/export/clients.ts";
import { isSecret } from "../../components/keycloak/export/secrets.ts";
import { builtInRoles } from "../../components/keycloak/clients.ts";
import { Placeholder } from "../../components/keycloak/representation.ts";
import type { Json } from "../../components/keycloak/representation.ts";
import { compare } from "../../components/kit/stable.ts";
import { at, isRecord, list, record, records, text, texts } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { addedComposites, builtInScopes, isDefault } from "./keycloak-defaults.ts";

/** Something in an exported realm that settings cannot say. */
export interface RealmFinding {
  /** In the export; elements of lists are named by their names. */
  readonly path: readonly string[];
  /** What the Job of the realm does to it: it changes or removes it, or leaves it as it is. */
  readonly kind: "changes" | "removed" | "stays";
  /** More, such as the values. It contains no secret. */
  readonly why?: string;
}

/** What decides on differences. */
interface Comparison {
  /** IDs of the clients that components of the stack create. */
  readonly managed: ReadonlySet<string>;
  /** Why settings do not accept something, by its path in the export. */
  readonly reasons: readonly RealmFinding[];
  /** The setting `keycloak.keepManual`. */
  readonly keepManual: boolean;
}

/**
 * What differs between an exported realm and the document of its settings, and what the Job does to it. Values are shown only where the
 * document has that key too, because others may be secret.
 */
export function compareRealms(
  exported: Data,
  document: Json,
  { managed, reasons, keepManual }: Comparison,
): RealmFinding[] {
  const findings: RealmFinding[] = [];
  const ids = new Set(
    ownClients(document as Data)
      .map(idOf)
      .filter((id) => !managed.has(id)),
  );
  walk(comparable(exported, managed, ids), comparable(document, managed, ids), [], findings);
  const users = records(exported["users"]).filter((user) => user["serviceAccountClientId"] === undefined);
  const others = users.length - records(document["users"]).filter((user) => user["credentials"] !== undefined).length;
  if (others > 0)
    findings.push({
      path: ["users"],
      kind: "stays",
      why: `${others} ${others === 1 ? "user" : "users"}, with passwords, groups and roles`,
    });
  // Of these, the Job deletes what the document does not have.
  const deletes = ({ kind, path }: RealmFinding) =>
    !keepManual && kind === "stays" && ["authenticationFlows", "groups", "identityProviders"].includes(path[0] ?? "");
  const why = (path: readonly string[]) =>
    reasons.find((one) => path.every((name, index) => name === one.path[index]))?.why;
  const joined = findings.map((found): RealmFinding => {
    const one: RealmFinding = deletes(found) ? { ...found, kind: "removed" } : found;
    const reason = why(one.path);
    return reason === undefined ? one : { ...one, why: one.why === undefined ? reason : `${one.why}; ${reason}` };
  });
  return joined.sort(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || compare(a.path.join("."), b.path.join(".")),
  );
}

const order = ["removed", "changes", "stays"];

/** Lists and objects that the Job sets as a whole, so that it removes what the document does not have. */
const replaced = new Set([
  "clientRoles",
  "composites",
  "defaultClientScopes",
  "protocolMappers",
  "realmRoles",
  "redirectUris",
  "smtpServer",
  "userProfile",
  "webOrigins",
]);

function walk(exported: unknown, document: unknown, path: readonly string[], findings: RealmFinding[]): void {
  // A secret is not compared: the stack's configuration has it.
  if (document instanceof Placeholder || (Array.isArray(document) && document[0] instanceof Placeholder)) {
    if (path[0] === "clients" && !isSecret(exported))
      findings.push({ path, kind: "changes", why: "the export does not have it, so that a new one is generated" });
    return;
  }
  if (document === undefined) {
    if (isDefault(path, exported)) return;
    const gone =
      path.slice(0, -1).some((name) => replaced.has(name) || (name === "config" && path[0] !== "clients")) ||
      path.includes("authenticationFlowBindingOverrides");
    findings.push({ path, kind: gone ? "removed" : "stays" });
  } else if (isRecord(exported) && isRecord(document)) {
    for (const key of Object.keys(exported).sort(compare)) walk(exported[key], document[key], [...path, key], findings);
    for (const key of Object.keys(document).sort(compare))
      if (exported[key] === undefined && document[key] instanceof Placeholder)
        walk(undefined, document[key], [...path, key], findings);
      else if (exported[key] === undefined && restricts([...path, key], document[key]))
        findings.push({ path: [...path, key], kind: "changes", why: `not set, becomes ${shown(document[key])}` });
  } else if (Array.isArray(exported)) {
    const kept = new Set(list(document).map(String));
    for (const one of exported.map(String).sort(compare))
      if (!kept.has(one)) findings.push({ path, kind: "removed", why: shown(one) });
    // Who may view and edit attributes.
    for (const one of path[0] === "userProfile" ? kept : [])
      if (!exported.map(String).includes(one)) findings.push({ path, kind: "changes", why: `${shown(one)} is added` });
  } else if (textOf(exported) !== textOf(document)) {
    findings.push({ path, kind: "changes", why: `${shown(exported)} becomes ${shown(document)}` });
  }
}

/** Whether a new value changes a realm, a client or an identity provider: it is no new object, and not what Keycloak does anyway. */
function restricts(path: readonly string[], value: unknown): boolean {
  const places = ["", "clients/*", "clients/*/attributes", "identityProviders/*", "identityProviders/*/config"];
  const place = path.slice(0, -1).map((name, index) => (index === 1 ? "*" : name));
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return plain && places.includes(place.join("/")) && !isDefault(path, value) && !labels.includes(path.at(-1) ?? "");
}

/** Titles, and what Keycloak's console sets in every new client. */
const labels = ["backchannel.logout.session.required", "displayName", "name"];

/** Keycloak has switches as text in some places, and in others not. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shown(value: unknown): string {
  return JSON.stringify(value);
}

/**
 * A realm with objects by name in place of lists, and without what neither settings nor people decide.
 * @param said IDs of the clients in the settings
 */
function comparable(realm: Data, managed: ReadonlySet<string>, said: ReadonlySet<string>): Data {
  const flows = records(realm["authenticationFlows"]);
  const clients = ownClients(realm).filter((client) => !managed.has(idOf(client)));
  const { authenticatorConfig, keycloakVersion, requiredActions, users, scopeMappings, clientScopeMappings, ...rest } =
    realm;
  void [authenticatorConfig, keycloakVersion, requiredActions, users];
  const profile = realm["userProfile"] ?? profileOf(realm);
  return {
    ...rest,
    attributes: record(realm["attributes"]),
    clients: Object.fromEntries(clients.map((client) => [idOf(client), clientOf(client, flows)])),
    roles: {
      realm: byName(records(at(realm, "roles", "realm")).flatMap((role) => roleOf(role, String(realm["realm"])))),
      client: Object.fromEntries(
        Object.entries(record(at(realm, "roles", "client")))
          .filter(([client]) => said.has(client))
          .map(([client, roles]) => [client, byName(roles)]),
      ),
    },
    groups: byName(realm["groups"]),
    clientScopes: byName(records(realm["clientScopes"]).filter((one) => !builtInScopes.includes(String(one["name"])))),
    authenticationFlows: byName(
      flows.filter((flow) => flow["builtIn"] !== true && flow["topLevel"] === true).map(({ alias }) => ({ alias })),
    ),
    identityProviders: byName(realm["identityProviders"]),
    identityProviderMappers: byName(realm["identityProviderMappers"]),
    components: Object.fromEntries(
      Object.entries(record(realm["components"])).map(([type, components]) => [type, byName(components)]),
    ),
    userProfile: isRecord(profile) ? { ...profile, attributes: byName(profile["attributes"]) } : undefined,
    scopeMappings: list(scopeMappings).length > 1 ? scopeMappings : undefined,
    clientScopeMappings,
  };
}

/** A role, of the built-in ones only what people added. */
function roleOf(role: Data, realm: string): Data[] {
  if (!builtInRoles(realm).includes(String(role["name"]))) return [role];
  const composites = addedComposites(role["composites"]);
  return composites === undefined ? [] : [{ name: role["name"], composites }];
}

function clientOf(client: Data, flows: readonly Data[]): Data {
  const overrides = Object.entries(record(client["authenticationFlowBindingOverrides"])).filter(
    ([, flow]) => flow !== "",
  );
  const named = overrides.map(([key, flow]) => [key, flows.find(({ id }) => id === flow)?.["alias"] ?? flow]);
  return {
    ...client,
    attributes: record(client["attributes"]),
    redirectUris: client["redirectUris"] && texts(client["redirectUris"]).map((uri) => absolute(uri, client)),
    protocolMappers: byName(client["protocolMappers"]),
    authenticationFlowBindingOverrides: Object.fromEntries(named) as Data,
  };
}

function byName(elements: unknown): Data {
  return Object.fromEntries(
    records(elements).map((one) => [text(one["name"]) ?? text(one["alias"]) ?? text(one["id"]) ?? "", one]),
  );
}

/** The user profile, which an export has as text in a component. */
function profileOf(realm: Data): unknown {
  const [component] = records(at(realm, "components", "org.keycloak.userprofile.UserProfileProvider"));
  const [profile] = texts(at(component, "config", "kc.user.profile.config"));
  if (profile === undefined) return undefined;
  try {
    return JSON.parse(profile);
  } catch {
    return undefined;
  }
}
