import { one, remove } from "../draft.ts";
import type { Draft, Loose } from "../draft.ts";
import type { Case } from "./case.ts";

function realm(change: (document: Loose) => unknown): (draft: Draft) => void {
  return (draft) => {
    const { data } = one(draft, "ConfigMap app/keycloak-realm").manifest;
    const document = JSON.parse(data["realm.json"] as string);
    change(document);
    data["realm.json"] = JSON.stringify(document);
  };
}

const client = (name: string, change: (document: Loose) => unknown, message?: RegExp): Case => ({
  id: "GP085",
  name,
  when: realm(change),
  finds: message === undefined ? [] : [["Client wiki", message]],
});

const group = (name: string, change: (document: Loose, draft: Draft) => unknown, finds: Case["finds"]): Case => ({
  id: "GP086",
  name,
  when: (draft) => realm((document: Loose) => change(document, draft))(draft),
  finds,
});

const withoutRole = (document: Loose) => (document.roles.realm[1].composites.client = {});
const withoutMember = (document: Loose) => (document.users[0] = { username: "ada", realmRoles: ["admin"], groups: [] });

/** Cases of plan/checks/people.ts. */
export const peopleCases: readonly Case[] = [
  client("a role that nothing includes", withoutRole, /^no user and no group has its role wiki_role$/),
  client("a role of a user, not of a group", (document) => {
    withoutRole(document);
    document.users[0].clientRoles = { wiki: ["wiki_role"] };
  }),
  client(
    "a role that a realm's role includes, which no user and no group has",
    (document) => {
      document.groups[0].realmRoles = [];
    },
    /no user and no group/,
  ),
  client("the same where users come from a directory", (document) => {
    document.groups[0].realmRoles = [];
    document.components = { "org.keycloak.storage.UserStorageProvider": [{}] };
  }),
  client(
    "the client of an API, whose introspection requires the role",
    (document) => {
      document.clients[0].standardFlowEnabled = false;
      withoutRole(document);
    },
    /no user and no group/,
  ),
  client("a client that lets every user log in", (document) => {
    withoutRole(document);
    delete document.clients[0].authenticationFlowBindingOverrides;
  }),
  client("an API that every token names as audience", (document) => {
    withoutRole(document);
    document.clients[0].standardFlowEnabled = false;
    const config = { "included.client.audience": "wiki" };
    const all = { clientId: "all", standardFlowEnabled: true, protocolMappers: [{ name: "wiki", config }] };
    document.clients = [...(document.clients as unknown[]), all];
  }),
  client("roles that include each other", (document) => {
    document.roles.realm[1].composites.realm = ["admin"];
  }),
  group(
    "a group that the realm does not have",
    (document) => {
      document.groups[0].name = "staff";
      document.users[0].groups = ["staff"];
    },
    [["Group ops", /^gives Admin of Grafana, but the realm has no such group, only staff$/]],
  ),
  group(
    "a group written as a path, which tokens never contain",
    (_, draft) => {
      draft.ledger.groupRoles.push({ application: "Graylog", role: "Admin", group: "/ops" });
    },
    [["Group /ops", /the realm has no such group/]],
  ),
  group("a group without a user", withoutMember, [["Group ops", /^gives Admin of Grafana, but no user is in ops$/]]),
  group(
    "a second group with users",
    (document, draft) => {
      withoutMember(document);
      (document.groups as object[]).push({ name: "leads" });
      document.users[0].groups = ["leads"];
      document.users[0].clientRoles = { wiki: ["wiki_role"] };
      draft.ledger.groupRoles.push({ application: "Grafana", role: "Admin", group: "leads" });
    },
    [],
  ),
  group(
    "a realm whose users are all created in the console",
    (document) => {
      document.users = [];
    },
    [],
  ),
  {
    id: "GP086",
    name: "a realm that is not in the plan",
    when: (draft) => {
      remove(draft, "ConfigMap app/keycloak-realm");
      draft.ledger.groupRoles.push({ application: "Grafana", role: "Editor", group: "writers" });
    },
    finds: [],
  },
];
