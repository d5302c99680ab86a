import assert from "node:assert/strict";
import { parity } from "../../../plan/compare/parity.ts";
import type { Class, Parity } from "../../../plan/compare/parity.ts";
import { paritySection } from "../../../plan/report/review.ts";
import { terminalText, unmarked } from "../../../plan/report/terminal.ts";
import { planStack } from "../../plans.ts";
import { stacks } from "../../stacks.ts";
import { planTree } from "../report/plans.ts";
import { object, plan, planned, release, resource } from "./fixtures.ts";

function textOf(found: Parity, width: number): string {
  const sections = [paritySection(found)];
  const head = { stack: "dev", domain: "", context: "", verdicts: [], figures: [] };
  return terminalText({ ...head, sections }, unmarked, width);
}

describe("two stacks that are meant to be alike", () => {
  it("do not differ from themselves", async () => {
    for (const stack of ["dev", "prod"]) {
      const made = await planned(stack);
      assert.deepEqual(parity(made, made).differences, []);
    }
  });

  it("do not differ by name, domain, cluster or generated values", () => {
    const stack = (name: string, domain: string) => ({
      ...plan([
        object("v1", "ConfigMap", "ns/a", {
          metadata: { labels: { "groundplan/stack": name }, annotations: { "groundplan/checksum": name } },
          data: { url: `https://www.${domain}/x` },
        }),
        object("cert-manager.io/v1", "Certificate", `ns/www.${domain}-tls`, { spec: { dnsNames: [`www.${domain}`] } }),
        object("v1", "Secret", "ns/s", {
          stringData: { password: `(secret ${name === "dev" ? "00000000" : "11111111"})` },
        }),
        object("batch/v1", "Job", `ns/a-job-${name === "dev" ? "00000000" : "11111111"}`, {}, { logicalName: "job" }),
        resource("pulumi:providers:kubernetes", "kubernetes", { context: `${name}-cluster` }),
      ]),
      stack: name,
      domain,
      context: `${name}-cluster`,
    });
    assert.deepEqual(parity(stack("prod", "example.org"), stack("dev", "dev.example.org")).differences, []);
  });

  it("X23: differ as dev from prod: by class, in words of both", async () => {
    const [prod, dev] = [await planned("prod"), await planned("dev")];
    const { differences } = parity(prod, dev);
    const found = (label: string, path?: string) =>
      differences.find((one) => one.label === label && (path === undefined || one.path === path));
    const classed: [Class, string, string?][] = [
      ["size", "setting", "postgresql.storage"],
      ["size", "setting", "postgresql.maxConnections"],
      ["size", "Release sysdb/pgsqlha", "values.postgresql.resources.requests.memory"],
      ["availability", "setting", "postgresql.replicas"],
      ["availability", "Release sysdb/pgsqlha", "values.pgpool.podAntiAffinityPreset"],
      ["availability", "Namespace sysdb", "(protect)"],
      ["host", "ClusterIssuer letsencrypt-prod"],
      ["secret", "RandomPassword postgres-rdm-password"],
      ["other", "setting", "placement.nodeSelector.system-tag"],
    ];
    for (const [kind, label, path] of classed) assert.equal(found(label, path)?.class, kind, `${label} ${path}`);
    assert.deepEqual(found("setting", "postgresql.replicas"), {
      class: "availability",
      label: "setting",
      path: "postgresql.replicas",
      base: "3",
      head: "1",
    });
    assert.deepEqual(found("ClusterIssuer own-ca"), { class: "host", label: "ClusterIssuer own-ca", head: "present" });
    const text = textOf(parity(prod, dev), 100);
    assert.ok(text.split("\n").every((line) => line.length <= 100));
    for (const line of [
      "        postgresql.replicas: 3 → 1",
      "    ClusterIssuer own-ca\n        only in dev",
      "availability (",
    ])
      assert.ok(text.includes(line), line);
    // Names of the stacks and their domains are no difference, and so in no value.
    const values = JSON.stringify(differences.map(({ base, head }) => [base, head]));
    assert.doesNotMatch(values, /example\.org|groundplan\/stack|\(secret/);
  });

  it("name what only one of them has once: a release without its objects", () => {
    const rendered = [
      {
        ...object("v1", "ConfigMap", "data/x"),
        component: "part",
        release: "data/db",
        apiVersion: "v1",
        kind: "ConfigMap",
        name: "x",
        manifest: {},
      },
    ];
    const { differences } = parity(plan([release("db")], { rendered }), plan([]));
    assert.deepEqual(differences, [{ class: "other", label: "Release data/db", base: "present" }]);
  });

  it("do not list what is meant to differ, and say what is no longer different", async () => {
    const [prod, dev] = [await planned("prod"), await planned("dev")];
    const all = parity(prod, dev);
    const one = parity(prod, dev, [{ object: "setting", path: "postgresql.replicas" }]);
    assert.equal(one.expected, 1);
    assert.equal(one.differences.length, all.differences.length - 1);
    assert.ok(!one.differences.some(({ label, path }) => label === "setting" && path === "postgresql.replicas"));
    const many = parity(prod, dev, [{ object: "Release sysdb/*" }, { object: "setting", path: "postgresql.*" }]);
    assert.ok(many.expected > 5);
    assert.ok(!many.differences.some(({ label }) => label.startsWith("Release sysdb/")));
    const stale = { object: "ConfigMap nowhere/none" };
    assert.deepEqual(parity(prod, dev, [stale]).stale, [stale]);
    const [stack = assert.fail()] = stacks;
    const text = planTree(await planStack(stack), Infinity, {
      parity: parity(prod, dev, [stale, { object: "setting" }]),
    });
    assert.match(text, /dev differs from prod in \d+ places, and in \d+ that expectedDifferences lists/);
    assert.match(text, /expectedDifferences lists ConfigMap nowhere\/none, which does not differ: remove it/);
  });
});
