import assert from "node:assert/strict";
import { judgeKeystore } from "../../../plan/doctor/judgements/keystore.ts";
import { needsOf } from "../../../plan/doctor/needs.ts";
import type { KnownStack } from "../../../plan/doctor/probes/state.ts";
import { planStack } from "../../plans.ts";
import { stackNamed } from "../../stacks.ts";
import { brief, got, modest, refused, said } from "./samples.ts";

const keystore = {
  namespace: "mp",
  name: "mp-keystore",
  claims: { nodes: ["mp/mp-home-mp-0"], database: ["mp/pg-1"] },
};
const empty: KnownStack = { resources: 0, objects: [], releases: [], pending: [] };
const other = { ...empty, resources: 9 };
const own = { ...other, objects: [{ kind: "Secret", namespace: "mp", name: "mp-keystore", protect: true }] };

function judge(state: KnownStack | "none", claims: string[] = [], secrets: string[] = []) {
  return judgeKeystore(got(state), got(new Set(claims)), got(new Set(secrets)), { ...modest, keystore });
}

describe("midPoint's keystore beside old data", () => {
  const rows: [string, ReturnType<typeof judge>, string, RegExp][] = [
    ["nothing", judge("none"), "ok", /no old data/],
    ["another claim", judge(empty, ["mp/files"]), "ok", /no old data/],
    ["an old midPoint", judge("none", ["mp/mp-home-mp-0"]), "fail", /claims mp\/mp-home-mp-0 of an old midPoint exist/],
    ["an old PostgreSQL", judge(empty, ["mp/pg-1"]), "fail", /claims mp\/pg-1 of an old PostgreSQL exist/],
    ["the stack's own PostgreSQL", judge(other, ["mp/pg-1"]), "ok", /no old data/],
    ["a claim of midPoint in another stack's cluster", judge(other, ["mp/mp-home-mp-0"]), "fail", /old midPoint/],
    ["the keys in the state", judge(own, ["mp/mp-home-mp-0", "mp/pg-1"]), "ok", /the state contains the keystore/],
  ];
  for (const [name, found, level, text] of rows)
    it(name, () => {
      assert.deepEqual(brief(found), [`${level} midpoint-keystore`]);
      assert.match(said(found), text);
    });

  it("the document's own Secret: how to import it", () => {
    const found = judge("none", ["mp/mp-home-mp-0"], ["mp/mp-keystore"]);
    assert.deepEqual(brief(found), ["fail midpoint-keystore"]);
    assert.deepEqual(found[0]?.commands, [
      "kubectl --context ours get secret mp-keystore -n mp -o jsonpath='{.data.keystore\\.jceks}' | base64 -d > keystore.jceks",
      "npm run keystore -- --import keystore.jceks --stack prod",
    ]);
  });

  it("does not know what it may not list, nor a state that it cannot read", () => {
    const asked = { ...modest, keystore };
    const names = got(new Set<string>());
    for (const found of [
      judgeKeystore(refused, names, names, asked),
      judgeKeystore(got("none"), refused, names, asked),
      judgeKeystore(got("none"), names, refused, asked),
    ])
      assert.deepEqual(brief(found), ["unknown midpoint-keystore"]);
    assert.deepEqual(judgeKeystore(got("none"), refused, refused, modest), []);
  });

  it("is looked for by the names in the plan, and not with imported keys", async () => {
    const needs = needsOf(await planStack(stackNamed("midpoint")));
    assert.deepEqual([needs.keystore?.namespace, needs.keystore?.name], ["mp-demo", "mp-demo-keystore"]);
    assert.deepEqual(needs.keystore?.claims.nodes.slice(0, 2), [
      "mp-demo/mp-home-mp-pg-demo-0",
      "mp-demo/mp-home-mp-pg-demo-1",
    ]);
    assert.ok((needs.keystore?.claims.database.length ?? 0) > 0);
    assert.equal(needsOf(await planStack(stackNamed("midpoint-login"))).keystore, undefined);
  });
});
