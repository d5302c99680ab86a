import assert from "node:assert/strict";
import { at, list } from "../../components/kit/unknown.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { recordStack, stackNamed } from "../stacks.ts";

describe("a stack with midPoint", () => {
  it("M25: without replicas midPoint is stopped, and everything that holds data stays", async () => {
    const planned = async (set: readonly string[]) => {
      const { resources, result } = await recordStack({ ...stackNamed("midpoint"), name: "midpoint-stopped", set });
      return { objects: plannedObjects(resources, ({ value }) => value), resources, ledger: result.ledger };
    };
    const [running, stopped] = await Promise.all([planned(["midpoint.replicas=1"]), planned(["midpoint.replicas=0"])]);
    const node = ({ objects }: typeof running) =>
      objects.find(({ kind, name }) => kind === "StatefulSet" && name === "mp-pg-demo");
    assert.equal(at(node(stopped)?.manifest, "spec", "replicas"), 0);
    // The same resources, with the same protection: claims, database, Secrets, backups, policies.
    const kept = ({ resources }: typeof running) =>
      resources
        .map(({ name, protect, retainOnDelete, type }) => [type, name, protect, retainOnDelete].join(" "))
        .sort();
    assert.deepEqual(kept(stopped), kept(running));
    const others = ({ objects }: typeof running) =>
      objects.filter(({ kind }) => !["StatefulSet", "ConfigMap"].includes(kind)).map(({ manifest }) => manifest);
    assert.deepEqual(others(stopped), others(running));
    assert.deepEqual(stopped.ledger.backups, running.ledger.backups);
    const { template: one } = at(node(stopped)?.manifest, "spec") as { template: unknown };
    assert.deepEqual(one, at(node(running)?.manifest, "spec", "template"));
  });

  it("M25: further variables and another database are settings, and cannot replace what the stack sets", async () => {
    const set = [
      'midpoint.environment={MP_SET_midpoint_internals_detailedErrors: "true"}',
      "midpoint.database=identity",
    ];
    const { resources } = await recordStack({ ...stackNamed("midpoint"), name: "midpoint-own", set });
    const objects = plannedObjects(resources, ({ value }) => value);
    const node = objects.find(({ kind, name }) => kind === "StatefulSet" && name === "mp-pg-demo");
    const [container] = list(at(node?.manifest, "spec", "template", "spec", "containers"));
    const value = (name: string) =>
      list(at(container, "env")).flatMap((one) => (at(one, "name") === name ? [at(one, "value")] : []));
    assert.deepEqual(value("MP_SET_midpoint_internals_detailedErrors"), ["true"]);
    assert.match(String(value("MP_SET_midpoint_repository_jdbcUrl")[0]), /\/identity/);
    for (const [wrong, message] of [
      ["midpoint.environment={MP_SET_midpoint_url: http://x}", /the stack sets this variable itself/],
      ["midpoint.environment={MP_SET_a: $b}", /a shell/],
    ] as const)
      await assert.rejects(recordStack({ ...stackNamed("midpoint"), name: "midpoint-wrong", set: [wrong] }), message);
  });
});
