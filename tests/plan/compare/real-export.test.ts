import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { readPlan } from "../../../plan/compare/read.ts";
import type { SavedPlan } from "../../../plan/compare/schema.ts";
import { savedPlan } from "../../../plan/files.ts";
import type { Change } from "../../../plan/compare/change.ts";
import { planStack } from "../../plans.ts";
import { root } from "../../stacks.ts";
import type { TestStack } from "../../stacks.ts";
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

/** The stacks as they were exported. Backups are newer. */
const exported: readonly TestStack[] = [
  { name: "dev", file: join(root, "Pulumi.dev.yaml") },
  { name: "prod", file: join(root, "Pulumi.prod.yaml"), set: ["backup.enabled=false"] },
  ...["confluence", "keycloak", "midpoint"].map((name) => ({
    name,
    file: join(import.meta.dirname, "exported", `${name}.yaml`),
  })),
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

  for (const stack of exported) {
    it(`of ${stack.name}, unchanged: nothing is created, deleted or replaced, and no secret, certificate or empty value differs`, async () => {
      const head = savedPlan(await planStack(stack));
      const { changes } = comparePlans(stateOf(stack.name, head), head);
      assert.deepEqual(
        told(changes.filter((change) => change.action !== "update" && !isRevised(change))),
        [],
        "what is not only another text or schedule",
      );
      assert.deepEqual(told(changes.filter((change) => !isRevised(change))), []);
      for (const { label, fields } of changes)
        for (const { path, new: value } of fields)
          assert.ok(!/^(\{\}|\[\]|)$/.test(value ?? "-") && !/certificate of/.test(value ?? ""), `${label} ${path}`);
    });
  }

  for (const set of changed) {
    it(`of prod with ${set.join(" ")} shows what the saved plan shows`, async () => {
      const prod = exported.find(({ name }) => name === "prod");
      assert.ok(prod);
      const before = savedPlan(await planStack(prod));
      const head = savedPlan(await planStack({ ...prod, set: [...(prod.set ?? []), ...set] }));
      const state = stateOf("prod", before);
      const noise = new Set(comparePlans(state, before).changes.flatMap(lines));
      const without = (changes: readonly Change[]) => changes.flatMap(lines).filter((line) => !noise.has(line));
      const expected = without(comparePlans(before, head).changes);
      assert.ok(expected.length > 0, "the setting changes something");
      assert.deepEqual(without(comparePlans(state, head).changes), expected);
    });
  }
});

/** A change as lines: each field with its new value, or what is created, replaced or deleted. */
function lines({ action, label, fields }: Change): string[] {
  // A Job's name ends with a hash of its content, which revisions of the program change.
  const name = label.replace(/^(Job .*)-[0-9a-f]{8}$/, "$1");
  const said = fields.flatMap(({ path, new: value }) => {
    if (path === "metadata.name") return [];
    // A state holds the content of a Secret as one ciphertext.
    if (path.startsWith("stringData")) return [`${name} content`];
    return [path.includes("groundplan/checksum") ? `${name} checksum` : `${name} ${path}: ${value}`];
  });
  return [...new Set([...(action === "update" ? [] : [`${action} ${name}`]), ...said])];
}

/** Whether the program's revisions since the exports explain a change. */
function isRevised({ kind, label, fields }: Change): boolean {
  if (added.has(kind) || revisedKinds.has(kind) || revised.has(label) || revisedJob.test(label)) return true;
  return fields.length > 0 && fields.every(({ path }) => revisedFields.test(path));
}

// What revisions of the program since the exports changed: texts of alerts, dashboards and programs; empty values that are no
// longer written; IPv6 in the ranges of network policies.
const revisedKinds = new Set(["ConfigMap", "PrometheusRule", "MongoDBCommunity", "ClusterIssuer", "NetworkPolicy"]);
/** Kinds that the exports do not have: every pod has a priority since. */
const added = new Set(["PriorityClass"]);
/** The priority of pods, zones over which replicas spread, and servers that go on for some seconds. */
const revisedFields = /priorityClassName|topologySpreadConstraints|affinity|lifecycle/i;
/** Jobs whose names end with a hash of their content. */
const revisedJob = /^Job .*-job-[0-9a-f]{8}$/;
const revised = new Set([
  // Arguments of logins: trusted addresses, and groups from the provider.
  ...["hello/hello", "logging/graylog", "monitoring/alertmanager", "monitoring/prometheus"].map(
    (name) => `Deployment ${name}-login`,
  ),
  "Release monitoring/kube-prometheus-stack",
  "Release cert-manager/cert-manager",
  // The certificates of a company's issuer are trusted.
  "Component trust",
  "ConfigMap cert-manager/trusted-authorities",
  // Listens at the pod's own address.
  "Release log-collector/fluent-bit",
  // The checksum of the login program.
  "Release logging/graylog",
  // Reached without a gateway, in examples/keycloak.yaml.
  "Certificate keycloak/keycloak-http.keycloak.svc.cluster.local-tls",
  "Release keycloak/keycloak",
  // Groups and client scopes that the settings do not have are kept.
  "CronJob keycloak/keycloak-realm-repair",
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
