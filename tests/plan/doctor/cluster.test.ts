import assert from "node:assert/strict";
import {
  judgeContext,
  judgeNamespaces,
  judgeNeighbours,
  judgeRights,
} from "../../../plan/doctor/judgements/cluster.ts";
import type { Context } from "../../../plan/doctor/probes/cluster.ts";
import { brief, got, live, modest, refused, said } from "./samples.ts";

describe("the doctor's view of the cluster", () => {
  const contexts = got(new Map([["ours", "https://10.0.0.1:6443"]]));
  const cases: [string, Context, string[], RegExp][] = [
    ["answers", { contexts, version: got("1.34.1") }, ["ok context", "ok kubernetes-version"], /10\.0\.0\.1:6443/],
    ["is just new enough", { contexts, version: got("1.30.0") }, ["ok context", "ok kubernetes-version"], /1\.30\.0/],
    [
      "is too old",
      { contexts, version: got("1.29.9-eks-1") },
      ["ok context", "fail kubernetes-version"],
      /1\.30 or later/,
    ],
    [
      "is older than Pod Security",
      { contexts, version: got("1.24.1") },
      ["ok context", "fail kubernetes-version", "fail pod-security"],
      /1\.25 or later/,
    ],
    [
      "says a version that is none",
      { contexts, version: got("main") },
      ["ok context", "unknown kubernetes-version"],
      /main/,
    ],
    [
      "does not answer",
      { contexts, version: { why: "connection refused" } },
      ["fail context"],
      /10\.0\.0\.1:6443, but it does not answer: connection refused[\s\S]*kubectl --context ours get --raw \/readyz/,
    ],
    [
      "is not in the kubeconfig",
      { contexts: got(new Map([["theirs", ""]])) },
      ["fail context"],
      /no context ours[\s\S]*theirs/,
    ],
    [
      "has no kubectl",
      { contexts: { why: "kubectl is not on PATH" } },
      ["fail kubectl"],
      /the cluster was not checked/,
    ],
    [
      "has a KUBECONFIG that names a missing file",
      { contexts: { got: new Map() }, missingFiles: ["/nowhere/config"] },
      ["fail context"],
      /KUBECONFIG names \/nowhere\/config, which does not exist/,
    ],
    ["has a kubeconfig that cannot be read", { contexts: { why: "no JSON" } }, ["fail kubectl"], /no JSON/],
  ];
  for (const [name, context, expected, words] of cases) {
    it(`a cluster that ${name}`, () => {
      const findings = judgeContext(context, modest);
      assert.deepEqual(brief(findings), expected);
      assert.match(said(findings), words);
    });
  }

  it("rights: everything, enough, too few, unknown", () => {
    const all = { verb: "*", resource: "*" };
    const one = { verb: "create", resource: "namespaces" };
    assert.deepEqual(brief(judgeRights([{ ...all, may: got(true) }], modest)), ["ok rights"]);
    assert.deepEqual(brief(judgeRights([{ ...one, may: got(true) }], modest)), ["ok rights"]);
    const few = judgeRights(
      [
        { ...all, may: got(false) },
        { ...one, may: got(false) },
      ],
      modest,
    );
    assert.deepEqual(brief(few), ["fail rights"]);
    assert.match(said(few), /no permission to create namespaces/);
    assert.deepEqual(brief(judgeRights([{ ...all, may: refused }], modest)), ["unknown rights"]);
  });

  const ours = { labels: { "groundplan/stack": "prod" } };
  const spaces: [string, ReturnType<typeof live>[], number | undefined, string[]][] = [
    ["free", [live("kube-system")], 0, ["ok namespaces"]],
    ["the stack's own", [live("sysdb", { metadata: ours })], 40, ["ok namespaces"]],
    ["somebody's", [live("sysdb")], undefined, ["fail namespaces"]],
    [
      "another stack's",
      [live("sysdb", { metadata: { labels: { "groundplan/stack": "dev" } } })],
      0,
      ["fail namespaces"],
    ],
    ["the stack's own, of another state", [live("sysdb", { metadata: ours })], 0, ["fail namespaces"]],
    [
      "the stack's own, of a state that cannot be read",
      [live("sysdb", { metadata: ours })],
      undefined,
      ["ok namespaces"],
    ],
    ["ending", [live("sysdb", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })], 0, ["ok namespaces"]],
  ];
  for (const [name, list, known, expected] of spaces) {
    it(`namespaces that are ${name}`, () => {
      assert.deepEqual(brief(judgeNamespaces(got(list), modest, known)), expected);
    });
  }

  it("a second cert-manager, and the one that is ours", () => {
    const releases = [{ namespace: "cert-manager", name: "cert-manager", chart: "cert-manager" }];
    const deployment = (namespace: string) =>
      got([live("cert-manager", { metadata: { namespace, labels: { "app.kubernetes.io/name": "cert-manager" } } })]);
    const stack = { ...modest, releases };
    assert.deepEqual(brief(judgeNeighbours(deployment("cert-manager"), stack)), []);
    assert.deepEqual(brief(judgeNeighbours(deployment("infra"), stack)), ["fail neighbours"]);
    assert.deepEqual(brief(judgeNeighbours(deployment("infra"), modest)), []);
    assert.deepEqual(brief(judgeNeighbours(refused, stack)), ["unknown neighbours"]);
  });
});
