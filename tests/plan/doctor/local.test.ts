import assert from "node:assert/strict";
import { judgeInterrupted, judgeState } from "../../../plan/doctor/judgements/state.ts";
import { judgeTools } from "../../../plan/doctor/judgements/tools.ts";
import { tryPassphrase } from "../../../plan/doctor/probes/passphrase.ts";
import { knownStack } from "../../../plan/doctor/probes/state.ts";
import type { State } from "../../../plan/doctor/probes/state.ts";
import type { Tools } from "../../../plan/doctor/probes/tools.ts";
import { brief, got, said } from "./samples.ts";

const away = { why: "its name does not resolve" };

describe("the tools", () => {
  const tools: Tools = {
    node: { version: "24.21.0", runsProgram: true },
    wanted: "3.265.0",
    cache: "/home/me/.pulumi/versions/3.265.0/bin/pulumi",
    missingPlugins: [],
  };
  const cached = { path: tools.cache, version: got("3.265.0") };
  const own = { path: "/usr/bin/pulumi", version: got("3.270.0") };
  const cases: [string, Tools, Parameters<typeof judgeTools>[1], string[]][] = [
    ["all there", { ...tools, cached }, got(200), ["ok node", "ok pulumi-cli", "ok pulumi-plugins"]],
    ["all there, and no network", { ...tools, cached }, away, ["ok node", "ok pulumi-cli", "ok pulumi-plugins"]],
    [
      "an old Node",
      { ...tools, cached, node: { version: "20.1.0", runsProgram: false } },
      got(200),
      ["fail node", "ok pulumi-cli", "ok pulumi-plugins"],
    ],
    ["no CLI yet", tools, got(200), ["ok node", "warn pulumi-cli", "ok pulumi-plugins"]],
    ["no CLI, and no network", tools, away, ["ok node", "fail pulumi-cli", "ok pulumi-plugins"]],
    [
      "a CLI of one's own",
      { ...tools, own, ownNode: got("24.1.0") },
      got(200),
      ["ok node", "ok pulumi-cli", "ok pulumi-plugins"],
    ],
    [
      "a CLI of one's own with an old Node",
      { ...tools, own, ownNode: got("22.17.1") },
      got(200),
      ["ok node", "ok pulumi-cli", "warn node-of-cli", "ok pulumi-plugins"],
    ],
    [
      "a CLI of one's own that is too old",
      { ...tools, own: { ...own, version: got("2.9.0") } },
      got(200),
      ["ok node", "warn pulumi-cli", "ok pulumi-plugins"],
    ],
    [
      "a CLI that does not run",
      { ...tools, cached: { ...cached, version: { why: "exec format error" } } },
      got(200),
      ["ok node", "fail pulumi-cli", "ok pulumi-plugins"],
    ],
    [
      "plug-ins to come",
      { ...tools, cached, missingPlugins: ["random 4.21.2"] },
      got(200),
      ["ok node", "ok pulumi-cli", "ok pulumi-plugins"],
    ],
    [
      "plug-ins that cannot come",
      { ...tools, cached, missingPlugins: ["random 4.21.2"] },
      away,
      ["ok node", "ok pulumi-cli", "fail pulumi-plugins"],
    ],
  ];
  for (const [name, found, source, expected] of cases) {
    it(name, () => assert.deepEqual(brief(judgeTools(found, source)), expected));
  }
});

