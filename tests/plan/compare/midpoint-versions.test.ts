import assert from "node:assert/strict";
import { losses, object, plan, planned } from "./fixtures.ts";

const node = (tag: string, place = "mp-demo/mp", repository = "docker.io/evolveum/midpoint") =>
  object("apps/v1", "StatefulSet", place, {
    spec: { template: { spec: { containers: [{ name: "midpoint", image: `${repository}${tag}` }] } } },
  });
const told = (old: string, fresh: string) =>
  losses(plan([node(old)]), plan([node(fresh)])).map(({ effect, status }) => `${status} ${effect}`);

describe("another version of midPoint", () => {
  const cases: [string, string, ...string[]][] = [
    [":4.10.4-alpine", ":4.10.4-alpine"],
    [":4.10.3-alpine", ":4.10.4"],
    [":4.10.4", ":4.10.3"],
    [":4.10.4", ":4.11", "note kept"],
    [":4.4.6", ":4.8.13-alpine", "note kept"],
    [":4.7.2", ":4.8.13", "note kept"],
    [":4.4.6", ":4.5", "note kept"],
    [":4.8.13", ":4.10.4", "refused impossible"],
    [":4.4.6", ":4.10.4", "refused impossible"],
    [":4.6", ":4.8", "refused impossible"],
    [":4.12.1", ":5.0", "refused impossible"],
    [":4.11", ":4.10.4", "refused unreadable"],
    [":4.8@sha256:0123", ":4.9@sha256:4567", "note kept"],
    [":latest", ":4.10.4"],
    ["@sha256:0123", ":4.10.4"],
  ];
  for (const [old, fresh, ...expected] of cases)
    it(`${old} to ${fresh}: ${expected.join(", ") || "nothing"}`, () => assert.deepEqual(told(old, fresh), expected));

  it("names every step in the order of the vendor", () => {
    const [loss] = losses(plan([node(":4.4.4")]), plan([node(":4.10.4")]));
    assert.equal(loss?.name, "midPoint mp-demo/mp");
    assert.match(loss?.reason ?? "", /from 4\.4 to 4\.10 in one step/);
    assert.match(loss?.remedy ?? "", /latest release of its line: 4\.4, 4\.8, 4\.9, 4\.10 /);
  });

  it("concerns midPoint's image only, and the same nodes", () => {
    const other = "registry.example.org/other/midpoint";
    assert.deepEqual(losses(plan([node(":4.4", "a/b", other)]), plan([node(":4.10", "a/b", other)])), []);
    const mirror = "registry.example.org/mirror/evolveum/midpoint";
    assert.equal(losses(plan([node(":4.4", "a/b", mirror)]), plan([node(":4.10", "a/b", mirror)])).length, 1);
  });

  it("is chosen by a tag in the settings", async () => {
    const settings = (tag: string) =>
      planned("dev", "midpoint={enabled: true, replicas: 1}", `images.tags={docker.io/evolveum/midpoint: ${tag}}`);
    const [old, fresh] = [await settings("4.8.13-alpine"), await settings("4.10.4-alpine")];
    const found = losses(old, fresh).filter(({ name }) => name.startsWith("midPoint "));
    assert.deepEqual(
      found.map(({ status }) => status),
      ["refused"],
    );
  });
});
