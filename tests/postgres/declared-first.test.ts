// A database that moves in is filled before its component starts: docs/migrating.md, "Databases".
import assert from "node:assert/strict";
import { recordStack, stackNamed } from "../stacks.ts";

describe("a database that settings declare before its component is on", () => {
  const stack = stackNamed("keycloak");
  const ofDatabases = async (...set: string[]) => {
    const { resources } = await recordStack({ ...stack, set });
    const own = resources.filter(({ name }) => /^postgres-(keycloak|midpoint)-/.test(name));
    return own.map(({ type, name, inputs }) =>
      [type, name, type.includes("Job") ? "" : JSON.stringify(inputs)].join(" "),
    );
  };

  it("is the component's own afterwards: the same resources, password and Secret", async () => {
    const declared = [
      "{ name: keycloak, namespace: keycloak }",
      "{ name: midpoint, namespace: mp-demo, locale: en_US.utf8, extensions: [fuzzystrmatch, intarray, pg_trgm] }",
    ];
    const before = await ofDatabases("keycloak.enabled=false", `postgresql.databases=[${declared.join()}]`);
    const after = await ofDatabases("midpoint.enabled=true");
    assert.deepEqual(before, after);
    assert.equal(before.filter((one) => one.startsWith("random:")).length, 2);
  });
});
