import assert from "node:assert/strict";
import { costDifference, costOf, costOfSaved } from "../../../plan/cost/cost.ts";
import { formatMoney, formatMoneyDifference } from "../../../plan/cost/money.ts";
import type { Cost } from "../../../plan/cost/estimate.ts";
import type { RequestCost } from "../../../plan/cost/requests.ts";
import { savedPlan } from "../../../plan/files.ts";
import type { Plan } from "../../../plan/plan.ts";
import { planStack } from "../../plans.ts";
import { stacks } from "../../stacks.ts";

const [, prod] = stacks;
assert.ok(prod);
const prices =
  "prices={currency: EUR, cpuHour: 0.1, memoryGibHour: 0.01, storageGibMonth: {fast: 0.5, bulk: 0.2}, loadBalancerMonth: 20}";
const priced = (...set: string[]) => planStack({ ...prod, set: [prices, ...set] });

/** The estimate by requests. */
function requestCost(plan: Plan): (Cost & RequestCost) | undefined {
  const cost = costOf(plan);
  assert.notEqual(cost?.basis, "aws");
  return cost as (Cost & RequestCost) | undefined;
}

/** A plan with pods of its own in place of those of the program. */
function withPods(plan: Plan, podGroups: Plan["ledger"]["podGroups"], changes: Partial<Plan> = {}): Plan {
  const ledger = Object.assign(
    Object.create(Object.getPrototypeOf(plan.ledger) as object) as Plan["ledger"],
    plan.ledger,
    {
      podGroups,
    },
  );
  return { ...plan, objects: [], rendered: [], notRendered: [], ledger, ...changes };
}

const group = { component: "app", namespace: "n", name: "a", kind: "Deployment", replicas: 1 } as const;
const container = { cpu: "500m", memory: "2Gi" } as const;
const service = (component: string, type: string) => ({
  urn: `urn:${component}`,
  component,
  apiVersion: "v1",
  kind: "Service",
  name: component,
  manifest: { spec: { type } },
});

describe("the estimate", () => {
  let plan: Plan;
  before(async () => (plan = await priced()));

  it("is none where the settings name no prices", async () => assert.equal(costOf(await planStack(prod)), undefined));

  it("counts each replica's requests for 730 hours, its claims and load balancers", () => {
    const cost = requestCost(
      withPods(
        plan,
        [
          {
            ...group,
            replicas: 3,
            containers: [container, container],
            claims: [{ name: "d", size: "10Gi", storageClass: "fast" }],
          },
          { ...group, component: "job", kind: "Job", containers: [container] },
        ],
        { rendered: [service("gateway", "LoadBalancer"), service("gateway", "ClusterIP")] },
      ),
    );
    assert.deepEqual(cost?.components, [
      // 3 cores and 12 GiB for 730 hours; 30 GiB for a month.
      { component: "app", cpu: 21900, memory: 8760, storage: 1500, loadBalancers: 0, total: 32160 },
      { component: "gateway", cpu: 0, memory: 0, storage: 0, loadBalancers: 2000, total: 2000 },
    ]);
    assert.equal(cost.total.total, 34160);
    assert.deepEqual(cost.notes, []);
  });

  it("adds up to the hundredth, by row and by column", () => {
    const { components = [], total } = requestCost(plan) ?? {};
    assert.ok(components.length >= 2 && total !== undefined);
    for (const part of ["cpu", "memory", "storage", "loadBalancers", "total"] as const)
      assert.equal(
        components.reduce((sum, row) => sum + row[part], 0),
        total[part],
      );
    for (const row of [...components, total])
      assert.equal(row.cpu + row.memory + row.storage + row.loadBalancers, row.total);
  });

  it("takes the dearest role of a class, and the default class where a claim names none", async () => {
    const two = await priced("storage.roles={fast: fast, bulk: fast}");
    const claims = (storageClass?: string) =>
      requestCost(withPods(two, [{ ...group, containers: [], claims: [{ name: "d", size: "10Gi", storageClass }] }]))
        ?.total.storage;
    assert.equal(claims("fast"), 500);
    assert.equal(claims(), 500);
  });

  it("says what it cannot price", () => {
    const claims = [{ name: "d", size: "10Gi", storageClass: "other" }] as const;
    const missing = { notRendered: [{ release: "kong/kong", reason: "helm is not on PATH" }] };
    const cost = requestCost(
      withPods(plan, [{ ...group, kind: "DaemonSet", containers: [container], claims }], missing),
    );
    assert.equal(cost?.total.storage, 0);
    assert.deepEqual(cost.notes, [
      "Claims of other have no price: no role names that class",
      "a counted as on one node: cluster.nodeGroups names none",
      "Load balancers are missing of charts that were not rendered: kong/kong",
    ]);
  });

  it("counts a DaemonSet on each node that its placement allows", async () => {
    const nodes = await priced(
      'cluster.nodeGroups=[{name: a, nodes: 3, cpu: "4", memory: 8Gi, labels: {system-tag: world-cereal-system}}, {name: b, nodes: 5, cpu: "4", memory: 8Gi}]',
    );
    const cost = requestCost(withPods(nodes, [{ ...group, kind: "DaemonSet", containers: [container] }]));
    assert.equal(cost?.total.cpu, 3 * 0.5 * 730 * 10);
  });

  it("X12: is over budget from the first hundredth above it", async () => {
    const { total } = costOf(plan) ?? { total: { total: 0 } };
    const bound = async (hundredths: number) => costOf(await priced(`budget=${hundredths / 100}`))?.overBudget;
    assert.equal(await bound(total.total), false);
    assert.equal(await bound(total.total - 1), true);
    assert.equal(costOf(plan)?.overBudget, false);
  });
});

