import assert from "node:assert/strict";
import { comparePlans } from "../../../plan/compare/comparison.ts";
import type { SavedResource } from "../../../plan/compare/schema.ts";
import { losses, object, plan, resource, statefulSet, told } from "./fixtures.ts";

describe("a renamed resource", () => {
  const named = (name: string, aliases: string[] = []) =>
    object("apps/v1", "StatefulSet", "data/db", statefulSet("data/db"), { logicalName: name, aliases });

  it("with an alias is an update", () => {
    const [base, head] = [plan([named("old")]), plan([named("new", ["old"])])];
    const [change, ...more] = comparePlans(base, head).changes;
    assert.deepEqual([change?.action, change?.renamedFrom, change?.fields, more], ["update", "old", [], []]);
    assert.deepEqual(losses(base, head), []);
  });

  it("without one is deleted and created, with a hint, and refused", () => {
    const [base, head] = [plan([named("old")]), plan([named("new")])];
    const { changes } = comparePlans(base, head);
    assert.deepEqual(
      changes.map(({ action, looksLike }) => [action, looksLike]),
      [
        ["create", "old"],
        ["delete", "new"],
      ],
    );
    assert.deepEqual(
      losses(base, head).map(({ name, status }) => [name, status]),
      [["StatefulSet data/db", "refused"]],
    );
  });

  it("of several that fit equally is the first by name, in whatever order they stand", () => {
    const job = (name: string) => object("batch/v1", "Job", `ns/${name}`, { spec: { a: 1, b: 2, c: 3, d: 4 } });
    const hints = (...old: string[]) =>
      comparePlans(plan(old.map(job)), plan([job("n1")])).changes.map(({ label, looksLike }) => [label, looksLike]);
    assert.deepEqual(hints("n0", "n2"), hints("n2", "n0"));
  });

  it("is recognised with another name of the object and small changes, but not for a stranger", () => {
    const config = (name: string, data: object) => object("v1", "ConfigMap", `ns/${name}`, { data });
    const texts = { a: "1", b: "2", c: "3", d: "4", e: "5" };
    const similar = (old: SavedResource, fresh: SavedResource) =>
      comparePlans(plan([old]), plan([fresh])).changes.map(({ looksLike }) => looksLike !== undefined);
    assert.deepEqual(similar(config("settings", texts), config("settings-2", { ...texts, e: "6" })), [true, true]);
    assert.deepEqual(similar(config("settings", texts), config("settings-2", { f: "1", g: "2" })), [false, false]);
    assert.deepEqual(similar(config("settings", texts), object("v1", "Secret", "ns/settings", {})), [false, false]);
  });

  it("of a password is recognised by its name: another password is no rename", () => {
    const password = (name: string) => resource("random:index/randomPassword:RandomPassword", name, { length: 32 });
    const hint = (old: string, fresh: string) =>
      comparePlans(plan([password(old)]), plan([password(fresh)])).changes.some(
        ({ looksLike }) => looksLike !== undefined,
      );
    assert.deepEqual(
      [hint("postgres-rdm-password", "postgres-rdm-secret"), hint("grafana-oidc", "matrix-token-1")],
      [true, false],
    );
  });

  it("an alias that another resource bears by now is not taken for it", () => {
    const [base, head] = [plan([named("a")]), plan([named("a"), { ...named("b", ["a"]) }])];
    assert.deepEqual(told(comparePlans(base, head).changes), ["+ StatefulSet data/db"]);
  });
});
