import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { readPlan } from "../../../plan/compare/read.ts";
import type { SavedPlan } from "../../../plan/compare/schema.ts";
import { savedPlan } from "../../../plan/files.ts";
import { planStack } from "../../plans.ts";
import { root, stackNamed } from "../../stacks.ts";
import { told } from "./fixtures.ts";

const folder = join(root, "..", "shared", "exports");

/** Settings that change, of the stack prod. */
const changed: readonly (readonly string[])[] = [
  ["postgresql.storage=500Gi"],
  ["postgresql.storage=5Gi"],
  ["postgresql.replicas=5"],
  ["gateway.replicas=4"],
  ["gateway.maxReplicas=8"],
  ["keycloak.replicas=5"],
  ["keycloak.driftRepair=0 1 * * *"],
  ["gateway.hsts=30d"],
  ["rotation={graylog-admin: 2, kong-database: 2}"],
  ["placement.nodeSelector={pool: platform}"],
];

// Encrypted content that changes without a generated value, such as a region in a Secret, is not seen in a state.

// The exports are of an earlier revision of the program: what is compared here is what no revision changes, and what a setting
// adds to the differences.
describe("the state that a real engine kept", function () {
  this.timeout(120_000);
  if (!existsSync(folder)) {
    it("is not compared: ../shared/exports is missing");
    return;
  }

  for (const name of ["dev", "prod", "confluence", "keycloak", "midpoint"]) {
    it(`of ${name}, unchanged: nothing is created, deleted or replaced, and no secret, certificate or empty value differs`, async () => {
      const head = savedPlan(await planStack(stackNamed(name)));
      const { changes } = comparePlans(stateOf(name, head), head);
      assert.deepEqual(
        told(changes.filter(({ action, label }) => action !== "update" && !revisedJob.test(label))),
        [],
        "what is not only another text or schedule",
      );
      assert.deepEqual(
        told(
          changes.filter(
            ({ kind, label }) => !revisedKinds.has(kind) && !revised.has(label) && !revisedJob.test(label),
          ),
        ),
        [],
      );
      for (const { label, fields } of changes)
        for (const { path, new: value } of fields)
          assert.ok(!/^(\{\}|\[\]|)$/.test(value ?? "-") && !/certificate of/.test(value ?? ""), `${label} ${path}`);
    });
  }

  for (const set of changed) {
    it(`of prod with ${set.join(" ")} shows what the saved plan shows`, async () => {
      const prod = stackNamed("prod");
      const before = savedPlan(await planStack(prod));
      const head = savedPlan(await planStack({ ...prod, set }));
      const state = stateOf("prod", before);
      // A Job's name ends with a hash of its content, which revisions of the program change.
      const named = (line: string) => line.replace(/^(. Job .*)-[0-9a-f]{8}$/, "$1");
      const noise = new Set(told(comparePlans(state, before).changes).map(named));
      const without = (lines: readonly string[]) => lines.map(named).filter((line) => !noise.has(line));
      const expected = without(told(comparePlans(before, head).changes));
      assert.ok(expected.length > 0, "the setting changes something");
      assert.deepEqual(without(told(comparePlans(state, head).changes)), expected);
    });
  }
});

// What revisions of the program since the exports changed: texts of alerts, dashboards and programs; empty values that are no
// longer written; IPv6 in the ranges of network policies.
const revisedKinds = new Set(["ConfigMap", "PrometheusRule", "MongoDBCommunity", "ClusterIssuer", "NetworkPolicy"]);
/** Jobs whose names end with a hash of their content. */
const revisedJob = /^Job (logging\/graylog-configuration|keycloak\/keycloak-realm)-job-[0-9a-f]{8}$/;
const revised = new Set([
  // Listens at the pod's own address.
  "Release log-collector/fluent-bit",
  // The checksum of the login program.
  "Release logging/graylog",
  // Reached without a gateway, in examples/keycloak.yaml.
  "Certificate keycloak/keycloak-http.keycloak.svc.cluster.local-tls",
  "Release keycloak/keycloak",
  // The Secret without content had an empty stringData.
  "Secret keycloak/keycloak-realm",
]);

/** The export, with its charts where the plan has them: the exported stacks took them from a folder. */
function stateOf(name: string, { resources }: SavedPlan): SavedPlan {
  const planned = new Map(resources.map(({ urn, inputs }) => [urn, inputs]));
  const state = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as {
    deployment: { resources: { urn: string; type: string; inputs?: Record<string, unknown> }[] };
  };
  for (const { urn, type, inputs } of state.deployment.resources) {
    if (type !== "kubernetes:helm.sh/v3:Release" || inputs === undefined) continue;
    const { chart, version, repositoryOpts, values } = planned.get(urn) ?? {};
    Object.assign(inputs, { chart, version, repositoryOpts });
    const { global = {} } = inputs["values"] as { global?: Record<string, unknown> };
    delete global["chartChecksum"];
    if (!Object.hasOwn(values as object, "global")) delete (inputs["values"] as { global?: unknown }).global;
  }
  return readPlan(JSON.stringify(state), name);
}
