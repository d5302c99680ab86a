import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readState, settledState } from "../../../plan/adopt/state.ts";
import { at, list } from "../../../components/kit/unknown.ts";
import { planOf } from "../../../plan/plan.ts";
import { recordStack, root, stackNamed } from "../../stacks.ts";

const stack = stackNamed("matrix");
const encrypted = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc" };

describe("a state after an import", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "groundplan-state-"))));
  after(() => rmSync(folder, { recursive: true }));
  const read = (content: string) => {
    const file = join(folder, "state.json");
    writeFileSync(file, content);
    return readState(file);
  };

  it("has as inputs what the program sets, with the values of the cluster, and nothing else", async () => {
    const plan = await planOf(stack.name, await recordStack(stack));
    const of = (kind: string, name: string) =>
      plan.objects.find((one) => one.kind === kind && one.name === name) ?? assert.fail(`no ${kind} ${name}`);
    const claim = of("PersistentVolumeClaim", "conduit-pv-claim");
    const secret = of("Secret", "conduit-secret");
    const password = plan.resources.find(({ type }) => type.endsWith(":RandomPassword")) ?? assert.fail();
    const spec = { ...(claim.manifest["spec"] as object), volumeName: "pvc-1", volumeMode: "Filesystem" };
    const live = { ...claim.manifest, spec: { ...spec, resources: { requests: { storage: "49Gi" } } } };
    const others = { urn: "urn:pulumi:matrix::groundplan::test:A::other", inputs: { a: 1 }, outputs: {} };
    const state = read(
      JSON.stringify({
        version: 3,
        deployment: {
          secrets_providers: { type: "passphrase" },
          resources: [
            { urn: claim.urn, id: "choppa/conduit-pv-claim", inputs: live, outputs: { __inputs: live, status: {} } },
            {
              urn: secret.urn,
              inputs: { ...secret.manifest, stringData: undefined, data: encrypted, type: "Opaque" },
              outputs: {},
            },
            { urn: password.urn, inputs: {}, outputs: { result: encrypted, __pulumi_raw_state_delta: {} } },
            others,
          ],
        },
      }),
    );
    const { count, text } = settledState(state, plan);
    assert.equal(count, 2);
    const settled = JSON.parse(text) as unknown;
    assert.deepEqual(at(settled, "deployment", "secrets_providers"), { type: "passphrase" });
    const [first, second, third, fourth] = list(at(settled, "deployment", "resources"));
    // The size of the cluster, so that the preview shows the change.
    assert.equal(at(first, "inputs", "spec", "resources", "requests", "storage"), "49Gi");
    for (const inputs of [at(first, "inputs"), at(first, "outputs", "__inputs")])
      for (const field of ["volumeName", "volumeMode"]) assert.equal(at(inputs, "spec", field), undefined, field);
    assert.deepEqual(at(first, "outputs", "status"), {});
    assert.equal(at(second, "inputs", "metadata", "name"), "conduit-secret");
    assert.deepEqual(at(second, "inputs", "data"), encrypted);
    assert.equal(at(third, "inputs", "length"), 32);
    assert.deepEqual(at(third, "outputs", "result"), encrypted);
    assert.equal(at(third, "outputs", "__pulumi_raw_state_delta"), undefined);
    assert.deepEqual(fourth, others);
    // A state that is settled already stays as it is.
    assert.equal(settledState(JSON.parse(text) as Record<string, unknown>, plan).count, 0);
  });

  it("that the engine wrote without an import stays as it is", async () => {
    const lean = { name: "lean", file: join(root, "tests", "engine", "lean.yaml") };
    const plan = await planOf(lean.name, await recordStack(lean));
    const kept = readState(join(root, "tests", "plan", "compare", "releases", "0.1.0.json"));
    assert.equal(settledState(kept, plan).count, 0);
  });

  it("is refused in one line, with the file, if it is none", () => {
    for (const content of ["", "[]", "{}", '{"deployment": {}}', '{"deployment": {"resources": {}}}'])
      assert.throws(() => read(content), /state\.json is no state: .*stack export --file writes it$/, content);
    assert.throws(() => readState(join(folder, "missing.json")), /missing\.json cannot be read: ENOENT$/);
  });
});
