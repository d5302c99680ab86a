import assert from "node:assert/strict";
import type { Ledger } from "../../../components/kit/ledger.ts";
import type { Plan } from "../../../plan/plan.ts";
import { planMarkdown, planPage, planTree, prodPlan } from "./plans.ts";

describe("the access page", () => {
  const who = "users with the role wiki_role of the realm platform";
  const credential = "pulumi stack output administrators --show-secrets";
  let plan: Plan;
  before(async () => {
    const made = await prodPlan();
    const ledger = Object.create(made.ledger, {
      hosts: {
        value: [...made.ledger.hosts, { host: "wiki.example.org", purpose: "Wiki", access: { who, credential } }],
      },
    }) as Ledger;
    plan = { ...made, ledger };
  });

  it("X15: says of each host who may enter, and how the credential is read", async () => {
    for (const text of [planTree(plan, Infinity), planMarkdown(plan), await planPage(plan)]) {
      assert.ok(text.includes("wiki.example.org"));
      assert.ok(text.includes(who));
    }
    for (const text of [planMarkdown(plan), await planPage(plan)]) assert.ok(text.includes(credential));
  });

  it("leaves no gap for what nobody says", async () => {
    const made = await prodPlan();
    const hosts = [{ host: "rdm.example.org", purpose: "x", tlsSecret: { namespace: "elsewhere", name: "rdm-tls" } }];
    const ledger = Object.create(made.ledger, { hosts: { value: hosts } }) as Ledger;
    assert.match(
      planTree({ ...made, ledger }, Infinity),
      /HOST {13}PURPOSE {2}CERTIFICATE\n {2}rdm\.example\.org {2}x {8}elsewhere\/rdm-tls/,
    );
  });
});
