import assert from "node:assert/strict";
import { chartsOf, credentialsOf, namespacesOf } from "../../stacks/settings/derive.ts";
import { fullHost } from "../../components/kit/names.ts";
import { complete, configOf, load } from "./wrong-files.ts";

const settings = (yaml: string) => load(configOf(complete(yaml)));
const off = "groundplan:certificates: { enabled: false }\ngroundplan:monitoring: { serviceMonitors: false }";
const external =
  "groundplan:postgresql: { engine: external, external: { host: db.example.org, passwordSecret: db }, databases: [{ name: kong, namespace: kong }] }\nsecrets:db: { secure: v1:x }";

describe("a full host", () => {
  const rows: [string, string][] = [
    ["wiki", "wiki.example.org"],
    ["wiki.example.com", "wiki.example.com"],
    ["*.apps", "*.apps.example.org"],
    ["*.example.com", "*.example.com"],
  ];
  for (const [host, expected] of rows)
    it(`of ${host} is ${expected}`, () => assert.equal(fullHost(host, "example.org"), expected));
});

describe("the namespaces of a stack", () => {
  const rows: [string, string, Record<string, boolean>][] = [
    ["are those of its components", "", { "cert-manager": false, monitoring: false, sysdb: true }],
    ["are none where everything is off", `${off}\ngroundplan:postgresql: { enabled: false }`, {}],
    [
      "keep data although a database's application shares one with the servers",
      `${off}\ngroundplan:postgresql: { databases: [{ name: a, namespace: sysdb }] }`,
      { sysdb: true },
    ],
    ["keep no data for a server that exists", `${off}\n${external}`, { kong: false, sysdb: false }],
    [
      "are those of databases and hosts",
      "groundplan:postgresql: { databases: [{ name: b, namespace: b }, { name: a, namespace: cert-manager }] }\ngroundplan:certificates: { hosts: [{ host: c, namespace: c }] }",
      { b: false, c: false, "cert-manager": false, monitoring: false, sysdb: true },
    ],
    [
      "are those of the user, who can say that a component's keeps data, and not that it does not",
      `${off}\ngroundplan:namespaces: { argo: {}, kong: { keepsData: true }, sysdb: { keepsData: false } }`,
      { argo: false, kong: true, sysdb: true },
    ],
  ];
  for (const [name, yaml, expected] of rows)
    it(name, () => {
      const actual = namespacesOf(settings(yaml));
      assert.deepEqual(Object.fromEntries(actual.map(({ name: one, keepsData }) => [one, keepsData])), expected);
      assert.deepEqual(
        actual.map(({ name: one }) => one),
        Object.keys(expected),
      );
      assert.ok(actual.every(({ podSecurity }) => podSecurity === "restricted"));
    });

  it("are two with monitoring: one that keeps data, and a privileged one for what looks at the nodes, whatever the user says", () => {
    const made = namespacesOf(
      settings("groundplan:monitoring: { enabled: true }\ngroundplan:namespaces: { monitoring-nodes: {} }"),
    );
    assert.deepEqual(
      made
        .filter(({ name }) => name.startsWith("monitoring"))
        .map(({ name, podSecurity, keepsData }) => [name, podSecurity, keepsData]),
      [
        ["monitoring", "restricted", true],
        ["monitoring-nodes", "privileged", false],
      ],
    );
  });

  it("carry what the user says of them", () => {
    const [argo] = namespacesOf(
      settings(
        `${off}\ngroundplan:postgresql: { enabled: false }\ngroundplan:namespaces: { argo: { podSecurity: baseline, labels: { team: a }, annotations: { owner: b }, quota: { pods: 5 }, limitRange: { cpu: 100m } } }`,
      ),
    );
    assert.deepEqual(argo, {
      name: "argo",
      podSecurity: "baseline",
      keepsData: false,
      labels: { team: "a" },
      annotations: { owner: "b" },
      quota: { pods: 5 },
      limitRange: { cpu: "100m" },
    });
  });
});

describe("the charts of a stack", () => {
  const rows: [string, string, string[]][] = [
    ["by default", "", ["cert-manager", "postgresql-ha", "prometheus-operator-crds"]],
    [
      "with CloudNativePG",
      "groundplan:postgresql: { engine: cloudnative-pg }",
      ["cert-manager", "cloudnative-pg", "prometheus-operator-crds"],
    ],
    ["with a server that exists", external, ["cert-manager", "prometheus-operator-crds"]],
    [
      "with monitoring",
      "groundplan:monitoring: { enabled: true }",
      ["cert-manager", "postgresql-ha", "prometheus-operator-crds", "kube-prometheus-stack"],
    ],
    ["with everything off", `${off}\ngroundplan:postgresql: { enabled: false }`, []],
  ];
  for (const [name, yaml, expected] of rows) it(name, () => assert.deepEqual(chartsOf(settings(yaml)), expected));
});

describe("the generated credentials of a stack", () => {
  const databases = "databases: [{ name: kong, namespace: a }, { name: bn_keycloak, namespace: b }]";
  const rows: [string, string, string[]][] = [
    [
      "with repmgr",
      `${off}\ngroundplan:postgresql: { ${databases} }`,
      [
        "bn_keycloak-database",
        "kong-database",
        "pgpool-admin",
        "pgpool-check",
        "postgresql-replication",
        "postgresql-superuser",
      ],
    ],
    [
      "with CloudNativePG",
      `${off}\ngroundplan:postgresql: { engine: cloudnative-pg, ${databases} }`,
      ["bn_keycloak-database", "kong-database", "postgresql-superuser"],
    ],
    ["with a server that exists", `${off}\n${external}`, ["kong-database"]],
    ["with a CA of its own", "groundplan:postgresql: { enabled: false }", ["own-ca-key"]],
    ["with everything off", `${off}\ngroundplan:postgresql: { enabled: false }`, []],
  ];
  for (const [name, yaml, expected] of rows)
    it(name, () =>
      assert.deepEqual(
        credentialsOf(settings(yaml)).map((one) => one.name),
        expected,
      ),
    );
});
