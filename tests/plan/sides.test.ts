import assert from "node:assert/strict";
import type { Capabilities, Rendered } from "../../plan/charts.ts";
import { readPlan } from "../../plan/compare/read.ts";
import { savedPlan } from "../../plan/files.ts";
import type { PlannedRelease } from "../../plan/objects.ts";
import { refusals, review } from "../../plan/review.ts";
import { sidesOf } from "../../plan/sides.ts";
import { planStack } from "../plans.ts";
import { stackNamed } from "../stacks.ts";
import { exported } from "./compare/state.ts";

interface Call {
  readonly releases: readonly PlannedRelease[];
  readonly capabilities: Capabilities;
}

describe("the sides of a comparison", function () {
  this.timeout(120_000);
  const prod = stackNamed("prod");
  const smaller = { ...prod, set: ["postgresql.storage=5Gi"] };

  /** A Helm that makes of the database's release its StatefulSet with one claim, of every other nothing. */
  const helm = (calls: Call[], missing: Rendered["missing"] = []) => {
    return (releases: readonly PlannedRelease[], _: unknown, capabilities: Capabilities): Promise<Rendered> => {
      calls.push({ releases, capabilities });
      const objects = releases.flatMap(({ urn, component, namespace, name, values }) => {
        const { postgresql } = values as { postgresql?: { replicaCount?: number } };
        const size = JSON.stringify(values).match(/"size":"([^"]+)"/)?.[1];
        if (postgresql === undefined || missing.length > 0) return [];
        const place = { name: "db", namespace };
        const claim = { metadata: { name: "data" }, spec: { resources: { requests: { storage: size } } } };
        const manifest = { metadata: place, spec: { volumeClaimTemplates: [claim] } };
        const kind = { apiVersion: "apps/v1", kind: "StatefulSet" };
        return [{ urn, component, release: `${namespace}/${name}`, ...kind, ...place, manifest }];
      });
      return Promise.resolve({ objects, missing });
    };
  };

  it("against a saved plan: only what changes is rendered again, as an upgrade", async () => {
    const calls: Call[] = [];
    await sidesOf(savedPlan(await planStack(prod)), await planStack(smaller), helm(calls));
    assert.deepEqual(
      calls.map(({ releases, capabilities }) => [releases.map(({ name }) => name), capabilities.isUpgrade]),
      [[["pgsqlha"], true]],
    );
  });

  it("against a state: its releases are rendered with its values, and a claim that cannot change ends with 4", async () => {
    const calls: Call[] = [];
    const state = readPlan(JSON.stringify(exported(savedPlan(await planStack(prod)))), "state");
    const plan = await planStack(smaller);
    const { base, head } = await sidesOf(state, plan, helm(calls));
    assert.equal(calls[0]?.releases.length, state.releases.length);
    assert.deepEqual(calls[0]?.capabilities.apiVersions, ["cert-manager.io/v1", "monitoring.coreos.com/v1"]);
    const reviewed = review(plan, "2026-11-30", { name: "state", plan: base, head, otherStack: false });
    assert.deepEqual(
      refusals(reviewed).map(({ exitCode, message }) => [exitCode, message]),
      [[4, "refused: 1 change would fail at up: StatefulSet sysdb/db"]],
    );
  });

  it("against a state without the chart of a release that changes: says so, and ends with 4", async () => {
    const state = readPlan(JSON.stringify(exported(savedPlan(await planStack(prod)))), "state");
    const plan = await planStack(smaller);
    const missing = [{ release: "sysdb/pgsqlha", reason: "postgresql-ha-16.3.2.tgz is not in ../charts" }];
    const { base, head } = await sidesOf(state, plan, helm([], missing));
    const reviewed = review(plan, "2026-11-30", { name: "state", plan: base, head, otherStack: false });
    assert.deepEqual(
      refusals(reviewed).map(({ exitCode, message }) => [exitCode, message]),
      [
        [
          4,
          "refused: the objects of 1 changed release cannot be compared: sysdb/pgsqlha (postgresql-ha-16.3.2.tgz is not in ../charts)",
        ],
      ],
    );
    const same = await planStack(prod);
    const unchanged = await sidesOf(state, same, helm([], missing));
    const quiet = review(same, "2026-11-30", {
      name: "state",
      plan: unchanged.base,
      head: unchanged.head,
      otherStack: false,
    });
    assert.deepEqual(refusals(quiet), [], "what does not change needs no chart");
  });
});
