import { compare } from "../../components/kit/stable.ts";
import { at, list, record, records, text, texts } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf } from "./inventory.ts";

/** Checks of the users of a realm: of clients, and of roles that applications derive from groups. */
export const peopleChecks: readonly Check[] = [
  {
    id: "GP085",
    title: "Every client has users with its role",
    severity: "warning",
    reason:
      "The realm denies every login without the client's role, and introspection of every token without it. A client whose role nothing includes denies all users.",
    fix: "Add CLIENT.CLIENT_role to a role of keycloak.realm.roles, a group or a user, or set realmRoles of the client.",
    examine: clients,
  },
  {
    id: "GP086",
    title: "Roles that applications derive from groups have users",
    severity: "warning",
    reason:
      "A group that the realm does not have is in no token, so no user gets the role, and the application has no administrator.",
    fix: "Add the group to keycloak.realm.groups and a user to it, or name the realm's own group in the application's settings.",
    examine: groups,
  },
];

/** The part of a realm's representation that decides which users have which roles. */
interface Realm {
  readonly clients: readonly Data[];
  readonly groups: readonly Data[];
  readonly users: readonly Data[];
  /** Whether the realm may have other users than those in the settings: it has none, or they come from elsewhere. */
  readonly others: boolean;
  /** All roles that a user, a group or a role of the realm gives, as `ROLE` or `CLIENT.ROLE`. */
  readonly given: (holder: Data) => ReadonlySet<string>;
  readonly roles: readonly Data[];
}

/** The realms that Jobs of the plan apply: documents for keycloak-config-cli, in a ConfigMap. */
function realms(plan: Plan): Realm[] {
  return inventoryOf(plan)
    .ofKind("ConfigMap")
    .flatMap(({ manifest }) => {
      const document = parsed(text(at(manifest, "data", "realm.json")));
      return document === undefined ? [] : [realmOf(record(document))];
    });
}

/** The value of a JSON text; undefined if it is none: a ConfigMap of the user's own may have such a key. */
function parsed(json = ""): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function realmOf(document: Data): Realm {
  // Users of service accounts are no people.
  const users = records(document["users"]).filter((one) => one["serviceAccountClientId"] === undefined);
  const roles = records(at(document, "roles", "realm"));
  const groupList = records(document["groups"]);
  const elsewhere = list(document["identityProviders"]).length > 0 || document["components"] !== undefined;
  const direct = (realm: unknown, client: unknown) => [
    ...texts(realm),
    ...Object.entries(record(client)).flatMap(([name, own]) => texts(own).map((role) => `${name}.${role}`)),
  ];
  const given = (holder: Data): ReadonlySet<string> => {
    const memberships = texts(holder["groups"]);
    const all = new Set<string>();
    const open = [
      ...direct(holder["realmRoles"], holder["clientRoles"]),
      ...groupList
        .filter(({ name }) => memberships.includes(text(name) ?? ""))
        .flatMap((group) => direct(group["realmRoles"], group["clientRoles"])),
    ];
    for (let role = open.pop(); role !== undefined; role = open.pop()) {
      if (all.has(role)) continue;
      all.add(role);
      const composites = roles.find(({ name }) => name === role)?.["composites"];
      open.push(...direct(at(composites, "realm"), at(composites, "client")));
    }
    return all;
  };
  return {
    clients: records(document["clients"]),
    groups: groupList,
    users,
    roles,
    others: users.length === 0 || elsewhere,
    given,
  };
}

function clients(plan: Plan): Examination {
  const examination = new Examination();
  for (const realm of realms(plan)) {
    const holders = [
      ...[...realm.users, ...realm.groups].map(realm.given),
      ...(realm.others ? realm.roles.map(({ name }) => realm.given({ realmRoles: [name] })) : []),
    ];
    for (const client of realm.clients) {
      const name = text(client["clientId"]) ?? "";
      // Without its own flow, a client lets every user log in.
      if (
        client["standardFlowEnabled"] === true &&
        at(client, "authenticationFlowBindingOverrides", "browser") === undefined
      )
        continue;
      // An API accepts the token of every user that another client's tokens name it in.
      if (
        client["standardFlowEnabled"] !== true &&
        realm.clients.some((other) => other !== client && addressed(other, name))
      )
        continue;
      // A client with nothing but a service account logs in as itself.
      if (client["standardFlowEnabled"] !== true && client["serviceAccountsEnabled"] === true) continue;
      const role = `${name}_role`;
      examination.look(`Client ${name}`);
      if (!holders.some((roles) => roles.has(`${name}.${role}`)))
        examination.find(
          `Client ${name}`,
          `no user${realm.others ? ", group or role of the realm" : " and no group"} has its role ${role}`,
        );
    }
  }
  return examination;
}

/** Whether the tokens of a client name another as audience, whatever roles the user has. */
function addressed(client: Data, other: string): boolean {
  return records(client["protocolMappers"]).some((one) => at(one, "config", "included.client.audience") === other);
}

function groups(plan: Plan): Examination {
  const examination = new Examination();
  const known = realms(plan);
  if (known.length === 0) return examination;
  const declared = new Set(known.flatMap((realm) => realm.groups.map(({ name }) => text(name) ?? "")));
  const others = known.some((realm) => realm.others);
  const populated = new Set(known.flatMap(({ users }) => users.flatMap((user) => texts(user["groups"]))));
  const byRole = Map.groupBy(plan.ledger.groupRoles, ({ application, role }) => `${role} of ${application}`);
  for (const [what, mappings] of [...byRole].sort(([a], [b]) => compare(a, b))) {
    const named = [...new Set(mappings.map(({ group }) => group))].sort(compare);
    for (const group of named) {
      examination.look(`Group ${group}`);
      if (!declared.has(group))
        examination.find(
          `Group ${group}`,
          `gives ${what}, but the realm has no such group, only ${[...declared].sort(compare).join(", ") || "none"}`,
        );
    }
    const existing = named.filter((group) => declared.has(group));
    if (existing.length > 0 && !others && !existing.some((group) => populated.has(group)))
      examination.find(`Group ${existing[0]}`, `gives ${what}, but no user is in ${existing.join(" or ")}`);
  }
  return examination;
}
