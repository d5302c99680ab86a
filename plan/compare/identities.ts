import { items } from "./items.ts";
import type { Item } from "./items.ts";
import type { Risk } from "./loss.ts";
import type { SavedPlan } from "./schema.ts";
import { at } from "../../components/kit/unknown.ts";
import { visibleTextAt } from "./hidden.ts";

/** Names that stored data is bound to, though they look like settings. */
interface Identities {
  /** Keycloak's realms. */
  readonly realms: ReadonlySet<string>;
  /** Matrix's server names. */
  readonly servers: ReadonlySet<string>;
  /** The homeservers with these databases, by the prefix of their variables. */
  readonly homeservers: ReadonlySet<string>;
}

/** Findings about names that data is bound to, and about keys and passwords that must not change. */
export function identityLosses(base: SavedPlan, head: SavedPlan): Risk[] {
  const [before, after] = [identities(base), identities(head)];
  const realms = [...before.realms].filter((name) => !after.realms.has(name));
  const servers = [...before.servers].filter((name) => !after.servers.has(name));
  return [
    ...realms.map((name) => realmGone(name, after.realms.size > 0)),
    ...(after.servers.size === 0 ? [] : servers.map(serverRenamed)),
    ...anotherHomeserver(before, after),
    ...fixedCredentials(base, head),
  ];
}

function realmGone(name: string, another: boolean): Risk {
  if (another)
    return {
      name: `Realm ${name}`,
      effect: "orphaned",
      reason: "another realm takes its place and starts without users, sessions and linked identities",
      remedy: "keep the realm's name; what people see is its display name",
    };
  return {
    name: `Realm ${name}`,
    effect: "kept",
    reason: "its users stay in Keycloak's database, as long as that stays",
    remedy: "export the realm before its database goes",
  };
}

function serverRenamed(name: string): Risk {
  return {
    name: `Matrix ${name}`,
    effect: "unreadable",
    reason: "the server_name is part of every user, room and signature: under another one the database cannot be used",
    remedy: "keep the server_name; a host of another name can serve it through .well-known",
  };
}

/** A homeserver of another kind takes over the database of a server name. */
function anotherHomeserver(before: Identities, after: Identities): Risk[] {
  const [was, is] = [[...before.homeservers].sort(), [...after.homeservers].sort()];
  if (was.length === 0 || is.length === 0 || was.every((kind) => after.homeservers.has(kind))) return [];
  const successor = was.join() === "CONDUIT" && is.join() === "TUWUNEL";
  return [...before.servers]
    .filter((name) => after.servers.has(name))
    .map((name) => ({
      name: `Matrix ${name}`,
      effect: successor ? "exposed" : "unreadable",
      reason: successor
        ? "tuwunel migrates Conduit's database at its first start, and Conduit cannot read it afterwards"
        : "each homeserver changes the database in its own way: another one cannot read it, or damages it",
      remedy: successor
        ? "stop the homeserver with matrix.replicas: 0, back up its volume, then allow this change once"
        : "keep the homeserver, or start the other one with a new database and another server_name",
    }));
}

/** Credentials whose recipe refuses a rotation, and that get another value all the same. */
function fixedCredentials(base: SavedPlan, head: SavedPlan): Risk[] {
  const fresh = new Map(head.credentials.map((credential) => [credential.name, credential]));
  const [was, is] = [secretValues(base), secretValues(head)];
  return base.credentials.flatMap(({ name, rotation, recipe, secrets }): Risk[] => {
    const now = fresh.get(name);
    if (!recipe.startsWith("refused: ") || now === undefined) return [];
    const changed = secrets.some(({ namespace, name: secret, key }) => {
      const place = `${namespace}/${secret}/${key}`;
      const [before, after] = [was.get(place), is.get(place)];
      return before !== undefined && after !== undefined && before !== after;
    });
    if (now.rotation === rotation && !changed) return [];
    return [
      {
        name: `Credential ${name}`,
        effect: "unreadable",
        reason: `it gets another value, which does not reach what was made with the old one: ${recipe.slice("refused: ".length)}`,
        remedy: "leave its rotation number and its length as they are",
      },
    ];
  });
}

/** What stands for each value of each Secret of the program's own, by `namespace/name/key`. */
function secretValues({ resources }: SavedPlan): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { type, inputs } of resources) {
    if (type !== "kubernetes:core/v1:Secret") continue;
    const place = `${visibleTextAt(inputs, "metadata", "namespace") ?? ""}/${visibleTextAt(inputs, "metadata", "name") ?? ""}`;
    for (const part of [inputs["data"], inputs["stringData"]]) {
      if (typeof part !== "object" || part === null) continue;
      for (const [key, value] of Object.entries(part)) values.set(`${place}/${key}`, value);
    }
  }
  return values;
}

/** Identities as the settings give them, and as they stand in configuration that is no secret. */
function identities(plan: SavedPlan): Identities {
  const realms = new Set<string>();
  const servers = new Set<string>();
  const homeservers = new Set<string>();
  const add = (set: Set<string>, name: string | undefined) => name !== undefined && name !== "" && set.add(name);
  for (const path of [
    ["keycloak", "realm"],
    ["keycloak", "realm", "name"],
  ])
    add(realms, visibleTextAt(plan.settings, ...path));
  for (const key of ["serverName", "server_name"]) add(servers, visibleTextAt(plan.settings, "matrix", key));
  for (const item of items(plan)) {
    if (item.kind === "KeycloakRealmImport") add(realms, visibleTextAt(item.body, "spec", "realm", "realm"));
    for (const text of texts(item)) {
      add(realms, realmIn(text));
      if (speaksMatrix(item)) add(servers, /^\s*server_name\s*[:=]\s*["']?([^\s"'#]+)/m.exec(text)?.[1]);
    }
    for (const [name, value] of [...variables(item), ...entries(item)]) {
      const [, kind] = serverVariable.exec(name) ?? [];
      if (kind === undefined) continue;
      add(servers, value);
      add(homeservers, kind);
    }
  }
  return { homeservers, realms, servers };
}

const serverVariable = /^(CONDUIT|CONDUWUIT|TUWUNEL|CONTINUWUITY|SYNAPSE)_SERVER_NAME$/;

function texts(item: Item): string[] {
  return entries(item).map(([, value]) => value);
}

/** The keys and texts of a ConfigMap, which may be variables. */
function entries({ group, kind, body }: Item): [string, string][] {
  if (group !== "" || kind !== "ConfigMap") return [];
  const data = at(body, "data");
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === "string");
}

function speaksMatrix({ name, component }: Item): boolean {
  return /matrix|synapse|conduit|tuwunel|continuwuity/.test(`${component} ${name}`);
}

/** The name in a realm's own representation in JSON (Keycloak, `RealmRepresentation.realm`). */
function realmIn(text: string): string | undefined {
  if (!text.startsWith("{") || !text.includes('"realm"')) return undefined;
  try {
    return visibleTextAt(JSON.parse(text), "realm");
  } catch {
    return undefined;
  }
}

function variables({ body }: Item): [string, string][] {
  const spec = at(body, "spec", "template", "spec");
  return ["initContainers", "containers"].flatMap((key) => {
    const containers = at(spec, key);
    return (Array.isArray(containers) ? containers : []).flatMap((container: unknown) => {
      const env = at(container, "env");
      return (Array.isArray(env) ? env : []).flatMap((variable: unknown): [string, string][] => {
        const [name, value] = [visibleTextAt(variable, "name"), visibleTextAt(variable, "value")];
        return name === undefined || value === undefined ? [] : [[name, value]];
      });
    });
  });
}
