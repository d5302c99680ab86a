import assert from "node:assert/strict";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import { readPlan } from "../../../plan/compare/read.ts";
import { savedPlan } from "../../../plan/files.ts";
import { noteOfExport } from "../../../plan/review.ts";
import { planStack } from "../../plans.ts";
import { examples, stacks, variants } from "../../stacks.ts";
import { fixture, losses, planned, told } from "./fixtures.ts";
import { exported } from "./state.ts";

describe("what `pulumi stack export` prints", () => {
  // Parts of the state that a real engine kept of the stack dev, with made-up ciphertexts.
  const read = (change: (text: string) => string = (text) => text) =>
    readPlan(change(fixture("stack-export.json")), "the export");

  it("is read as a plan: resources of the program, objects and releases", () => {
    const { origin, stack, context, resources, objects, releases } = read();
    assert.deepEqual([origin, stack, context], ["export", "dev", "control-plane"]);
    assert.deepEqual(
      resources.map(({ name }) => name).sort(),
      [
        "certificates",
        "certificates-issuer-own-ca",
        "certificates-issuer-own-ca-certificate",
        "certificates-issuer-own-ca-key",
        "kubernetes",
        "monitoring-definitions-release",
        "namespaces-monitoring",
        "namespaces-monitoring-registry",
        "platform",
        "platform-checksum-key",
        "storage-volume-pgsqlha-0",
      ],
      "neither the stack, nor default providers, nor what is deleted or only read",
    );
    assert.deepEqual(objects.map(({ kind, namespace, name }) => [kind, namespace, name]).sort(), [
      ["ClusterIssuer", undefined, "own-ca"],
      ["Namespace", undefined, "monitoring"],
      ["PersistentVolume", undefined, "pgsqlha-0"],
      ["Secret", "monitoring", "registry"],
    ]);
    assert.deepEqual(
      releases.map(({ namespace, name, chart, version }) => [namespace, name, chart, version]),
      [["monitoring", "prometheus-operator-crds", "prometheus-operator-crds", "31.0.1"]],
    );
    const namespace = resources.find(({ name }) => name === "namespaces-monitoring");
    assert.deepEqual([namespace?.protect, namespace?.retainOnDelete], [true, true]);
  });

  it("has Secrets whose content cannot be compared: a plan says how many", () => {
    assert.match(noteOfExport(read()), /^Not compared: the encrypted content of 1 Secret\. .* such as a region/);
  });

  it("leaves out what providers filled in", () => {
    const inputs = (name: string) => read().resources.find((one) => one.name === name)?.inputs;
    assert.deepEqual(inputs("platform-checksum-key"), { length: 32, special: false });
    assert.deepEqual(Object.keys(inputs("monitoring-definitions-release") ?? {}), [
      "atomic",
      "chart",
      "name",
      "namespace",
      "timeout",
      "values",
    ]);
    assert.ok(!("version" in (inputs("kubernetes") ?? { version: "" })));
  });

  it("shows no secret: neither ciphertext, nor a value that was exported with it", () => {
    assert.doesNotMatch(JSON.stringify(read()), /made-up/);
    const open = read((text) => text.replaceAll(/"ciphertext": "[^"]*"/g, '"plaintext": "\\"hunter2\\""'));
    assert.doesNotMatch(JSON.stringify(open), /hunter2/);
    const secret = open.resources.find(({ type }) => type === "kubernetes:core/v1:Secret");
    assert.equal(secret?.inputs["stringData"], "(secret)");
    const clear = read((text) => text.replace(/\{\s*"4dabf[^}]*\}/, '{"password": "aHVudGVyMg=="}'));
    const shown = clear.resources.find(({ type }) => type === "kubernetes:core/v1:Secret")?.inputs["stringData"];
    assert.deepEqual(shown, { password: "(secret)" }, "not even a hash of a real value");
  });

  it("shows between two exports which secrets changed", () => {
    assert.deepEqual(comparePlans(read(), read()).changes, []);
    const { changes } = comparePlans(
      read(),
      read((text) => text.replaceAll("v1:made-up-1", "v1:other")),
    );
    assert.deepEqual(told(changes), ["~ Secret monitoring/registry"]);
  });

  it("refuses a deletion that the state protects", () => {
    const gone = read((text) =>
      text
        .replace(
          '"urn:pulumi:dev::groundplan::groundplan:platform:Platform$groundplan:storage:Storage$kubernetes:core/v1:PersistentVolume::storage-volume-pgsqlha-0"',
          '"urn:pulumi:dev::groundplan::kubernetes:core/v1:PersistentVolume::other"',
        )
        .replace('"name": "pgsqlha-0"', '"name": "other"'),
    );
    assert.deepEqual(
      losses(read(), gone).map(({ name, status }) => [name, status]),
      [["PersistentVolume pgsqlha-0", "refused"]],
    );
  });

  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`of what a plan of ${stack.name} would make shows no change to that plan`, async () => {
      const plan = savedPlan(await planStack(stack));
      const base = readPlan(JSON.stringify(exported(plan)), "the export");
      const { changes, consequences } = comparePlans(base, plan);
      assert.deepEqual(told(changes), []);
      assert.deepEqual(consequences, { restarts: [], jobs: [], rotations: [], failures: [] });
      assert.deepEqual(losses(base, plan), []);
    });
  }

  it("and a plan that differs show what is done", async () => {
    const base = readPlan(JSON.stringify(exported(await planned("dev"))), "the export");
    const head = await planned(
      "dev",
      "monitoring.enabled=false",
      "postgresql.enabled=false",
      "postgresql.databases=[]",
      "gateway={}",
      "keycloak={}",
      "logging={}",
    );
    const found = told(comparePlans(base, head).changes);
    assert.ok(
      found.includes("- Release sysdb/pgsqlha") && found.includes("- Secret hello/hello-database"),
      found.join("\n"),
    );
  });
});
