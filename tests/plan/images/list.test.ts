import assert from "node:assert/strict";
import { inventory, inventoryText, upstreamConfig } from "../../../plan/images/list.ts";
import { collisions, mirrored, resolveDigests } from "../../../plan/images/registry.ts";
import { billOfMaterials } from "../../../plan/images/sbom.ts";
import type { Run } from "../../../plan/doctor/run.ts";
import { planStack } from "../../plans.ts";
import { stackNamed } from "../../stacks.ts";

const digest = `sha256:${"ab".repeat(32)}`;

describe("the images of a stack", () => {
  it("are listed at their own registries: the mirror and the lock of the settings are left out", () => {
    const values = { "groundplan:images": '{"mirror":"m.example.org","lock":"l.json","tags":{"a.example.org/b":"1"}}' };
    assert.deepEqual(upstreamConfig({ values, secretKeys: [] }).values, {
      "groundplan:images": '{"tags":{"a.example.org/b":"1"}}',
    });
    for (const same of ["{", "[]", "{}"]) {
      const config = { values: { "groundplan:images": same }, secretKeys: [] };
      assert.equal(upstreamConfig(config), config);
    }
  });

  it("are each listed once, with the objects that use them", async () => {
    const { images, charts } = inventory(await planStack(stackNamed("dev")));
    const names = images.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)].sort());
    for (const name of names) assert.match(name, /^[a-z0-9.-]+\.[a-z]+\/[^@]+:[^@]+$/);
    const proxy = images.find(({ name }) => name.startsWith("quay.io/oauth2-proxy/oauth2-proxy:"));
    assert.ok(proxy !== undefined && proxy.users.includes("Deployment hello/hello-login"));
    assert.ok(charts.some(({ name }) => name === "cert-manager"));
  });

  it("are named with their digests in the listing, and releases that were not rendered are named", async () => {
    const found = inventory(await planStack(stackNamed("dev")));
    const [first] = found.images;
    assert.ok(first !== undefined);
    const text = inventoryText({ ...found, unseen: ["gateway/kong"] }, { [first.name]: digest });
    assert.match(text, new RegExp(`^${first.name.replaceAll(".", "\\.")}\n {2}${digest}$`, "m"));
    assert.match(text, /The images of 1 releases are missing.*: gateway\/kong$/m);
  });

  it("are a bill of materials: equal stacks give equal bytes, with digests and package URLs", async () => {
    const found = inventory(await planStack(stackNamed("dev")));
    const [first] = found.images;
    assert.ok(first !== undefined);
    const text = billOfMaterials("dev", found, { [first.name]: digest });
    assert.equal(billOfMaterials("dev", found, { [first.name]: digest }), text);
    const bom = JSON.parse(text) as { specVersion: string; components: Record<string, unknown>[] };
    assert.equal(bom.specVersion, "1.6");
    assert.equal(bom.components.length, found.images.length + found.charts.length);
    const component = bom.components.find((one) => one["bom-ref"] === first.name);
    assert.deepEqual(component?.["hashes"], [{ alg: "SHA-256", content: "ab".repeat(32) }]);
    assert.match(String(component?.["purl"]), /^pkg:oci\/[^@]+@sha256:abab[^?]+\?repository_url=.+&tag=/);
    assert.ok(!("serialNumber" in bom) && !text.includes("timestamp"));
  });

  it("have one name in a mirror only if their registries alone differ", () => {
    const image = (name: string) => ({ name, users: [] });
    assert.equal(mirrored("docker.io/library/kong:3.9.3", "m.example.org/hub"), "m.example.org/hub/library/kong:3.9.3");
    assert.deepEqual(collisions([image("a.org/x/y:1"), image("b.org/x/y:1"), image("b.org/x/y:2")]), [
      ["a.org/x/y:1", "b.org/x/y:1"],
    ]);
  });

  it("without a program, or with an answer that is no digest, there is no digest", async () => {
    const image = { name: "a.org/x:1", users: [] };
    const answering =
      (stdout: string): Run =>
      () =>
        Promise.resolve({ kind: "ended", code: 0, stdout, stderr: "" });
    await assert.rejects(
      resolveDigests([image], () => Promise.resolve({ kind: "missing" })),
      /crane is not on PATH: install it/,
    );
    assert.deepEqual((await resolveDigests([image], answering("oops\n"))).failures, [
      { name: "a.org/x:1", why: 'crane answered "oops"' },
    ]);
    assert.deepEqual((await resolveDigests([image], answering(`${digest}\n`))).digests, { "a.org/x:1": digest });
    // A digest in the reference itself needs no answer.
    assert.deepEqual((await resolveDigests([{ ...image, digest }], answering(""))).digests, { "a.org/x:1": digest });
  });
});
