import assert from "node:assert/strict";
import type { SavedPlan } from "../../../plan/compare/schema.ts";
import { losses, object, plan } from "./fixtures.ts";

const told = (base: SavedPlan, head: SavedPlan) => losses(base, head).map(({ name, effect }) => [name, effect]);

describe("names that data is bound to", () => {
  const realm = (name: string) =>
    object("v1", "ConfigMap", "auth/realm", { data: { "realm.json": JSON.stringify({ realm: name, clients: [] }) } });
  const toml = (name: string) =>
    object("v1", "ConfigMap", "talk/matrix", {
      data: { "homeserver.toml": `[global]\nserver_name = "${name}"\nport = 1\n` },
    });
  const yaml = (name: string) =>
    object("v1", "ConfigMap", "talk/synapse", { data: { "homeserver.yaml": `server_name: ${name}\n` } });
  const server = (name: string, variable = "TUWUNEL_SERVER_NAME") =>
    object("apps/v1", "Deployment", "talk/server", {
      spec: { template: { spec: { containers: [{ name: "a", env: [{ name: variable, value: name }] }] } } },
    });
  const variables = (prefix: string, name: string) =>
    object("v1", "ConfigMap", "talk/matrix-config", { data: { [`${prefix}_SERVER_NAME`]: name } });
  const settings = (value: Record<string, unknown>) => plan([], { settings: value });

  const cases: [string, SavedPlan, SavedPlan, ...[string, string][]][] = [
    ["another realm", plan([realm("a")]), plan([realm("b")]), ["Realm a", "orphaned"]],
    ["no realm any more: its database is on the server", plan([realm("a")]), plan([]), ["Realm a", "kept"]],
    ["one realm more", plan([realm("a")]), plan([realm("a"), { ...realm("b"), urn: "urn:pulumi:x::x::x::x" }])],
    [
      "another realm in the settings",
      settings({ keycloak: { realm: "a" } }),
      settings({ keycloak: { realm: "b" } }),
      ["Realm a", "orphaned"],
    ],
    ["another server_name in TOML", plan([toml("a.org")]), plan([toml("b.org")]), ["Matrix a.org", "unreadable"]],
    ["another server_name in YAML", plan([yaml("a.org")]), plan([yaml("b.org")]), ["Matrix a.org", "unreadable"]],
    [
      "another server_name in a variable",
      plan([server("a.org")]),
      plan([server("b.org")]),
      ["Matrix a.org", "unreadable"],
    ],
    [
      "N14: another server_name in the variables of a ConfigMap",
      plan([variables("TUWUNEL", "a.org")]),
      plan([variables("TUWUNEL", "b.org")]),
      ["Matrix a.org", "unreadable"],
    ],
    [
      "N14: Conduit's database goes to tuwunel, which migrates it",
      plan([variables("CONDUIT", "a.org")]),
      plan([variables("TUWUNEL", "a.org")]),
      ["Matrix a.org", "exposed"],
    ],
    [
      "N14: a migrated database goes back to Conduit",
      plan([variables("TUWUNEL", "a.org")]),
      plan([variables("CONDUIT", "a.org")]),
      ["Matrix a.org", "unreadable"],
    ],
    ["the same homeserver", plan([variables("CONDUIT", "a.org")]), plan([variables("CONDUIT", "a.org")])],
    [
      "another server_name in the settings",
      settings({ matrix: { serverName: "a" } }),
      settings({ matrix: { serverName: "b" } }),
      ["Matrix a", "unreadable"],
    ],
    ["Matrix itself goes: its claims tell", plan([toml("a.org")]), plan([])],
    ["a variable of something else", plan([server("a.org", "SERVER_NAME")]), plan([server("b.org", "SERVER_NAME")])],
    [
      "a text that is no realm",
      plan([object("v1", "ConfigMap", "a/b", { data: { x: '{"realm": broken' } })]),
      plan([]),
    ],
  ];
  for (const [title, base, head, ...expected] of cases)
    it(`${title}: ${expected.map(([name]) => name).join() || "nothing"}`, () =>
      assert.deepEqual(told(base, head), expected));
});

describe("credentials that must not be rotated", () => {
  const with_ = (rotation: number, value: string, recipe = "refused: what it encrypted cannot be read") =>
    plan([object("v1", "Secret", "logging/graylog", { stringData: { secret: value } })], {
      credentials: [
        {
          name: "graylog-secret",
          kind: "password",
          length: 32,
          rotation,
          recipe,
          consumers: [],
          secrets: [{ namespace: "logging", name: "graylog", key: "secret" }],
        },
      ],
    });
  const [one, other] = ["(secret 00000000)", "(secret 11111111)"];

  it("are refused when their number or their value changes", () => {
    const expected = [["Credential graylog-secret", "unreadable"]];
    assert.deepEqual(told(with_(1, one), with_(2, other)), expected);
    assert.deepEqual(told(with_(1, one), with_(1, other)), expected, "another length, say");
  });

  it("are fine as long as they stay, and all others may change", () => {
    assert.deepEqual(told(with_(1, one), with_(1, one)), []);
    assert.deepEqual(told(with_(1, one, "restarts"), with_(2, other, "restarts")), []);
    assert.deepEqual(told(with_(1, one), plan([])), [], "it goes with its owner");
  });
});