describe("the difference of two estimates", () => {
  const cost = (currency: string, ...components: [string, number][]): Cost => ({
    basis: "requests",
    currency,
    components: components.map(([component, total]) => ({
      component,
      cpu: total,
      memory: 0,
      storage: 0,
      loadBalancers: 0,
      total,
    })),
    total: {
      cpu: 0,
      memory: 0,
      storage: 0,
      loadBalancers: 0,
      total: components.reduce((sum, [, total]) => sum + total, 0),
    },
    overBudget: false,
    notes: [],
  });

  it("names each component that changes, appears or goes", () =>
    assert.deepEqual(
      costDifference(cost("EUR", ["a", 5], ["b", 7], ["d", 1]), cost("EUR", ["a", 5], ["b", 9], ["c", 4])),
      {
        before: 18,
        total: -5,
        components: [
          { component: "b", total: -2 },
          { component: "c", total: -4 },
          { component: "d", total: 1 },
        ],
        withoutVolumes: false,
      },
    ));

  it("is none where the currencies differ, or one side has no prices", () => {
    assert.equal(costDifference(cost("EUR"), cost("USD")), undefined);
    assert.equal(costDifference(undefined, cost("EUR")), undefined);
    assert.equal(costDifference(cost("EUR"), undefined), undefined);
  });

  it("of a plan and itself as it is saved is nothing, whatever prices were then", async () => {
    const plan = await priced();
    const saved = savedPlan(await planStack(prod));
    assert.equal(costDifference(costOf(plan), costOfSaved(saved, plan.settings))?.total, 0);
    const { sums, ...state } = saved;
    assert.ok(sums);
    assert.equal(costOfSaved(state, plan.settings), undefined);
  });

  it("sees a load balancer of a saved plan", async () => {
    const plan = await priced();
    const saved = savedPlan(plan);
    const urn = "urn:pulumi:x";
    const own = { urn, component: "gateway", apiVersion: "v1", kind: "Service", name: "s" };
    const resource = {
      ...saved.resources[0],
      urn,
      inputs: { spec: { type: "LoadBalancer" } },
    } as (typeof saved.resources)[number];
    const more = { ...saved, objects: [...saved.objects, own], resources: [...saved.resources, resource] };
    assert.equal(costDifference(costOf(plan), costOfSaved(more, plan.settings))?.total, -2000);
  });
});

describe("amounts", () => {
  it("are written with two decimals and groups of three digits", () => {
    assert.equal(formatMoney(123456789, "EUR"), "1,234,567.89 EUR");
    assert.equal(formatMoney(5), "0.05");
    assert.equal(formatMoney(100000), "1,000.00");
    assert.equal(formatMoneyDifference(-1250, "EUR"), "−12.50 EUR");
    assert.equal(formatMoneyDifference(1250), "+12.50");
    assert.equal(formatMoneyDifference(0), "0.00");
  });
});