describe("the state", () => {
  const secrets = { encrypted: 0, provider: "" };
  const state: State = {
    backend: "s3://state",
    user: got("me"),
    stack: got({ resources: 12, objects: [], releases: [], pending: [] }),
    locks: got([]),
    secrets: { ...secrets, provider: "awskms://alias/pulumi" },
  };
  const cases: [string, State, string[]][] = [
    ["all there", state, ["ok backend", "ok stack", "ok secrets-provider"]],
    ["no backend", { ...state, backend: undefined }, ["fail backend", "ok secrets-provider"]],
    [
      "a missing folder",
      { ...state, backend: "file:///x", missingFolder: "/x" },
      ["fail backend", "ok secrets-provider"],
    ],
    [
      "no login",
      { ...state, user: { why: "PULUMI_ACCESS_TOKEN must be set" } },
      ["fail backend", "ok stack", "ok secrets-provider"],
    ],
    [
      "no CLI",
      { ...state, user: { why: "the Pulumi CLI is not installed yet" } },
      ["unknown backend", "ok stack", "ok secrets-provider"],
    ],
    ["no stack", { ...state, stack: got("none") }, ["ok backend", "warn stack", "ok secrets-provider"]],
    [
      "a stack that cannot be read",
      { ...state, stack: { why: "denied" } },
      ["ok backend", "unknown stack", "ok secrets-provider"],
    ],
    ["nothing that encrypts yet", { ...state, secrets }, ["ok backend", "ok stack", "ok secrets-provider"]],
    [
      "encrypted values and no key",
      { ...state, secrets: { ...secrets, encrypted: 2 } },
      ["ok backend", "ok stack", "fail secrets-provider"],
    ],
    [
      "Pulumi Cloud",
      { ...state, backend: "https://api.pulumi.com", secrets: { ...secrets, encrypted: 2 } },
      ["ok backend", "ok stack", "ok secrets-provider"],
    ],
    [
      "the right passphrase",
      { ...state, secrets: { ...secrets, passphrase: "right" } },
      ["ok backend", "ok stack", "ok secrets-provider"],
    ],
    [
      "another passphrase",
      { ...state, secrets: { ...secrets, passphrase: "wrong" } },
      ["ok backend", "ok stack", "fail secrets-provider"],
    ],
    [
      "no passphrase",
      { ...state, secrets: { ...secrets, passphrase: "absent" } },
      ["ok backend", "ok stack", "fail secrets-provider"],
    ],
    [
      "a passphrase file that is missing",
      { ...state, secrets: { ...secrets, passphrase: "no such file" } },
      ["ok backend", "ok stack", "fail secrets-provider"],
    ],
    [
      "a salt of the future",
      { ...state, secrets: { ...secrets, passphrase: "of an unknown form" } },
      ["ok backend", "ok stack", "unknown secrets-provider"],
    ],
  ];
  for (const [name, found, expected] of cases) {
    it(name, () => assert.deepEqual(brief(judgeState(found, "prod")), expected));
  }

  it("locks: none, another machine's, a dead process's, a live one's, unknown", () => {
    const lock = { by: "ann@laptop, process 7", since: "2026-11-20T10:00:00Z" };
    const judge = (locks: State["locks"]) => judgeInterrupted({ ...state, locks }, "prod");
    assert.deepEqual(brief(judge(got([]))), []);
    const left = judge(got([lock]));
    assert.deepEqual(brief(left), ["fail lock"]);
    assert.deepEqual(left[0]?.commands, ["npx pulumi cancel --stack prod --yes"]);
    assert.match(said(judge(got([{ ...lock, alive: false }]))), /that process no longer runs[\s\S]*pulumi cancel/);
    const running = judge(got([{ ...lock, alive: true }]));
    assert.deepEqual([brief(running), running[0]?.commands], [["fail lock"], undefined]);
    assert.deepEqual(brief(judge({ why: "locks of this backend cannot be read" })), ["unknown lock"]);
  });

  it("operations that were interrupted, and those that a later run finished", () => {
    const pending = { operation: "creating", name: "postgres-chart", known: false };
    const judge = (known: boolean) =>
      judgeInterrupted(
        { ...state, stack: got({ resources: 3, objects: [], releases: [], pending: [{ ...pending, known }] }) },
        "prod",
      );
    assert.deepEqual(brief(judge(false)), ["warn pending-operations"]);
    assert.match(said(judge(false)), /interrupted while creating postgres-chart[\s\S]*npx pulumi up --stack prod/);
    assert.doesNotMatch(said(judge(false)), /--refresh/);
    assert.match(
      said(judge(true)),
      /a later run finished[\s\S]*npx pulumi refresh --clear-pending-creates --stack prod/,
    );
  });

  it("reads a stack's export, and tells a missing stack from one that cannot be read", () => {
    const release = {
      urn: "urn:pulumi:prod::groundplan::kubernetes:helm.sh/v3:Release::postgres-chart",
      type: "kubernetes:helm.sh/v3:Release",
      inputs: { name: "pg", namespace: "sysdb" },
      outputs: {
        resourceNames: {
          "ClusterRole.rbac.authorization.k8s.io/rbac.authorization.k8s.io/v1": ["pg"],
          "Job.batch/batch/v1": ["sysdb/once"],
          "Service/v1": ["sysdb/pg"],
        },
      },
    };
    const secret = {
      urn: "urn:pulumi:prod::groundplan::kubernetes:core/v1:Secret::pg",
      type: "kubernetes:core/v1:Secret",
      inputs: { apiVersion: "v1", kind: "Secret", metadata: { name: "pg", namespace: "sysdb" } },
    };
    const issuer = {
      type: "kubernetes:cert-manager.io/v1:ClusterIssuer",
      inputs: { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", metadata: { name: "own" } },
    };
    const component = { type: "groundplan:postgres:Postgres" };
    const deployment = {
      resources: [component, release, issuer, { ...secret, delete: true }],
      pending_operations: [
        { type: "creating", resource: release },
        { type: "creating", resource: secret },
      ],
    };
    const known = knownStack(got(JSON.stringify({ deployment })));
    assert.ok("got" in known && known.got !== "none");
    assert.equal(known.got.resources, 4);
    assert.deepEqual(
      known.got.objects.map((one) => [one.kind, one.namespace, one.name, one.release]),
      [
        ["ClusterRole.rbac.authorization.k8s.io", undefined, "pg", "sysdb/pg"],
        ["Service", "sysdb", "pg", "sysdb/pg"],
        ["ClusterIssuer.cert-manager.io", undefined, "own", undefined],
      ],
    );
    assert.deepEqual(known.got.releases, [{ namespace: "sysdb", name: "pg" }]);
    assert.deepEqual(
      known.got.pending.map(({ operation, name, known: done }) => [operation, name, done]),
      [
        ["creating", "postgres-chart", true],
        ["creating", "pg", false],
      ],
    );
    const empty = { resources: 0, objects: [], releases: [], pending: [] };
    assert.deepEqual(knownStack(got('{"version":3,"deployment":{}}')), got(empty));
    assert.deepEqual(knownStack({ why: "no stack named 'prod' found" }), got("none"));
    assert.ok("why" in knownStack(got("Logging in…")));
    assert.ok("why" in knownStack({ why: "denied" }));
  });
});

describe("the passphrase", () => {
  // Written by Pulumi 3.260 for the passphrase `abc`.
  const salt = "v1:5hVTVVWCwQo=:v1:Omac7uj3oncjqf14:hNtvEbho2+1RLrNj7r4UdHahXaZTXA==";
  const cases: [string, Record<string, string>, string][] = [
    ["opens", { PULUMI_CONFIG_PASSPHRASE: "abc" }, "right"],
    ["does not open", { PULUMI_CONFIG_PASSPHRASE: "abd" }, "wrong"],
    ["is empty, which counts", { PULUMI_CONFIG_PASSPHRASE: "" }, "wrong"],
    ["is absent", {}, "absent"],
    ["is in a file that is missing", { PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere" }, "no such file"],
  ];
  for (const [name, env, expected] of cases) {
    it(name, async () => assert.equal(await tryPassphrase(salt, env), expected));
  }

  it("meets a salt of another form", async () => {
    assert.equal(await tryPassphrase("v2:x", { PULUMI_CONFIG_PASSPHRASE: "abc" }), "of an unknown form");
  });
});
