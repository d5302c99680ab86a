import assert from "node:assert/strict";
import { judgeLeftovers } from "../../../plan/doctor/judgements/leftovers.ts";
import type { Live, Row } from "../../../plan/doctor/probes/kubectl.ts";
import { brief, got, live, modest, refused, said } from "./samples.ts";

const needs = { ...modest, releases: [{ namespace: "sysdb", name: "pg", chart: "postgresql-ha" }] };

/** A row as `kubectl get secrets --all-namespaces -L name -L status -L version --no-headers` prints it. */
function record(status: string, revision: number, release = "pg", namespace = "sysdb"): Row {
  const text = `${namespace} sh.helm.release.v1.${release}.v${revision} helm.sh/release.v1 1 3d4h ${release} ${status} ${revision}`;
  return text.split(" ");
}

function ending(name: string, conditions: object[] = []): Live {
  return live(name, {
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
    status: { phase: "Terminating", conditions },
  });
}

function job(name: string, type: string): Live {
  return live(name, { metadata: { namespace: "sysdb" }, status: { conditions: [{ type, status: "True" }] } });
}

function judge(rows: Row[] = [], namespaces: Live[] = [], jobs: Live[] = []) {
  return judgeLeftovers({ releases: got(rows), namespaces: got(namespaces), jobs: got(jobs) }, needs);
}

describe("what an interrupted run leaves", () => {
  const forget = "kubectl --context ours delete secret sh.helm.release.v1.pg.v1 -n sysdb";
  const rows: [string, Row[], string[], string?][] = [
    ["nothing", [], ["ok leftovers"]],
    ["a release that stands", [record("deployed", 3)], ["ok leftovers"]],
    ["an install that never ended", [record("pending-install", 1)], ["fail helm-records"], forget],
    [
      "an upgrade that never ended",
      [record("deployed", 9), record("pending-upgrade", 10)],
      ["fail helm-records"],
      "kubectl --context ours delete secret sh.helm.release.v1.pg.v10 -n sysdb",
    ],
    ["a first install that failed", [record("failed", 1)], ["fail helm-records"], forget],
    [
      "an upgrade that failed",
      [record("deployed", 1), record("failed", 2)],
      ["fail helm-records"],
      "helm --kube-context ours rollback pg -n sysdb --wait",
    ],
    ["a failure that was mended since", [record("failed", 1), record("deployed", 2)], ["ok leftovers"]],
    [
      "an uninstall that never ended",
      [record("uninstalling", 1)],
      ["fail helm-records"],
      "helm --kube-context ours uninstall pg -n sysdb",
    ],
    ["somebody else's failure", [record("failed", 1, "theirs", "default")], ["ok leftovers"]],
    ["a row that is no record", [["sysdb", "x"]], ["ok leftovers"]],
  ];
  for (const [name, table, expected, command] of rows) {
    it(name, () => {
      const findings = judge(table);
      assert.deepEqual(brief(findings), expected);
      if (command !== undefined) assert.ok(findings[0]?.commands?.includes(command), said(findings));
    });
  }

  it("a namespace that a finalizer holds: what remains, and how to let it go", () => {
    const conditions = [
      { type: "NamespaceDeletionContentFailure", status: "False", message: "all went well" },
      {
        type: "NamespaceContentRemaining",
        status: "True",
        message:
          "Some resources are remaining: configmaps. has 1 resource instances, mongodbcommunity.mongodbcommunity.mongodb.com has 2 resource instances",
      },
      {
        type: "NamespaceFinalizersRemaining",
        status: "True",
        message: "Some content in the namespace has finalizers remaining: x in 1 resource instances",
      },
    ];
    const findings = judge([], [ending("sysdb", conditions), ending("theirs", conditions)]);
    assert.deepEqual(brief(findings), ["fail terminating-namespaces"]);
    assert.match(said(findings), /finalizers remaining/);
    assert.doesNotMatch(said(findings), /all went well|theirs/);
    for (const kind of ["configmaps", "mongodbcommunity.mongodbcommunity.mongodb.com"])
      assert.ok(
        findings[0]?.commands?.some((command) => command.includes(`get ${kind} -n sysdb -o name | xargs`)),
        kind,
      );
  });

  it("a namespace that says nothing of why it stays", () => {
    assert.match(said(judge([], [ending("sysdb")])), /get namespace sysdb -o jsonpath/);
  });

  it("Jobs that gave up, and those that ended well", () => {
    const findings = judge([], [], [job("bad", "Failed"), job("good", "Complete")]);
    assert.deepEqual(brief(findings), ["fail failed-jobs"]);
    assert.match(said(findings), /1 Job failed: sysdb\/bad[\s\S]*logs job\/bad -n sysdb[\s\S]*delete job bad -n sysdb/);
  });

  it("does not know what it may not list", () => {
    const findings = judgeLeftovers({ releases: refused, namespaces: refused, jobs: refused }, needs);
    assert.deepEqual(brief(findings), ["unknown helm-records", "unknown failed-jobs"]);
  });
});
