import assert from "node:assert/strict";
import type { Ledger } from "../../../components/kit/ledger.ts";
import type { Plan } from "../../../plan/plan.ts";
import { planPage } from "../../../plan/report/html.ts";
import { planMarkdown } from "../../../plan/report/markdown.ts";
import { plain, planTree } from "../../../plan/tree.ts";
import { prodPlan } from "./plans.ts";

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

  it("says of each host who may enter, and how the credential is read", async () => {
    for (const text of [planTree(plan, plain, Infinity), planMarkdown(plan), await planPage(plan)]) {
      assert.ok(text.includes("wiki.example.org"));
      assert.ok(text.includes(who));
    }
    for (const text of [planMarkdown(plan), await planPage(plan)]) assert.ok(text.includes(credential));
  });

  it("leaves no gap for what nobody says", async () => {
    const made = await prodPlan();
    const hosts = [{ host: "rdm.example.org", purpose: "x", tlsSecret: { namespace: "rdm", name: "rdm-tls" } }];
    const ledger = Object.create(made.ledger, { hosts: { value: hosts } }) as Ledger;
    assert.match(planTree({ ...made, ledger }, plain, Infinity), /rdm\.example\.org {2}x {2}rdm\/rdm-tls/);
  });
});
